package topology_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
	"haidang/internal/postgres/pgtest"
)

// Where the tests' squares lie, metres east and north.
const east, north = 546_000.0, 1_060_000.0

// board is a layer with its database.
type board struct {
	*testing.T
	pool  *pgxpool.Pool
	layer catalogue.Layer
}

// everything looks for every kind; nothing but the legal area's percentage is as usual.
var everything = catalogue.Topology{
	catalogue.Overlap: {Severity: catalogue.Block, Tolerance: 0.05}, catalogue.Gap: {Severity: catalogue.Warn, Tolerance: 0.05},
	catalogue.Sliver: {Severity: catalogue.Warn, Tolerance: 0.5}, catalogue.Area: {Severity: catalogue.Warn, Column: "legal"}}

func plots() catalogue.Layer {
	return catalogue.Layer{Slug: "plot", Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "Polygon", MaxZoom: 18,
		Columns: []catalogue.Column{{Name: "legal", Type: catalogue.Number, Unit: "m2"}}, Rights: catalogue.StaffRights("sotnmt"), Coverage: true, Topology: everything}
}

func newBoard(t *testing.T, l catalogue.Layer) board {
	t.Helper()
	b := board{T: t, pool: pgtest.New(t)}
	b.exec(`INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department')`)
	if err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.layer, err = catalogue.Get(t.Context(), b.pool, l.Slug); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b board) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.Context(), sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

// stored is SQL for the shape of $n, drawn in metres in the cadastre's zone.
func (b board) stored(n int) string {
	return fmt.Sprintf(`ST_Transform(ST_GeomFromText($%d, 959209), %d)`, n, b.layer.SRID)
}

// has puts a feature into the layer; its number is the next one, from 1.
func (b board) has(shapes ...string) {
	b.Helper()
	for _, s := range shapes {
		b.exec(`INSERT INTO layer_plot (geom) VALUES (`+b.stored(1)+`)`, s)
	}
}

// edit is one of a changeset; shape "" leaves the geometry.
type edit struct {
	op         string
	fid        int64
	shape      string
	attributes string
}

func insert(fid int64, shape string) edit { return edit{"insert", fid, shape, "{}"} }
func update(fid int64, shape string) edit { return edit{"update", fid, shape, "{}"} }
func remove(fid int64) edit               { return edit{"delete", fid, "", "{}"} }

// draft makes a changeset of the edits.
func (b board) draft(edits ...edit) (id int64) {
	b.Helper()
	if err := b.pool.QueryRow(b.Context(), `INSERT INTO changeset (layer, title, source, author) VALUES ('plot', 'thử', 'page', 'lan') RETURNING id`).Scan(&id); err != nil {
		b.Fatal(err)
	}
	for _, e := range edits {
		b.exec(`INSERT INTO changeset_edit (changeset, fid, op, base_version, attributes, geom)
			VALUES ($1, $2, $3, CASE WHEN $3 <> 'insert' THEN 1 END, $5, CASE WHEN $4 <> '' THEN `+b.stored(4)+` END)`, id, e.fid, e.op, e.shape, e.attributes)
	}
	return id
}

// problems are what the check of the edits finds.
func (b board) problems(edits ...edit) []topology.Problem {
	b.Helper()
	found, err := topology.Check(b.Context(), b.pool, b.layer, b.draft(edits...))
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// box is a rectangle from its south-west corner, metres from the tests' origin.
func box(x, y, width, height float64) string {
	return ring(x, y, x+width, y, x+width, y+height, x, y+height)
}

// ring closes a polygon through pairs of coordinates, metres from the tests' origin.
func ring(xy ...float64) string {
	s := ""
	for i := 0; i < len(xy); i += 2 {
		s += fmt.Sprintf("%.4f %.4f,", east+xy[i], north+xy[i+1])
	}
	return fmt.Sprintf("POLYGON((%s%.4f %.4f))", s, east+xy[0], north+xy[1])
}
