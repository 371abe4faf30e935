package cql2

import (
	"strconv"
	"strings"
)

// geometry reads what follows the word for a kind of geometry.
func (p *parser) geometry(at Place, kind string) (Expr, error) {
	s, err := p.shape(kind)
	if err == nil {
		err = s.check(at)
	}
	return Geometry{at, s}, err
}

// shape reads coordinates. A Z may stand before them; how many there are decides.
func (p *parser) shape(kind string) (s Shape, err error) {
	if _, err = p.accept("z"); err != nil {
		return s, err
	}
	s.Kind = kind
	if kind == collection {
		s.Members, err = inParentheses(p, p.member)
		return s, err
	}
	s.Coords, err = p.coords(depths[kind], kind == "MultiPoint")
	return s, err
}

func (p *parser) member() (Shape, error) {
	kind := ""
	if p.next.kind == word {
		kind = shapeKind(strings.ToLower(p.next.text))
	}
	if kind == "" || kind == collection {
		return Shape{}, p.unexpected("Ở đây cần một hình như POINT(105.97 9.6).", "A geometry is needed here, such as POINT(105.97 9.6).")
	}
	if err := p.advance(); err != nil {
		return Shape{}, err
	}
	return p.shape(kind)
}

// coords reads depth levels of parentheses around points; those of a MultiPoint may
// stand in parentheses of their own.
func (p *parser) coords(depth int, boxed bool) (Coords, error) {
	if depth == 0 {
		points, err := inParentheses(p, p.point)
		if err == nil && len(points) != 1 {
			err = p.unexpected("POINT có đúng một đỉnh.", "A POINT has one vertex.")
		}
		if err != nil {
			return Coords{}, err
		}
		return points[0], nil
	}
	part := p.point
	if depth > 1 {
		part = func() (Coords, error) { return p.coords(depth-1, false) }
	} else if boxed {
		part = p.boxedPoint
	}
	parts, err := inParentheses(p, part)
	return Coords{Parts: parts}, err
}

func (p *parser) boxedPoint() (Coords, error) {
	if p.is("(") {
		return p.coords(0, false)
	}
	return p.point()
}

func (p *parser) point() (Coords, error) {
	var point []float64
	for p.next.kind == digits || p.is("-") || p.is("+") {
		f, err := p.ordinate()
		if err != nil {
			return Coords{}, err
		}
		point = append(point, f)
	}
	if len(point) < 2 || len(point) > 3 {
		return Coords{}, p.unexpected("Một đỉnh là hai hoặc ba số cách nhau bằng dấu cách, ví dụ 105.97 9.6.",
			"A vertex is two or three numbers with a space between, such as 105.97 9.6.")
	}
	return Coords{Point: point}, nil
}

func (p *parser) ordinate() (float64, error) {
	minus, err := p.accept("-")
	if err == nil && !minus {
		_, err = p.accept("+")
	}
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(p.next.text, 64)
	if err != nil || p.next.kind != digits {
		return 0, p.unexpected("Ở đây cần một toạ độ.", "A coordinate is needed here.")
	}
	if minus {
		f = -f
	}
	return f + 0, p.advance() // +0 makes -0 an ordinary zero
}

func (p *parser) bbox(at Place) (Expr, error) {
	bounds, err := inParentheses(p, p.ordinate)
	if err != nil {
		return nil, err
	}
	return newBBox(at, bounds)
}

// inParentheses reads one or more of the same with commas between.
func inParentheses[T any](p *parser, one func() (T, error)) (all []T, err error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for {
		t, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		if more, err := p.accept(","); err != nil {
			return nil, err
		} else if !more {
			return all, p.expect(")")
		}
	}
}
