package features

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
)

// Op is what a change does.
type Op string

// The ops.
const (
	Insert Op = "insert"
	Update Op = "update" // of the given properties, and of the geometry unless it is nil
	Delete Op = "delete"
)

// Change is one change to one feature.
type Change struct {
	Op         Op
	FID        int64          // of an update or a deletion
	RowVersion int64          // that the change was made from; 0: whatever it is
	Properties map[string]any // by column; values as pgx takes them for the column's type. Of a dated layer also ValidFrom and ValidUntil, days or nil
	Geometry   orb.Geometry   // in the layer's storage CRS
}

// Apply makes the changes in their order, in the caller's transaction, and returns the
// features' numbers. Tiles and whoever else keeps something made of the layer hear of
// it at COMMIT. ErrConflict: a feature is no longer at its RowVersion; ErrNotFound: it
// is gone; ErrInvalid: an unknown column, or a value or shape that the layer cannot hold.
func Apply(ctx context.Context, tx pgx.Tx, l catalogue.Layer, changes []Change) ([]int64, error) {
	fids := make([]int64, 0, len(changes))
	for _, c := range changes {
		fid, err := apply(ctx, tx, l, c)
		if err != nil {
			return nil, err
		}
		fids = append(fids, fid)
	}
	return fids, nil
}

func apply(ctx context.Context, tx pgx.Tx, l catalogue.Layer, c Change) (fid int64, err error) {
	s, err := newStatement(l, c)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, s.sql, s.args...).Scan(&fid)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, whyNot(ctx, tx, l, c)
	case err != nil:
		return 0, refuse(l, err)
	}
	return fid, nil
}

// statement is one change as SQL; names come from the catalogue, values are arguments.
type statement struct {
	sql  string
	args []any
}

