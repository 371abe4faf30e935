package cql2

import (
	"fmt"
	"unicode/utf8"
)

// The limits. A filter within them costs no more than a few milliseconds to read.
const (
	maxBytes    = 256 << 10
	maxNodes    = 2000
	maxDepth    = 48
	maxVertices = 10_000
	maxName     = 200
)

// checkInput refuses what is not worth reading.
func checkInput(s string) error {
	switch {
	case len(s) > maxBytes:
		return refuse(Place{}, "", fmt.Sprintf("Bộ lọc dài %d byte, tối đa là %d. Hãy rút gọn, ví dụ bớt đỉnh của hình.", len(s), maxBytes),
			fmt.Sprintf("The filter has %d bytes; %d is the most. Shorten it, for example with fewer vertices.", len(s), maxBytes))
	case !utf8.ValidString(s):
		return refuse(Place{}, "", "Bộ lọc không phải là UTF-8. Hãy mã hoá lại.", "The filter is not UTF-8. Encode it anew.")
	}
	return nil
}

// size counts a filter as it is walked.
type size struct{ nodes, vertices int }

// checkSize refuses a filter with too many nodes, too many vertices, or too deep.
func checkSize(e Expr) error {
	var s size
	return s.walk(e, 1)
}

func (s *size) walk(e Expr, depth int) error {
	s.nodes++
	switch {
	case s.nodes > maxNodes:
		return refuse(e.place(), "", fmt.Sprintf("Bộ lọc có quá nhiều phần, tối đa là %d. Hãy chia thành nhiều lần hỏi.", maxNodes),
			fmt.Sprintf("The filter has too many parts; %d is the most. Ask in several requests.", maxNodes))
	case depth > maxDepth:
		return tooDeep(e.place())
	}
	if g, ok := e.(Geometry); ok {
		if s.vertices += g.Shape.vertices(); s.vertices > maxVertices {
			return refuse(e.place(), "", fmt.Sprintf("Các hình trong bộ lọc có quá nhiều đỉnh, tối đa là %d. Hãy đơn giản hoá hình.", maxVertices),
				fmt.Sprintf("The shapes of the filter have too many vertices; %d is the most. Simplify them.", maxVertices))
		}
	}
	for _, child := range children(e) {
		if err := s.walk(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func children(e Expr) []Expr {
	switch e := e.(type) {
	case Call:
		return e.Args
	case List:
		return e.Items
	}
	return nil
}

func tooDeep(at Place) error {
	return refuse(at, "", fmt.Sprintf("Bộ lọc lồng nhau quá sâu, tối đa là %d mức. Hãy bỏ bớt ngoặc.", maxDepth),
		fmt.Sprintf("The filter is nested too deeply; %d levels are the most. Take parentheses away.", maxDepth))
}
