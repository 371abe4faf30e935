package cql2

// ParseText reads a filter in CQL2 text. A refusal is a haidang.Error of the kind
// ErrInvalid for the field "filter".
func ParseText(s string) (Expr, error) {
	if err := checkInput(s); err != nil {
		return nil, err
	}
	p := &parser{lexer: lexer{rest: s}}
	e, err := p.all()
	if err != nil {
		return nil, err
	}
	return e, checkSize(e)
}

// parser reads text by recursive descent, one method a rule of the grammar.
type parser struct {
	lexer
	depth int
}

func (p *parser) all() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.next.kind == end {
		return nil, refuse(Place{}, "", "Bộ lọc trống. Hãy viết một điều kiện, ví dụ land_use = 'LUC', hoặc bỏ tham số này.",
			"The filter is empty. Write a condition, such as land_use = 'LUC', or leave the parameter out.")
	}
	e, err := p.either()
	if err == nil && p.next.kind != end {
		err = p.unexpected("Sau điều kiện này chỉ có thể là AND, OR hoặc hết bộ lọc.", "After this condition only AND, OR or the end can follow.")
	}
	return e, err
}

// unexpected refuses the next token, with what could stand there.
func (p *parser) unexpected(vi, en string) error {
	if p.next.kind == end {
		return refuse(p.next.Place, "", "Bộ lọc dừng giữa chừng. "+vi, "The filter ends too early. "+en)
	}
	return refuse(p.next.Place, p.next.text, vi, en)
}

// accept moves past the next token when it is this word or sign.
func (p *parser) accept(text string) (bool, error) {
	if !p.is(text) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expect(text string) error {
	if ok, err := p.accept(text); ok || err != nil {
		return err
	}
	return p.unexpected("Ở đây cần “"+text+"”.", "“"+text+"” is needed here.")
}

// deeper guards the stack of this program; checkSize judges the tree.
func (p *parser) deeper() error {
	if p.depth++; p.depth > 4*maxDepth {
		return tooDeep(p.next.Place)
	}
	return nil
}

// either reads conditions with OR between them.
func (p *parser) either() (Expr, error) { return p.chain(Or, p.both) }

// both reads conditions with AND between them.
func (p *parser) both() (Expr, error) { return p.chain(And, p.negation) }

func (p *parser) chain(op Op, operand func() (Expr, error)) (Expr, error) {
	at := p.next.Place
	first, err := operand()
	if err != nil || !p.is(string(op)) {
		return first, err
	}
	all := []Expr{first}
	for p.is(string(op)) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return Call{at, op, all}, nil
}

func (p *parser) negation() (Expr, error) {
	at := p.next.Place
	if no, err := p.accept("not"); !no || err != nil {
		if err != nil {
			return nil, err
		}
		return p.predicate()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.negation()
	return Call{at, Not, []Expr{e}}, err
}
