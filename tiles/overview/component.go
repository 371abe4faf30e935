package overview

// components numbers the connected areas of one label in a grid that is width
// samples wide; neighbours share a side. It returns the number of each sample and
// the size of each area. Numbers are in the order in which areas begin.
func components(labels []uint8, width int) (of []int32, sizes []int32) {
	var f forest
	runs := f.runs(labels, int32(width))
	number := make([]int32, len(f.up))
	for i := range f.up {
		if f.up[i] == int32(i) {
			number[i] = int32(len(sizes))
			sizes = append(sizes, 0)
		} else {
			number[i] = number[f.find(int32(i))]
		}
	}
	of = make([]int32, len(labels))
	for _, r := range runs {
		area := number[r.area]
		sizes[area] += r.to - r.from
		fill(of[r.from:r.to], area)
	}
	return of, sizes
}

// labelsOf returns the label of each area.
func labelsOf(of, sizes []int32, labels []uint8) []uint8 {
	list := make([]uint8, len(sizes))
	last := int32(-1)
	for i, area := range of {
		if area != last {
			list[area], last = labels[i], area
		}
	}
	return list
}

// run is a stretch of one label in a row of samples.
type run struct{ from, to, area int32 }

// runs cuts every row into runs and joins those that touch a run of their label above.
func (f *forest) runs(labels []uint8, width int32) (list []run) {
	above := 0 // the first run of the row above that may touch this one
	for from := int32(0); from < int32(len(labels)); {
		label, to := labels[from], from+1
		for rest := width - from%width - 1; rest > 0 && labels[to] == label; rest-- {
			to++
		}
		for above < len(list) && list[above].to <= from-width {
			above++
		}
		area := int32(-1)
		for _, r := range list[above:] {
			if r.from >= to-width {
				break
			}
			if labels[r.from] == label {
				area = f.join(area, f.find(r.area))
			}
		}
		if area < 0 {
			area = f.plant()
		}
		list = append(list, run{from, to, area})
		from = to
	}
	return list
}

// forest is a union-find: up[i] <= i, and a root is its own parent.
type forest struct{ up []int32 }

func (f *forest) plant() int32 {
	f.up = append(f.up, int32(len(f.up)))
	return f.up[len(f.up)-1]
}

func (f *forest) find(i int32) int32 {
	for f.up[i] != i {
		f.up[i] = f.up[f.up[i]]
		i = f.up[i]
	}
	return i
}

// join makes one tree of two roots, of which the first may be missing.
func (f *forest) join(a, b int32) int32 {
	if a < 0 {
		return b
	}
	f.up[max(a, b)] = min(a, b)
	return min(a, b)
}

// fill sets all of s to v.
func fill(s []int32, v int32) {
	s[0] = v
	for k := 1; k < len(s); k *= 2 {
		copy(s[k:], s[:k])
	}
}
