package cql2

import (
	"slices"
	"strings"
)

// named reads what begins with a bare word.
func (p *parser) named() (Expr, error) {
	t, lower := p.next, strings.ToLower(p.next.text)
	switch {
	case lower == "true" || lower == "false":
		return Bool{t.Place, lower == "true"}, p.advance()
	case isReserved(lower):
		return nil, p.unexpected("Ở đây cần một giá trị. Thuộc tính mang tên này phải viết trong nháy kép.",
			"A value is needed here. A property of that name has to stand in double quotes.")
	}
	name, err := p.property()
	if err != nil {
		return nil, err
	}
	if kind := shapeKind(lower); kind != "" && (p.is("(") || p.is("z")) {
		return p.geometry(t.Place, kind)
	}
	if !p.is("(") {
		return name, nil
	}
	return p.invoked(t, lower)
}

// invoked reads what follows a word and an opening parenthesis.
func (p *parser) invoked(t token, lower string) (Expr, error) {
	if lower == "bbox" {
		return p.bbox(t.Place)
	}
	if slices.Contains(arrays, called[lower]) {
		args, err := inParentheses(p, p.array)
		if err != nil {
			return nil, err
		}
		return newCall(t.Place, called[lower], args)
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	switch op := called[lower]; {
	case lower == "date" || lower == "timestamp":
		return instant(t, lower, args)
	case lower == string(interval):
		return newInterval(t.Place, args)
	case op == "":
		return Call{t.Place, Op(t.text), args}, nil
	default:
		return newCall(t.Place, op, args)
	}
}

// array reads an operand that is an array: what stands in parentheses is one, even of
// a single item.
func (p *parser) array() (Expr, error) {
	if !p.is("(") {
		return p.either()
	}
	at := p.next.Place
	items, err := p.arguments()
	return List{at, items}, err
}

// instant reads the one text in DATE('…') or TIMESTAMP('…').
func instant(t token, lower string, args []Expr) (Expr, error) {
	if len(args) == 1 {
		if text, ok := args[0].(Text); ok && lower == "date" {
			return newDate(text.Place, text.Value)
		} else if ok {
			return newTimestamp(text.Place, text.Value)
		}
	}
	return nil, refuse(t.Place, t.text, "Viết DATE('2026-03-31') hoặc TIMESTAMP('2026-03-31T07:00:00Z').",
		"Write DATE('2026-03-31') or TIMESTAMP('2026-03-31T07:00:00Z').")
}
