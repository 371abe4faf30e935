package features

import (
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
	"haidang/geo/crs"
)

// question is a Query on its way into SQL.
type question struct {
	source
	args       []any
	conditions []string
}

// newQuestion gathers the conditions of a query, all but the number to go on after.
func newQuestion(l catalogue.Layer, q Query) (*question, error) {
	s, err := newSource(l)
	if err != nil {
		return nil, err
	}
	n := &question{source: s}
	if q.At != nil {
		if err := n.turnBack(l, *q.At); err != nil {
			return nil, err
		}
	}
	if s.band >= 0 {
		n.conditions = append(n.conditions, "t.band = "+n.arg(s.band))
	}
	if q.Day != nil {
		q.From, q.Until = q.Day, q.Day
	}
	if l.Dated && (q.From != nil || q.Until != nil) {
		n.conditions = append(n.conditions, fmt.Sprintf("t.period && daterange(%s::date, %s::date, '[]')", n.arg(day(q.From)), n.arg(day(q.Until))))
	}
	if q.BBox != nil {
		if err := n.within(l, *q.BBox, q.BBoxSRID); err != nil {
			return nil, err
		}
	}
	if q.Filter != nil {
		literals := cql2.CRS{SRID: q.FilterCRS.SRID, LatFirst: q.FilterCRS.LatFirst, Projected: q.FilterCRS.SRID != 0 && !q.FilterCRS.Geographic}
		return n, n.filter(l, q.Filter, literals)
	}
	return n, nil
}

func (n *question) arg(v any) string {
	n.args = append(n.args, v)
	return fmt.Sprintf("$%d", len(n.args))
}

// within asks for what touches the box; it is a filter like any other, but its
// refusals name the box.
func (n *question) within(l catalogue.Layer, b orb.Bound, srid int) error {
	box := cql2.BBox{Bounds: []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}}
	system, _ := crs.BySRID(srid)
	literals := cql2.CRS{SRID: srid, Projected: srid != 0 && !system.Geographic}
	touches := cql2.Call{Op: cql2.SIntersects, Args: []cql2.Expr{cql2.Property{Name: "geometry"}, box}}
	return inField("bbox", n.filter(l, touches, literals))
}

func (n *question) filter(l catalogue.Layer, e cql2.Expr, literals cql2.CRS) error {
	c, err := cql2.Compile(e, n.options(l, literals, n.args))
	if err != nil {
		return err
	}
	n.args, n.conditions = c.Args, append(n.conditions, c.SQL)
	return nil
}

// where is all conditions so far and those given.
func (n *question) where(more ...string) string {
	all := append(n.conditions[:len(n.conditions):len(n.conditions)], more...)
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

// day is the calendar day of an instant in Vietnam; nil is none.
func day(t *time.Time) any {
	if t == nil {
		return nil
	}
	return haidang.Day(*t).Format(time.DateOnly)
}
