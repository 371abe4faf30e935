package cql2

import "slices"

// predicate reads a value and what is said of it, or only the value.
func (p *parser) predicate() (Expr, error) {
	value, err := p.sum()
	if err != nil {
		return nil, err
	}
	at := p.next.Place
	if i := slices.IndexFunc(comparisons, func(op Op) bool { return p.next.kind == sign && p.next.text == string(op) }); i >= 0 {
		return p.compared(at, comparisons[i], value)
	}
	if p.is("is") {
		return p.isNull(at, value)
	}
	no, err := p.accept("not")
	if err != nil {
		return nil, err
	}
	e, err := p.advanced(at, value)
	if err != nil {
		return nil, err
	}
	switch {
	case e != nil && no:
		return Call{at, Not, []Expr{e}}, nil
	case e != nil:
		return e, nil
	case no:
		return nil, p.unexpected("Sau NOT cần LIKE, BETWEEN hoặc IN.", "LIKE, BETWEEN or IN has to follow NOT.")
	}
	return value, nil
}

func (p *parser) compared(at Place, op Op, left Expr) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	return Call{at, op, []Expr{left, right}}, err
}

func (p *parser) isNull(at Place, value Expr) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	no, err := p.accept("not")
	if err != nil {
		return nil, err
	}
	var e Expr = Call{at, IsNull, []Expr{value}}
	if no {
		e = Call{at, Not, []Expr{e}}
	}
	return e, p.expect("null")
}

// advanced reads LIKE, BETWEEN or IN behind a value, or nothing.
func (p *parser) advanced(at Place, value Expr) (Expr, error) {
	switch {
	case p.is("like"):
		return p.compared(at, Like, value)
	case p.is("between"):
		return p.between(at, value)
	case p.is("in"):
		return p.in(at, value)
	}
	return nil, nil
}

func (p *parser) between(at Place, value Expr) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	low, err := p.sum()
	if err != nil {
		return nil, err
	}
	if err := p.expect("and"); err != nil {
		return nil, err
	}
	high, err := p.sum()
	return Call{at, Between, []Expr{value, low, high}}, err
}

func (p *parser) in(at Place, value Expr) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	list := p.next.Place
	items, err := p.arguments()
	if err == nil && len(items) == 0 {
		err = refuse(at, "IN", "Danh sách sau IN trống.", "The list after IN is empty.")
	}
	return Call{at, In, []Expr{value, List{list, items}}}, err
}

// arguments reads a list in parentheses, which may be empty.
func (p *parser) arguments() ([]Expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	items := []Expr{}
	if done, err := p.accept(")"); done || err != nil {
		return items, err
	}
	for {
		e, err := p.either()
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if more, err := p.accept(","); err != nil {
			return nil, err
		} else if !more {
			return items, p.expect(")")
		}
	}
}
