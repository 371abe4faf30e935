package features

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"haidang/geo/cql2"
)

// term is one thing to sort by, in SQL.
type term struct {
	sql  string
	desc bool
}

// order is the term as ORDER BY has it.
func (t term) order() string {
	if t.desc {
		return t.sql + " DESC NULLS LAST"
	}
	return t.sql + " NULLS LAST"
}

// terms finds the properties to sort by. Of a text only so much counts as an address
// that goes on after it can hold.
func (s source) terms(by []Sort) (list []term, err error) {
	known := append(slices.Clone(s.columns), property{FID, "t.fid", cql2.TypeInteger})
	for _, b := range by {
		p, ok := find(known, b.Property)
		if !ok {
			return nil, unknownProperty("sortby", b.Property)
		}
		if p.kind == cql2.TypeText {
			p.sql = fmt.Sprintf(`left(%s, %d) COLLATE vi_natural`, p.sql, sortLetters)
		}
		list = append(list, term{p.sql, b.Desc})
	}
	return list, nil
}

// further is the condition that a feature comes after the one that had these values and
// this number. The values go as the database wrote them, and are read back as the type
// that they are compared with.
func (n *question) further(terms []term, values []*string, fid int64) string {
	sql := "t.fid > " + n.arg(fid) + "::bigint"
	for i, t := range slices.Backward(terms) {
		if values[i] == nil {
			sql = fmt.Sprintf("(%s IS NULL AND %s)", t.sql, sql)
			continue
		}
		beyond := ">"
		if t.desc {
			beyond = "<"
		}
		sql = fmt.Sprintf("(%[1]s %[2]s %[3]s OR %[1]s IS NULL OR %[1]s = %[3]s AND %[4]s)", t.sql, beyond, n.arg(*values[i]), sql)
	}
	return sql
}

// refuse also knows what the database says of a value that nobody here wrote.
func (s *reading) refuse(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if ok && s.beyond != nil && slices.Contains([]string{"22P02", "22007", "22008", "22003", "22021"}, e.Code) {
		return brokenCursor()
	}
	return s.source.refuse(err)
}
