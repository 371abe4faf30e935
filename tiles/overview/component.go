package overview

// components numbers the connected areas of one label in a grid that is width
// samples wide; neighbours share a side. It returns the number of each sample and
// the size of each area. Numbers are in the order in which areas begin.
func components(labels []uint8, width int) (of []int32, sizes []int32) {
	of = make([]int32, len(labels))
	var up []int32 // union-find: up[i] <= i
	find := func(i int32) int32 {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	for i, label := range labels {
		west, north := int32(-1), int32(-1)
		if i%width != 0 && labels[i-1] == label {
			west = find(of[i-1])
		}
		if i >= width && labels[i-width] == label {
			north = find(of[i-width])
		}
		switch {
		case west < 0 && north < 0:
			of[i] = int32(len(up))
			up = append(up, of[i])
		case west < 0:
			of[i] = north
		case north < 0:
			of[i] = west
		default:
			of[i] = min(west, north)
			up[max(west, north)] = of[i]
		}
	}
	number := make([]int32, len(up))
	for i := range up {
		if up[i] == int32(i) {
			number[i] = int32(len(sizes))
			sizes = append(sizes, 0)
		} else {
			number[i] = number[find(int32(i))]
		}
	}
	for i := range of {
		of[i] = number[of[i]]
		sizes[of[i]]++
	}
	return of, sizes
}
