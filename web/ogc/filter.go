package ogc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
	"haidang/geo/features"
)

// queryables are the properties that are query parameters too: all but the geometry.
func queryables(l catalogue.Layer) (list []catalogue.Column) {
	number := catalogue.Column{Name: features.FID, Type: catalogue.Integer}
	for _, c := range append([]catalogue.Column{number}, columnsOf(l)...) {
		if !slices.Contains(itemsParams, c.Name) && c.Name != "f" && c.Name != "lang" {
			list = append(list, c)
		}
	}
	return list
}

// names lists the names of columns.
func names(columns []catalogue.Column) (list []string) {
	for _, c := range columns {
		list = append(list, c.Name)
	}
	return list
}

// filter reads filter and the parameters named as properties; all of them must hold.
func (q *ask) filter(l catalogue.Layer, into *features.Query) error {
	system, err := q.system("filter-crs")
	if err != nil {
		return err
	}
	var parts []cql2.Expr
	e, err := q.parseFilter()
	if err != nil {
		return err
	}
	if e != nil {
		if mentions(e, "geom") {
			return haidang.RefuseField("filter", "Hình học ở đây có tên geometry.", "The geometry is called geometry here.")
		}
		parts = append(parts, e)
	}
	for _, c := range queryables(l) {
		if q.query.Has(c.Name) {
			value, err := literal(c, q.query.Get(c.Name))
			if err != nil {
				return err
			}
			parts = append(parts, cql2.Call{Op: cql2.Equals, Args: []cql2.Expr{cql2.Property{Name: c.Name}, value}})
		}
	}
	switch len(parts) {
	case 0:
	case 1:
		into.Filter = parts[0]
	default:
		into.Filter = cql2.Call{Op: cql2.And, Args: parts}
	}
	into.FilterCRS = system
	return nil
}

// mentions reports whether a filter speaks of a property. What the queryables do not
// declare must be refused, and package features knows one more name than they.
func mentions(e cql2.Expr, name string) bool {
	in := func(e cql2.Expr) bool { return mentions(e, name) }
	switch e := e.(type) {
	case cql2.Property:
		return e.Name == name
	case cql2.Call:
		return slices.ContainsFunc(e.Args, in)
	case cql2.List:
		return slices.ContainsFunc(e.Items, in)
	}
	return false
}

func (q *ask) parseFilter() (cql2.Expr, error) {
	text := q.query.Get("filter")
	if !q.query.Has("filter") {
		return nil, nil //nolint:nilnil // everything
	}
	if len(text) > maxFilter {
		return nil, haidang.RefuseField("filter", fmt.Sprintf("Bộ lọc dài nhất %d ký tự.", maxFilter), fmt.Sprintf("A filter has at most %d characters.", maxFilter))
	}
	switch q.query.Get("filter-lang") {
	case "", "cql2-text":
		return cql2.ParseText(text)
	case "cql2-json":
		return cql2.ParseJSON([]byte(text))
	}
	return nil, haidang.RefuseField("filter-lang", "filter-lang là cql2-text hoặc cql2-json.", "filter-lang is cql2-text or cql2-json.")
}

// literal is a parameter's value as the column's type has it.
func literal(c catalogue.Column, text string) (cql2.Expr, error) {
	switch c.Type {
	case catalogue.Integer, catalogue.Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != n || n-n != 0 {
			return nil, haidang.RefuseField(c.Name, fmt.Sprintf("%s phải là số.", c.Name), fmt.Sprintf("%s is a number.", c.Name))
		}
		return cql2.Number{Value: strings.TrimPrefix(text, "+")}, nil
	case catalogue.Boolean:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, haidang.RefuseField(c.Name, fmt.Sprintf("%s là true hoặc false.", c.Name), fmt.Sprintf("%s is true or false.", c.Name))
		}
		return cql2.Bool{Value: b}, nil
	case catalogue.Date, catalogue.DateTime:
		t, err := moment(text, false)
		if err != nil {
			return nil, haidang.RefuseField(c.Name, fmt.Sprintf("%s là một ngày như 2025-07-01.", c.Name), fmt.Sprintf("%s is a day such as 2025-07-01.", c.Name))
		}
		if c.Type == catalogue.Date {
			return cql2.Date{Value: t.Format("2006-01-02")}, nil
		}
		return cql2.Timestamp{Value: *t}, nil
	}
	return cql2.Text{Value: text}, nil
}
