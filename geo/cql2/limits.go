package cql2

import (
	"fmt"
	"slices"
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

// checkSize refuses a filter with too many nodes, too many vertices, too deep, or with
// a list where none can be.
func checkSize(e Expr) error {
	if _, list := e.(List); list {
		return misplacedList(e.place())
	}
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
	for i, child := range children(e) {
		if _, list := child.(List); list && !takesList(e, i) {
			return misplacedList(child.place())
		}
		if err := s.walk(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// takesList reports whether the i-th operand may be a list.
func takesList(e Expr, i int) bool {
	c, ok := e.(Call)
	return ok && (c.Op == In && i == 1 || slices.Contains(arrays, c.Op))
}

func misplacedList(at Place) error {
	return refuse(at, "", "Danh sách chỉ đứng sau IN hoặc trong A_CONTAINS và các phép tương tự.", "A list stands behind IN, or in A_CONTAINS and its kin.")
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
