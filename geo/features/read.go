package features

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang/geo/catalogue"
)

// Read hands the features that the query asks for to each, one after the other, by
// number or as they are to be sorted. It stops at the first error of each and
// returns it. ErrInvalid: the query cannot be answered for this layer; ErrUnavailable:
// it took too long. It reads page by page, and hands out a page once its connection is
// given back: however slow each is, no lock, no snapshot and no connection waits for it.
// What changes meanwhile is read as it is when its page comes.
func Read(ctx context.Context, db Beginner, l catalogue.Layer, q Query, each func(Feature) error) error {
	if err := q.check(); err != nil {
		return err
	}
	n, err := newQuestion(l, q)
	if err != nil {
		return err
	}
	s, err := n.reading(l, q)
	if err != nil {
		return err
	}
	return s.pages(ctx, db, q.Limit, each)
}

// pages reads until there is no more, or as many as are left; 0: all.
func (s *reading) pages(ctx context.Context, db Beginner, left int, each func(Feature) error) error {
	limited := left > 0
	for next := firstRows; ; {
		s.rows = next
		if limited {
			s.rows = min(left, next)
		}
		p, err := s.page(ctx, db)
		if err != nil {
			return err
		}
		for _, f := range p.features {
			if err := each(f); err != nil {
				return err
			}
		}
		left -= len(p.features)
		if p.last || limited && left == 0 {
			return nil
		}
		next = p.rowsToFill()
	}
}

// reading reads one page at a time.
type reading struct {
	*question
	layer   catalogue.Layer
	columns []property
	sorts   []term
	beyond  []*string
	shape   bool
	srid    int
	after   int64
	rows    int
}

func (n *question) reading(l catalogue.Layer, q Query) (*reading, error) {
	s := &reading{question: n, layer: l, shape: !q.NoGeometry, after: q.After, beyond: q.Beyond, srid: q.SRID}
	var err error
	if s.columns, err = n.wanted(q.Properties); err != nil {
		return nil, err
	}
	s.sorts, err = n.terms(q.SortBy)
	return s, err
}

// sql is the statement of the next page with its arguments.
func (s *reading) sql() (string, []any) {
	n := *s.question
	list := []string{"t.fid", s.rowVersion, n.geometry(s)}
	for _, p := range s.columns {
		list = append(list, p.sql)
	}
	var order []string
	for _, t := range s.sorts {
		list, order = append(list, "("+t.sql+")::text"), append(order, t.order())
	}
	where := n.where()
	if s.after > 0 {
		where = n.where(n.further(s.sorts, s.beyond, s.after))
	}
	return fmt.Sprintf("SELECT %s FROM %s t%s ORDER BY %s LIMIT %s::bigint", strings.Join(list, ", "), s.table, where,
		strings.Join(append(order, "t.fid"), ", "), n.arg(s.rows)), n.args
}

// geometry is the geometry's column in the system of the answer.
func (n *question) geometry(s *reading) string {
	srid := s.srid
	if srid == 0 {
		srid = 4326
	}
	switch {
	case !s.shape:
		return "NULL::bytea"
	case srid == s.source.srid:
		return "ST_AsBinary(" + s.geom + ")"
	}
	return "ST_AsBinary(ST_Transform(" + s.geom + ", " + n.arg(srid) + "::integer))"
}

// page reads the next page. What the database sends beyond pageBytes is left for the
// page after it.
func (s *reading) page(ctx context.Context, db Beginner) (p page, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout+patience)
	defer cancel()
	sql, args := s.sql()
	err = limited(ctx, db, readTimeout, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...)
		if err != nil {
			return s.refuse(err)
		}
		defer rows.Close()
		for p.bytes < pageBytes && rows.Next() {
			f, err := s.scan(rows)
			if err != nil {
				return err
			}
			p.features, p.bytes = append(p.features, f), p.bytes+sizeOf(rows)
			s.after, s.beyond = f.FID, f.Sorted
		}
		p.last = p.bytes < pageBytes && len(p.features) < s.rows
		rows.Close()
		return s.refuse(rows.Err())
	})
	return p, err
}

func (s *reading) scan(rows pgx.Rows) (Feature, error) {
	f := Feature{Properties: make(map[string]any, len(s.columns))}
	var shape []byte
	values := make([]any, len(s.columns))
	into := []any{&f.FID, &f.RowVersion, &shape}
	for i := range values {
		into = append(into, &values[i])
	}
	if len(s.sorts) > 0 {
		f.Sorted = make([]*string, len(s.sorts))
	}
	for i := range s.sorts {
		into = append(into, &f.Sorted[i])
	}
	if err := rows.Scan(into...); err != nil {
		return f, fmt.Errorf("read a feature of layer %s: %w", s.layer.Slug, err)
	}
	for i, p := range s.columns {
		f.Properties[p.name] = plain(values[i])
	}
	if shape == nil {
		return f, nil
	}
	g, err := wkb.Unmarshal(shape)
	if err != nil {
		return f, fmt.Errorf("read the shape of feature %d of layer %s: %w", f.FID, s.layer.Slug, err)
	}
	f.Geometry = g
	return f, nil
}

// plain is a value in the one Go type that Feature promises for it.
func plain(v any) any {
	switch v := v.(type) {
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case float32:
		return widen(v)
	case pgtype.InfinityModifier:
		return nil
	case time.Time:
		return v.UTC()
	}
	return v
}
