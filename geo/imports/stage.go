package imports

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/crs"
	"haidang/geo/tangle"
)

// stageTable, asideTable and changeTable are where an import's features, the keys of
// the refused, and the difference lie.
func stageTable(id int64) string  { return fmt.Sprintf("import_%d_stage", id) }
func asideTable(id int64) string  { return fmt.Sprintf("import_%d_aside", id) }
func changeTable(id int64) string { return fmt.Sprintf("import_%d_change", id) }

// clear removes what a check left. patience is how long it waits for whoever is at the
// tables, as PostgreSQL writes it.
func (im *Importer) clear(ctx context.Context, id int64, patience string) error {
	return pgx.BeginFunc(ctx, im.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+patience+`'`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`DROP TABLE IF EXISTS %s, %s, %s, import_%d_raw`, stageTable(id), asideTable(id), changeTable(id), id))
		return err
	})
}

// patient runs do on a connection whose statements may take long.
func (im *Importer) patient(ctx context.Context, do func(*pgxpool.Conn) error) error {
	conn, err := im.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SET statement_timeout = 0; SET work_mem = '64MB'`); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `RESET statement_timeout; RESET work_mem`) }()
	return do(conn)
}

// stage reads the source once more and copies it into the stage. Each feature that
// cannot be kept gets a remark, and no geometry. It returns how many were read.
func (im *Importer) stage(ctx context.Context, id int64, r reader, p plan, tell Teller) (read int64, err error) {
	err = im.patient(ctx, func(conn *pgxpool.Conn) error {
		table := stageTable(id)
		if p.crs.SRID != p.layer.SRID {
			table = fmt.Sprintf("import_%d_raw", id)
		}
		if _, err := conn.Exec(ctx, createStage(table, p)); err != nil {
			return fmt.Errorf("make the stage: %w", err)
		}
		w := &stager{plan: p, limits: im.limits, tell: tell, room: im.room, notes: &notebook{pool: im.pool, ctx: ctx, id: id}}
		if err := w.run(ctx, conn, r, table); err != nil {
			return err
		}
		read = w.read
		return im.transform(ctx, conn, id, p, tell)
	})
	return read, err
}

func createStage(table string, p plan) string {
	sql := "CREATE UNLOGGED TABLE " + table + " (n bigint"
	for _, c := range p.into {
		sql += fmt.Sprintf(", %s %s", pgx.Identifier{c.Name}.Sanitize(), c.udt)
	}
	if p.dated != nil {
		sql += ", period daterange"
	}
	return sql + ", geom geometry)"
}

// names lists the columns of the stage but for number and geometry.
func names(p plan, prefix string) (list string) {
	for _, c := range p.into {
		list += ", " + prefix + pgx.Identifier{c.Name}.Sanitize()
	}
	if p.dated != nil {
		list += ", " + prefix + "period"
	}
	return list
}

// transform brings the features into the layer's system, by PostGIS and pinned SRIDs.
func (im *Importer) transform(ctx context.Context, conn *pgxpool.Conn, id int64, p plan, tell Teller) error {
	if p.crs.SRID == p.layer.SRID {
		return nil
	}
	tell("transform", 0, 0)
	if err := im.roomForTable(ctx, conn, fmt.Sprintf("import_%d_raw", id)); err != nil {
		return err
	}
	sql := fmt.Sprintf(`CREATE UNLOGGED TABLE %s AS SELECT n%s, ST_Transform(geom, %d) AS geom FROM import_%d_raw`, stageTable(id), names(p, ""), p.layer.SRID, id)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(`DROP TABLE import_%d_raw`, id))
	return err
}

// stager turns records into lines of COPY.
type stager struct {
	plan
	limits   Limits
	tell     Teller
	room     func(int64) error
	notes    *notebook
	out      *bufio.Writer
	line     []byte
	shape    []byte
	outline  tangle.Shape
	shapeAt  int // where the geometry begins in the line
	read     int64
	vertices int64
	box      extent
}

func (w *stager) run(ctx context.Context, conn *pgxpool.Conn, r reader, table string) error {
	in, pipe := io.Pipe()
	w.out, w.box = bufio.NewWriterSize(pipe, 256<<10), allowed(w.crs)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		err := r.stream(ctx, w.source.Name, w.begin, w.feature)
		if err == nil {
			err = errors.Join(w.notes.flush(), w.out.Flush())
		}
		_ = pipe.CloseWithError(err)
		ended <- err
	}()
	_, err := conn.Conn().PgConn().CopyFrom(ctx, in, fmt.Sprintf("COPY %s (n%s, geom) FROM STDIN", table, names(w.plan, "")))
	_ = in.CloseWithError(errStop)
	if read := <-ended; read != nil && !errors.Is(read, errStop) {
		return read // its own reason; COPY only heard of it
	}
	return err
}

// begin wants the fields that were there when the plan was made.
func (w *stager) begin(fields []field) error {
	if len(fields) != len(w.source.Fields) {
		return fmt.Errorf("the file has %d fields, had %d", len(fields), len(w.source.Fields))
	}
	return nil
}

func (w *stager) feature(r record) error {
	w.read = r.N
	if r.N%2000 == 0 {
		w.tell("check", r.N, w.source.Features)
		if err := w.room(0); err != nil {
			return err
		}
	}
	w.line = fmt.Appendf(w.line[:0], "%d", r.N)
	fine, err := w.values(r)
	if err != nil {
		return err
	}
	w.shapeAt = len(w.line)
	why := w.place(r)
	if why != nil {
		fine = false
		if err := w.refuse(r, "", why); err != nil {
			return err
		}
	}
	if !fine {
		w.line = append(w.line[:w.shapeAt], "\t\\N"...)
	}
	_, err = w.out.Write(append(w.line, '\n'))
	return err
}

func (w *stager) refuse(r record, field string, why *haidang.Text) error {
	return w.notes.add(Remark{Feature: r.N, Kind: refused, Field: field, Key: w.keyOf(r), Text: *why})
}

// keyOf names the feature as people would, as far as it can be read.
func (w *stager) keyOf(r record) string {
	var parts []string
	for _, k := range w.key {
		for _, c := range w.into {
			if c.Name == k && c.source < len(r.Values) {
				parts = append(parts, strings.ReplaceAll(w.encoding.Decode(r.Values[c.source]), "\x00", ""))
			}
		}
	}
	return strings.Join(parts, "/")
}

// values appends the columns to the line; false says that one was refused.
func (w *stager) values(r record) (fine bool, err error) {
	fine = true
	if r.Long { // place says it
		w.line = append(w.line, strings.Repeat("\t\\N", len(w.into))...)
		if w.dated != nil {
			w.line = append(w.line, "\t\\N"...)
		}
		return true, nil
	}
	for _, c := range w.into {
		raw := r.Values[c.source]
		w.line = append(w.line, '\t')
		text, null, why := "", true, (*haidang.Text)(nil)
		switch {
		case len(raw) > w.limits.Text:
			why = sentence("Giá trị dài %d byte, quá %d.", "The value has %d bytes, more than %d.", len(raw), w.limits.Text)
		case raw != nil:
			text, null, why = c.read(w.encoding.Decode(raw))
		}
		if null && why == nil && c.needed {
			why = sentence("Cột %s bắt buộc có giá trị.", "The column %s must have a value.", c.Name)
		}
		switch {
		case why != nil:
			fine = false
			w.line = append(w.line, `\N`...)
			if err := w.refuse(r, c.Name, why); err != nil {
				return false, err
			}
		case null:
			w.line = append(w.line, `\N`...)
		default:
			w.line = appendEscaped(w.line, text)
		}
	}
	if w.dated == nil {
		return fine, nil
	}
	dated, err := w.period(r)
	return fine && dated, err
}

// period appends when the feature is in force to the line.
func (w *stager) period(r record) (fine bool, err error) {
	text, field, why := w.dated.of(func(i int) string { return strings.TrimSpace(w.encoding.Decode(r.Values[i])) })
	if why != nil {
		w.line = append(w.line, "\t\\N"...)
		return false, w.refuse(r, field, why)
	}
	w.line = append(w.line, "\t"+text...)
	return true, nil
}

// place appends the geometry to the line, or says why not.
func (w *stager) place(r record) *haidang.Text {
	if r.Long {
		return sentence("Quá nhiều đỉnh hoặc chữ cho một đối tượng (tối đa %d đỉnh).", "Too many vertices or too much text for one feature (%d vertices at most).", w.limits.FeatureVertices)
	}
	if r.Shape == nil {
		return sentence("Không có hình học.", "There is no geometry.")
	}
	s, err := walk(r.Shape, w.swapped)
	w.vertices += int64(s.vertices)
	wrap, ok := fits(s, w.layer.Geometry)
	switch {
	case errors.Is(err, errNoReal):
		return sentence("Có toạ độ không phải là số.", "A coordinate is no number.")
	case err != nil:
		return sentence("Hình học hỏng.", "The geometry is broken.")
	case s.vertices == 0:
		return sentence("Hình học rỗng.", "The geometry is empty.")
	case s.vertices > w.limits.FeatureVertices:
		return sentence("Có %d đỉnh, quá %d.", "It has %d vertices, more than %d.", s.vertices, w.limits.FeatureVertices)
	case !ok:
		return sentence("Là %s, lớp chỉ giữ %s.", "It is a %s, the layer keeps %s only.", wkbNames[s.kind], w.layer.Geometry)
	case tangled(r.Shape, s, &w.outline):
		return sentence("Hình tự cắt quá nhiều lần (trên %d), hoặc vẽ quá rối để kiểm tra.", "The shape crosses itself too often (more than %d times), or is too intricate to judge.", s.mostCrossings())
	case s.extent[0] < w.box[0] || s.extent[1] < w.box[1] || s.extent[2] > w.box[2] || s.extent[3] > w.box[3]:
		return sentence("Nằm ngoài Việt Nam: (%.3f, %.3f).", "It lies outside of Vietnam: (%.3f, %.3f).", s.first[0], s.first[1])
	}
	w.shape = appendEWKB(w.shape[:0], r.Shape, s, uint32(w.crs.SRID), wrap)
	w.line = append(w.line, '\t')
	w.line = hex.AppendEncode(w.line, w.shape)
	return nil
}

// allowed is where Vietnam with its sea lies in a system, generously.
func allowed(c crs.CRS) extent {
	switch {
	case c.Geographic:
		return extent{101, 5, 119, 24.5}
	case c == crs.WebMercator:
		return extent{11_200_000, 550_000, 13_300_000, 2_820_000}
	}
	return extent{-400_000, 550_000, 2_000_000, 2_700_000}
}