func newStatement(l catalogue.Layer, c Change) (statement, error) {
	s := statement{}
	names, marks, err := s.values(l, c)
	if err != nil {
		return s, err
	}
	table := pgx.Identifier{l.Table}.Sanitize()
	switch c.Op {
	case Insert:
		s.sql = fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s) RETURNING fid`, table, strings.Join(names, ", "), strings.Join(marks, ", "))
	case Update:
		if len(names) == 0 {
			return s, haidang.RefuseField("properties", "Không có gì để sửa.", "There is nothing to change.")
		}
		sets := make([]string, len(names))
		for i := range names {
			sets[i] = names[i] + " = " + marks[i]
		}
		s.sql = fmt.Sprintf(`UPDATE %s SET %s WHERE %s RETURNING fid`, table, strings.Join(sets, ", "), s.where(c))
	case Delete:
		s.sql = fmt.Sprintf(`DELETE FROM %s WHERE %s RETURNING fid`, table, s.where(c))
	default:
		return s, fmt.Errorf("unknown op %q", c.Op)
	}
	return s, nil
}

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

func (s *statement) where(c Change) string {
	sql := "fid = " + s.arg(c.FID)
	if c.RowVersion != 0 {
		sql += " AND row_version = " + s.arg(c.RowVersion)
	}
	return sql
}

// values lists the columns that are written and their placeholders, in the catalogue's order.
func (s *statement) values(l catalogue.Layer, c Change) (names, marks []string, err error) {
	if c.Op == Delete {
		return nil, nil, nil
	}
	for name := range c.Properties {
		if _, ok := l.Column(name); !ok && !(l.Dated && (name == ValidFrom || name == ValidUntil)) {
			return nil, nil, haidang.RefuseField(name, fmt.Sprintf("Lớp %s không có cột %q.", l.Title.VI, name), fmt.Sprintf("The layer %s has no column %q.", l.Title.EN, name))
		}
	}
	for _, column := range l.Columns {
		if v, ok := c.Properties[column.Name]; ok {
			names, marks = append(names, pgx.Identifier{column.Name}.Sanitize()), append(marks, s.arg(v))
		}
	}
	if mark := s.period(l, c); mark != "" {
		names, marks = append(names, "period"), append(marks, mark)
	}
	if c.Geometry == nil && c.Op == Update {
		return names, marks, nil
	}
	shape, err := wkb.Marshal(c.Geometry)
	if err != nil || c.Geometry == nil {
		return nil, nil, haidang.RefuseField("geometry", "Thiếu hình học, hoặc hình học hỏng.", "The geometry is missing or broken.")
	}
	mark := fmt.Sprintf("ST_GeomFromWKB(%s, %d)", s.arg(shape), l.SRID)
	if strings.HasPrefix(l.Geometry, "Multi") {
		mark = "ST_Multi(" + mark + ")"
	}
	return append(names, "geom"), append(marks, mark), nil
}

// period is SQL for when the feature is in force, "" when the change does not say. The
// end that an update does not name stays. No day at all becomes NULL, which no layer takes.
func (s *statement) period(l catalogue.Layer, c Change) string {
	if !l.Dated {
		return ""
	}
	ends, named := [2]string{"NULL", "NULL"}, false
	if c.Op == Update {
		ends = [2]string{"lower(period)", "upper(period)"}
	}
	for n, name := range []string{ValidFrom, ValidUntil} {
		if v, ok := c.Properties[name]; ok {
			ends[n], named = s.arg(v)+"::date", true
		}
	}
	if !named {
		return ""
	}
	return "nullif(daterange(" + ends[0] + ", " + ends[1] + "), 'empty')"
}

// whyNot tells apart a feature that is gone and one that somebody else has changed.
func whyNot(ctx context.Context, tx pgx.Tx, l catalogue.Layer, c Change) error {
	var now int64
	err := tx.QueryRow(ctx, `SELECT row_version FROM `+pgx.Identifier{l.Table}.Sanitize()+` WHERE fid = $1`, c.FID).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) {
		return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Đối tượng %d không còn trong lớp %s.", c.FID, l.Title.VI), fmt.Sprintf("Feature %d is no longer in the layer %s.", c.FID, l.Title.EN))
	}
	if err != nil {
		return fmt.Errorf("read feature %d of %s: %w", c.FID, l.Slug, err)
	}
	return haidang.Refuse(haidang.ErrConflict,
		fmt.Sprintf("Đối tượng %d đã được người khác sửa (nay là bản %d, bạn sửa từ bản %d). Hãy tải lại rồi sửa tiếp.", c.FID, now, c.RowVersion),
		fmt.Sprintf("Feature %d was changed by somebody else (it is at version %d, you began at %d). Load it again, then go on.", c.FID, now, c.RowVersion))
}

var periodOrder = haidang.Text{VI: "Ngày hết hiệu lực phải sau ngày đầu.", EN: "The end must be after the first day."}

// refuse turns what the database will not hold into a sentence.
func refuse(l catalogue.Layer, err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fmt.Errorf("write to layer %s: %w", l.Slug, err)
	}
	field, vi, en := e.ColumnName, "", ""
	switch e.Code {
	case "22000": // bounds of a range
		field, vi, en = ValidUntil, periodOrder.VI, periodOrder.EN
	case "23502":
		vi, en = "Cột này bắt buộc phải có giá trị.", "This column must have a value."
		if l.Dated && field == "period" {
			field, vi, en = ValidUntil, periodOrder.VI, periodOrder.EN
		}
	case "23505":
		vi, en = "Đã có một đối tượng với giá trị ấy: "+e.Detail, "There is a feature with that value already: "+e.Detail
	case "23514":
		vi, en = "Giá trị không được phép ("+e.ConstraintName+").", "The value is not allowed ("+e.ConstraintName+")."
	case "22023", "XX000":
		field, vi, en = "geometry", "Hình học không hợp với lớp ("+l.Geometry+"): "+e.Message, "The geometry does not fit the layer ("+l.Geometry+"): "+e.Message
	default:
		return fmt.Errorf("write to layer %s: %w", l.Slug, err)
	}
	refusal := haidang.RefuseField(field, vi, en)
	refusal.Cause = err
	return refusal
}
