package topology

import (
	"math"
	"strconv"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
)

// Text says what is wrong, where, how much, and the remedy. Coordinates are the layer's:
// metres as the cadastre calls them, X north and Y east, or degrees.
func (p Problem) Text() haidang.Text {
	s := sentences[p.Kind]
	if p.Kind == catalogue.Area && p.Measure < 0 {
		s = smaller
	}
	return haidang.Text{VI: p.fill(s.VI, "tại", ","), EN: p.fill(s.EN, "at", ".")}
}

var sentences = map[catalogue.ProblemKind]haidang.Text{
	catalogue.Invalid: {VI: "Đối tượng {fid} không thành một hình hợp lệ: rỗng, hoặc ranh tự cắt, tự chạm {where}. Hãy dời hoặc xóa các đỉnh ở đó.",
		EN: "Feature {fid} is no valid shape: it is empty, or its border crosses or touches itself {where}. Move or remove the vertices there."},
	catalogue.Overlap: {VI: "Đối tượng {fid} và đối tượng {other} chồng lên nhau {n} m² {where}. Hãy kéo ranh hai bên về trùng nhau.",
		EN: "Features {fid} and {other} overlap by {n} m² {where}. Bring their borders together."},
	catalogue.Gap: {VI: "Bên đối tượng {fid} hở {n} m² {where}. Hãy kéo ranh các vùng kề cho khít, hoặc vẽ phần đất ấy thành một vùng.",
		EN: "Beside feature {fid} there is a gap of {n} m² {where}. Bring the neighbours' borders together, or draw that ground as a polygon."},
	catalogue.Sliver: {VI: "Đối tượng {fid} quá mảnh: rộng trung bình {n} m {where}. Hãy gộp nó vào vùng kề, hoặc vẽ lại.",
		EN: "Feature {fid} is a sliver: {n} m wide on the average {where}. Merge it with a neighbour, or draw it again."},
	catalogue.Outside: {VI: "Đối tượng {fid} vượt ra ngoài ranh xã, phường {n} m {where}. Hãy vẽ nó vào trong ranh, hoặc chia nó theo ranh ấy.",
		EN: "Feature {fid} reaches {n} m out of its commune {where}. Draw it within the boundary, or divide it there."},
	catalogue.Area: {VI: "Đối tượng {fid} vẽ rộng hơn diện tích pháp lý {n}% {where}. Hãy xem lại ranh, hoặc sửa diện tích theo giấy tờ.",
		EN: "Feature {fid} is drawn {n}% larger than its legal area {where}. Look at its border again, or correct the area on paper."},
}

var smaller = haidang.Text{VI: "Đối tượng {fid} vẽ hẹp hơn diện tích pháp lý {n}% {where}. Hãy xem lại ranh, hoặc sửa diện tích theo giấy tờ.",
	EN: "Feature {fid} is drawn {n}% smaller than its legal area {where}. Look at its border again, or correct the area on paper."}

func (p Problem) fill(sentence, at, point string) string {
	where := p.where(point)
	if where != "" {
		where = " " + at + " " + where
	}
	return strings.NewReplacer("{fid}", strconv.FormatInt(p.FID, 10), "{other}", strconv.FormatInt(p.OtherFID, 10),
		"{n}", strings.Replace(number(math.Abs(p.Measure)), ".", point, 1), " {where}", where).Replace(sentence)
}

// number has three figures that say something, and no fraction from a hundred on.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// where is the middle of the problem as the language of that decimal mark writes it, ""
// when nobody knows.
func (p Problem) where(point string) string {
	if p.Geometry == nil {
		return ""
	}
	if x, y := p.At[0], p.At[1]; math.Abs(x) > 180 || math.Abs(y) > 90 {
		return "X " + metres(y, point) + " Y " + metres(x, point)
	}
	north, east := "N", "E"
	if point == "," {
		north, east = "B", "Đ"
	}
	degrees := func(v float64) string { return strings.Replace(strconv.FormatFloat(v, 'f', 6, 64), ".", point, 1) }
	return degrees(p.At[1]) + " " + north + " " + degrees(p.At[0]) + " " + east
}

// metres is a coordinate to the centimetre, with marks between the thousands:
// 1.060.015,00 where the decimal mark is a comma.
func metres(v float64, point string) string {
	whole, cents, _ := strings.Cut(strconv.FormatFloat(v, 'f', 2, 64), ".")
	mark := ","
	if point == "," {
		mark = "."
	}
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + mark + whole[i:]
	}
	return whole + point + cents
}
