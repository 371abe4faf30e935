package cql2

import "slices"

// sum reads values with + and - between them.
func (p *parser) sum() (Expr, error) { return p.leftToRight(p.product, Plus, Minus) }

// product reads values with *, /, % and div between them.
func (p *parser) product() (Expr, error) {
	return p.leftToRight(p.power, Times, Divide, Modulo, IntDivide)
}

func (p *parser) leftToRight(operand func() (Expr, error), ops ...Op) (Expr, error) {
	left, err := operand()
	for err == nil {
		i := slices.IndexFunc(ops, func(op Op) bool { return p.is(string(op)) })
		if i < 0 {
			break
		}
		left, err = p.binary(left, ops[i], operand)
	}
	return left, err
}

func (p *parser) binary(left Expr, op Op, operand func() (Expr, error)) (Expr, error) {
	at := p.next.Place
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := operand()
	return Call{at, op, []Expr{left, right}}, err
}

// power reads one ^ at most: the grammar has no rule for which of two goes first.
func (p *parser) power() (Expr, error) {
	base, err := p.factor()
	if err != nil || !p.is(string(Power)) {
		return base, err
	}
	return p.binary(base, Power, p.factor)
}

// factor reads a value with its sign. A minus before anything but a number is -1 times it.
func (p *parser) factor() (Expr, error) {
	at := p.next.Place
	minus, err := p.accept("-")
	if err != nil {
		return nil, err
	}
	if !minus {
		if _, err := p.accept("+"); err != nil {
			return nil, err
		}
		return p.primary()
	}
	if p.next.kind == digits {
		return p.number("-")
	}
	e, err := p.primary()
	return Call{at, Times, []Expr{Number{at, "-1"}, e}}, err
}

// number reads a number; its sign has been read.
func (p *parser) number(minus string) (Expr, error) {
	n, err := newNumber(p.next.Place, minus+p.next.text)
	if err != nil {
		return nil, err
	}
	return n, p.advance()
}

// primary reads a literal, a property, a function, or what stands in parentheses.
func (p *parser) primary() (Expr, error) {
	t := p.next
	switch {
	case t.kind == digits:
		return p.number("")
	case t.kind == chars:
		if err := checkText(t.Place, t.text); err != nil {
			return nil, err
		}
		return Text{t.Place, t.text}, p.advance()
	case t.kind == quoted:
		return p.property()
	case t.kind == word:
		return p.named()
	case p.is("("):
		return p.grouped()
	}
	return nil, p.unexpected("Ở đây cần một giá trị: tên thuộc tính, số, hoặc chữ trong nháy đơn.",
		"A value is needed here: a property name, a number, or text in single quotes.")
}

func (p *parser) property() (Expr, error) {
	t := p.next
	if err := checkName(t.Place, t.text); err != nil {
		return nil, err
	}
	return Property{t.Place, t.text}, p.advance()
}

// grouped reads a condition in parentheses, or an array.
func (p *parser) grouped() (Expr, error) {
	at := p.next.Place
	items, err := p.arguments()
	if err != nil || len(items) == 1 {
		if err != nil {
			return nil, err
		}
		return items[0], nil
	}
	return List{at, items}, nil
}
