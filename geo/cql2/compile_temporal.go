package cql2

import (
	"slices"
	"strings"
)

// span is a value of time from its first instant to its last, both included.
type span struct {
	from, to moment
	instant  bool
}

// moment is one end of a span, and what it was compiled from where that can be
// compiled again.
type moment struct {
	term
	expr Expr
}

// temporal compiles T_AFTER and its kin. Where any end is a calendar day, all are
// compared by the day in Vietnam.
func (c *compiler) temporal(e Call) (term, error) {
	args := slices.Clone(c.args)
	var ends []moment
	days := false
	for _, arg := range e.Args {
		s, err := c.span(arg)
		if err != nil {
			return term{}, err
		}
		if s.instant && !slices.Contains(ofInstants, e.Op) {
			return term{}, refuse(arg.place(), "", strings.ToUpper(string(e.Op))+" chỉ dùng cho hai khoảng thời gian. Với thời điểm hãy dùng T_INTERSECTS, T_AFTER hoặc T_BEFORE.",
				strings.ToUpper(string(e.Op))+" takes two intervals. For an instant use T_INTERSECTS, T_AFTER or T_BEFORE.")
		}
		ends, days = append(ends, s.from, s.to), days || s.from.kind == TypeDate || s.to.kind == TypeDate
	}
	c.args = args // all ends are as they should be; only those that are looked at get a parameter
	return c.related(e, ends, days)
}

// related puts the ends into the formula of the operation.
func (c *compiler) related(e Call, ends []moment, days bool) (term, error) {
	var pairs []string
	for i, name := range []string{"a", "b", "c", "d"} {
		if !strings.Contains(allen[e.Op], name) {
			continue
		}
		end := ends[i].term
		if ends[i].expr != nil {
			var err error
			if end, err = c.end(ends[i].expr); err != nil {
				return term{}, err
			}
		}
		if days {
			end = end.day()
		}
		pairs = append(pairs, name, end.bound(i%2 == 1, days))
	}
	// One pass over the formula: what is put in is not looked at again.
	return term{"(" + strings.NewReplacer(pairs...).Replace(allen[e.Op]) + ")", TypeBoolean, e.Place}, nil
}

// bound is the SQL of one end; an open one is infinity in its direction.
func (t term) bound(upper, days bool) string {
	switch {
	case t.kind != typeOpen:
		return t.sql
	case upper && days:
		return "'infinity'::date"
	case days:
		return "'-infinity'::date"
	case upper:
		return "'infinity'::timestamptz"
	}
	return "'-infinity'::timestamptz"
}

func (c *compiler) span(e Expr) (span, error) {
	if call, ok := e.(Call); ok && call.Op == interval && len(call.Args) == 2 {
		from, err := c.end(call.Args[0])
		if err != nil {
			return span{}, err
		}
		to, err := c.end(call.Args[1])
		return span{moment{from, call.Args[0]}, moment{to, call.Args[1]}, false}, err
	}
	if p, ok := e.(Property); ok {
		if t, err := c.property(p); err != nil || t.kind == TypePeriod {
			return periodSpan(t), err
		}
	}
	t, err := c.end(e)
	if err == nil && t.kind == typeOpen {
		err = noTime(t)
	}
	return span{moment{t, e}, moment{t, e}, true}, err
}

// end compiles one end of an interval, or an instant.
func (c *compiler) end(e Expr) (term, error) {
	t, err := c.value(e)
	if err == nil && t.kind.family() != TypeDate && t.kind != typeOpen {
		err = noTime(t)
	}
	return t, err
}

func noTime(t term) error {
	return refuse(t.at, "", "Ở đây cần thời gian: DATE('2026-03-31'), TIMESTAMP('…Z'), INTERVAL('…', '..') hoặc thuộc tính kiểu ấy; không phải "+t.kind.vi()+".",
		"A time is needed here: DATE('2026-03-31'), TIMESTAMP('…Z'), INTERVAL('…', '..') or such a property; not "+t.kind.en()+".")
}

// periodSpan is a daterange by its first and last day; without an end it is infinite,
// when it is empty it is NULL.
func periodSpan(t term) span {
	from := "CASE WHEN NOT isempty(" + t.sql + ") THEN coalesce(lower(" + t.sql + "), '-infinity') END"
	to := "CASE WHEN NOT isempty(" + t.sql + ") THEN coalesce(upper(" + t.sql + ") - 1, 'infinity') END"
	return span{moment{term{from, TypeDate, t.at}, nil}, moment{term{to, TypeDate, t.at}, nil}, false}
}
