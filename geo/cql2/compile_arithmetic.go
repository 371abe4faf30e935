package cql2

import "fmt"

// arithmetic compiles + - * / % div and ^ in double precision. Whatever is divided
// by zero is NULL, so that one such row does not fail the whole answer.
func (c *compiler) arithmetic(e Call) (term, error) {
	var sides [2]string
	for i, arg := range e.Args {
		t, err := c.value(arg)
		if err != nil {
			return term{}, err
		}
		if t.kind.family() != TypeNumber {
			return term{}, refuse(arg.place(), "", fmt.Sprintf("Phép tính %s cần số, không phải %s.", e.Op, t.kind.vi()), fmt.Sprintf("%s takes numbers, not %s.", e.Op, t.kind.en()))
		}
		sides[i] = t.sql
	}
	return term{fmt.Sprintf(arithmeticSQL[e.Op], sides[0], sides[1]), TypeNumber, e.Place}, nil
}

var arithmeticSQL = map[Op]string{
	Plus:      "(%s::float8 + %s::float8)",
	Minus:     "(%s::float8 - %s::float8)",
	Times:     "(%s::float8 * %s::float8)",
	Divide:    "(%s::float8 / NULLIF(%s::float8, 0))",
	Modulo:    "mod(%s::numeric, NULLIF(%s::numeric, 0))::float8",
	IntDivide: "trunc(%s::float8 / NULLIF(%s::float8, 0))",
	Power:     "power(%s::float8, %s::float8)",
}
