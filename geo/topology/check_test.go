package topology_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
)

// say writes problems as kind, feature, other feature and measure.
func say(found []topology.Problem) string {
	var s []string
	for _, p := range found {
		s = append(s, fmt.Sprintf("%s %d %d %.2f", p.Kind, p.FID, p.OtherFID, p.Measure))
	}
	slices.Sort(s)
	return strings.Join(s, "; ")
}

// nine squares of 10 m, three rows of three, numbered from the south-west: 5 is in the middle.
func nine(b board) {
	for i := range 9 {
		b.has(box(float64(i%3*10), float64(i/3*10), 10, 10))
	}
}

func TestKindsAtTheirEdges(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	nine(b)
	for name, c := range map[string]struct {
		edits []edit
		want  string
	}{
		"as it was":                                   {[]edit{update(5, box(10, 10, 10, 10))}, ""},
		"a ring that crosses itself":                  {[]edit{update(5, ring(10, 10, 20, 20, 20, 10, 10, 20))}, "invalid 5 0 0.00"},
		"an empty shape":                              {[]edit{update(5, "POLYGON EMPTY")}, "invalid 5 0 0.00"},
		"0.04 m² on a neighbour's ground":             {[]edit{update(5, ring(10, 10, 20, 10, 20.008, 15, 20, 20, 10, 20))}, ""},
		"0.10 m² on a neighbour's ground":             {[]edit{update(5, ring(10, 10, 20, 10, 20.02, 15, 20, 20, 10, 20))}, "overlap 5 6 0.10"},
		"a new one on three":                          {[]edit{insert(10, box(15, -5, 10, 10))}, "overlap 10 2 25.00; overlap 10 3 25.00"},
		"two new ones on each other":                  {[]edit{insert(10, box(30, 0, 10, 10)), insert(11, box(38, 0, 10, 10))}, "overlap 10 11 20.00"},
		"two that exchange places":                    {[]edit{update(5, box(10, 20, 10, 10)), update(8, box(10, 10, 10, 10))}, ""},
		"a new one where one goes":                    {[]edit{remove(5), insert(10, box(10, 10, 10, 10))}, ""},
		"the middle gone":                             {[]edit{remove(5)}, "gap 5 0 100.00"},
		"two gone leave one gap":                      {[]edit{remove(5), remove(6)}, ""}, // open to the east
		"one gone at the border":                      {[]edit{remove(6)}, ""},
		"a vertex drawn back by 4 mm":                 {[]edit{update(5, ring(10, 10, 20, 10, 19.992, 15, 20, 20, 10, 20))}, ""},
		"a vertex drawn back by 1 m":                  {[]edit{update(5, ring(10, 10, 20, 10, 19, 15, 20, 20, 10, 20))}, "gap 5 0 5.00"},
		"at the outer border nothing is between":      {[]edit{update(6, ring(20, 10, 30, 10, 29, 15, 30, 20, 20, 20))}, ""},
		"merged":                                      {[]edit{update(5, box(10, 10, 20, 10)), remove(6)}, ""},
		"split with a piece left out":                 {[]edit{update(5, box(10, 10, 4, 10)), insert(10, box(15, 10, 5, 10))}, "gap 5 0 10.00"},
		"a strip of 0.4 m":                            {[]edit{insert(10, box(40, 0, 0.4, 20))}, "sliver 10 0 0.39"},
		"a strip of 0.6 m":                            {[]edit{insert(10, box(40, 0, 0.6, 20))}, ""},
		"small but not thin":                          {[]edit{insert(10, box(40, 0, 0.4, 0.4))}, ""},
		"attributes only":                             {[]edit{{"update", 5, "", `{"legal": null}`}}, ""},
		"a legal area that fits":                      {[]edit{{"update", 5, "", `{"legal": 95.3}`}}, ""},
		"a legal area that is too small":              {[]edit{{"update", 5, "", `{"legal": 80}`}}, "area 5 0 25.00"},
		"a legal area that is too large":              {[]edit{{"update", 5, "", `{"legal": 125}`}}, "area 5 0 -20.00"},
		"drawn anew, twice its legal area":            {[]edit{{"update", 9, ring(20, 20, 40, 20, 40, 30, 20, 30), `{"legal": 100}`}}, "area 9 0 100.00"},
		"an invalid one says nothing else":            {[]edit{update(5, ring(10, 10, 20, 20, 20, 10, 10, 20)), insert(10, box(15, 15, 1, 1))}, "invalid 5 0 0.00"},
		"a ring of new ones closes a gap from nobody": {[]edit{insert(10, box(30, 0, 5, 5)), insert(11, ring(35, 0, 40, 0, 40, 30, 30, 30, 30, 25, 35, 25))}, "gap 10 0 100.00"},
	} {
		if got := say(b.problems(c.edits...)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// A hole of long ago is told only to whoever changes its border.
func TestOldHoles(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	nine(b)
	b.exec(`UPDATE layer_plot SET geom = ST_GeomFromText($1, 959209) WHERE fid = 5`, box(14, 10, 6, 10))
	for name, c := range map[string]struct {
		edit edit
		want string
	}{
		"beside it, on the other side": {update(4, ring(0, 10, 10, 10, 10, 20, 0, 20, -1, 15)), ""},
		"with one more vertex on it":   {update(4, ring(0, 10, 10, 10, 10, 13, 10, 20, 0, 20)), ""},
		"into it":                      {update(4, ring(0, 10, 10, 10, 12, 15, 10, 20, 0, 20)), "gap 4 0 30.00"},
		"away from it":                 {update(4, ring(0, 10, 10, 10, 8, 15, 10, 20, 0, 20)), "gap 4 0 50.00"},
		"filled":                       {insert(10, box(10, 10, 4, 10)), ""},
		"filled in part":               {insert(10, box(10, 10, 2, 10)), "gap 10 0 20.00"},
	} {
		if got := say(b.problems(c.edit)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsInvalidAlreadyIsPassedOver(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	nine(b)
	b.exec(`UPDATE layer_plot SET geom = ST_GeomFromText($1, 959209) WHERE fid = 6`, ring(20, 10, 30, 20, 30, 10, 20, 20))
	if got := say(b.problems(update(5, ring(10, 10, 20, 10, 25, 15, 20, 20, 10, 20)))); got != "" {
		t.Errorf("got %q", got)
	}
	if got := say(b.problems(remove(5))); got != "" { // what the broken one covers nobody knows
		t.Errorf("got %q", got)
	}
}

// Only what is in force on the same day overlaps, and gaps are those of one period.
func TestDatedLayer(t *testing.T) {
	t.Parallel()
	l := plots()
	l.Dated = true
	b := newBoard(t, l)
	nine(b)
	b.exec(`UPDATE layer_plot SET period = '[2021-01-01,2026-01-01)'`)
	later := edit{"insert", 10, box(5, 5, 10, 10), `{"period": "[2026-01-01,2031-01-01)"}`}
	if got := say(b.problems(later)); got != "" {
		t.Errorf("in another period: got %q", got)
	}
	later.attributes = `{"period": "[2025-01-01,2031-01-01)"}`
	if got := say(b.problems(later)); got != "overlap 10 1 25.00; overlap 10 2 25.00; overlap 10 4 25.00; overlap 10 5 25.00" {
		t.Errorf("a year in both: got %q", got)
	}
	if got := say(b.problems(edit{"update", 5, "", `{"period": "[2026-01-01,2031-01-01)"}`})); got != "gap 5 0 100.00" {
		t.Errorf("put off: got %q", got)
	}
}

// Measures are metres on the ground, whatever the layer is stored in.
func TestOtherSystems(t *testing.T) {
	t.Parallel()
	for _, srid := range []int{4326, 3857, 959210} {
		l := plots()
		l.SRID = srid
		b := newBoard(t, l)
		nine(b)
		found := b.problems(remove(5), insert(10, box(8, 10, 5, 10)))
		if len(found) != 2 || math.Abs(found[0].Measure-20) > 0.1 || math.Abs(found[1].Measure-70) > 0.1 {
			t.Errorf("SRID %d: got %q", srid, say(found))
		}
		var inside bool
		if err := b.pool.QueryRow(t.Context(), `SELECT ST_Intersects(geom, ST_SetSRID(ST_Point($1, $2), $3)) FROM layer_plot WHERE fid = 5`,
			found[1].Geometry.Bound().Center()[0], found[1].Geometry.Bound().Center()[1], srid).Scan(&inside); err != nil || !inside {
			t.Errorf("SRID %d: the gap is at %v, %v", srid, found[1].Geometry, err)
		}
	}
}

// outsideBoard has two communes of 100 m side by side.
func outsideBoard(t *testing.T, geometry string) board {
	l := plots()
	l.Geometry, l.Topology = geometry, catalogue.Topology{catalogue.Outside: {Severity: catalogue.Block}}
	b := newBoard(t, l)
	b.commune("01", box(0, 0, 100, 100))
	b.commune("02", box(100, 0, 100, 100))
	return b
}

func (b board) commune(code, shape string) {
	b.Helper()
	b.exec(`WITH u AS (INSERT INTO administrative_unit (code, level, name_vi, source, geom)
		VALUES ($1, 3, 'Xã', 'thử', ST_Multi(ST_Transform(ST_GeomFromText($2, 959209), 4326))) RETURNING id)
		INSERT INTO unit_validity (unit_id, period, recorded_by, reason) SELECT id, '(,)', 'lan', 'thử' FROM u`, code, shape)
}

func TestOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, geometry, shape, want string }{
		{"within", "Polygon", box(10, 10, 20, 20), ""},
		{"0.9 m over", "Polygon", box(80, 10, 20.9, 20), ""},
		{"1.5 m over into the next", "Polygon", box(80, 10, 21.5, 20), "outside 10 0 1.50"},
		{"half in each is far out of either", "Polygon", box(90, 10, 21, 20), "outside 10 0 10.00"},
		{"out of all", "Polygon", box(-12, 10, 10, 20), "outside 10 0 12.00"},
		{"a line over the border", "LineString", fmt.Sprintf("LINESTRING(%f %f, %f %f)", east+50, north+50, east+103, north+50), "outside 10 0 3.00"},
		{"a point within", "Point", fmt.Sprintf("POINT(%f %f)", east+50, north+50), ""},
		{"a point beyond", "Point", fmt.Sprintf("POINT(%f %f)", east+50, north+105), "outside 10 0 5.00"},
	} {
		if got := say(outsideBoard(t, c.geometry).problems(insert(10, c.shape))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	l := plots()
	l.Topology = catalogue.Topology{catalogue.Outside: {Severity: catalogue.Block}}
	if got := say(newBoard(t, l).problems(insert(10, box(0, 0, 1, 1)))); got != "" {
		t.Errorf("without communes: %q", got)
	}
}

// Without a policy only what is no shape is found; a transaction stays as it was.
func TestWithoutPolicyAndInATransaction(t *testing.T) {
	t.Parallel()
	l := plots()
	l.Topology = nil
	b := newBoard(t, l)
	nine(b)
	id := b.draft(update(5, box(0, 0, 30, 30)), update(6, ring(20, 10, 30, 20, 30, 10, 20, 20)))
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		for range 2 {
			found, err := topology.Check(t.Context(), tx, b.layer, id)
			if err != nil || say(found) != "invalid 6 0 0.00" || found[0].Severity != catalogue.Block {
				t.Errorf("got %q, %v", say(found), err)
			}
		}
		var timeout string
		err := tx.QueryRow(t.Context(), `SHOW statement_timeout`).Scan(&timeout)
		if timeout != "30s" {
			t.Errorf("the caller's time limit became %s", timeout)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNoMoreThanAThousand(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	b.has(box(0, 0, 100, 100))
	id := b.draft()
	b.exec(`INSERT INTO changeset_edit (changeset, fid, op, geom) SELECT $1, 10 + i, 'insert', ST_Translate(ST_GeomFromText($2, 959209), i % 50 * 2, i / 50 * 2) FROM generate_series(0, 1200) i`, id, box(0, 0, 1, 1))
	found, err := topology.Check(t.Context(), b.pool, b.layer, id)
	if err != nil || len(found) != 1000 {
		t.Errorf("%d problems, %v", len(found), err)
	}
}

// A problem is as severe as its kind's rule says.
func TestSeverity(t *testing.T) {
	t.Parallel()
	b := outsideBoard(t, "Polygon")
	nine(b)
	edits := []edit{remove(5), insert(10, box(28, 0, 0.4, 10)), insert(11, box(-50, 0, 10, 10)), {"update", 1, "", `{"legal": 50}`}}
	for _, severity := range []catalogue.Severity{catalogue.Block, catalogue.Warn} {
		b.layer.Topology = catalogue.Topology{}
		for _, kind := range catalogue.ProblemKinds {
			b.layer.Topology[kind] = catalogue.TopologyRule{Severity: severity, Column: "legal"}
		}
		kinds := map[catalogue.ProblemKind]bool{}
		for _, p := range b.problems(edits...) {
			if kinds[p.Kind] = true; p.Severity != severity {
				t.Errorf("%s is a %s, want %s", p.Kind, p.Severity, severity)
			}
		}
		if len(kinds) != len(catalogue.ProblemKinds) {
			t.Errorf("got %v", kinds)
		}
	}
}

// However much there is to warn of, what blocks is found.
func TestWarningsHideNothing(t *testing.T) {
	t.Parallel()
	b := outsideBoard(t, "Polygon")
	b.layer.Topology[catalogue.Overlap] = catalogue.TopologyRule{Severity: catalogue.Warn}
	var heap []edit
	for i := range 47 { // 1081 pairs
		heap = append(heap, insert(int64(10+i), box(10, 10, 10, 10)))
	}
	found := b.problems(append(heap, insert(100, box(390, 10, 10, 10)))...)
	if len(found) != 1000 || found[0].Kind != catalogue.Outside || found[0].FID != 100 || found[0].Severity != catalogue.Block {
		t.Errorf("%d problems, the first %+v", len(found), found[0])
	}
}

// What takes the database too long is refused with a sentence, as is what it cannot
// compute, and neither shows its own words.
func TestRefused(t *testing.T) {
	t.Parallel()
	l := plots()
	l.SRID = 4326
	b := newBoard(t, l)
	id := b.draft()
	b.exec(`INSERT INTO changeset_edit (changeset, fid, op, geom) VALUES ($1, 1, 'insert', ST_GeomFromText('POLYGON((1e300 0, 1e301 0, 1e301 1e300, 1e300 0))', 4326))`, id)
	_, err := topology.Check(t.Context(), b.pool, b.layer, id)
	if e, ok := err.(*haidang.Error); !ok || e.Field != "geometry" || strings.Contains(e.Text.EN, "proj") {
		t.Errorf("got %v", err)
	}
}

// A check that takes too long says so; its limit is for all of it.
func TestTooLong(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	id := b.draft(insert(1, box(0, 0, 1, 1)))
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `LOCK TABLE layer_plot`); err != nil {
			return err
		}
		_, err := topology.CheckWithin(t.Context(), 200*time.Millisecond, b.pool, b.layer, id)
		if e, ok := err.(*haidang.Error); !ok || e.Code != haidang.ErrTooLarge || !strings.Contains(e.Text.EN, "seconds") {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A coast of 100,000 vertices among its neighbours is looked at, and a tangle of as many
// crossings as can be is told from a shape, within the limit.
func TestManyVertices(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	b.exec(`INSERT INTO layer_plot (geom) SELECT ST_Buffer(ST_SetSRID(ST_Point($1, $2), 959209), 100, 'quad_segs=25000')`, east, north)
	id := b.draft()
	b.exec(`INSERT INTO changeset_edit (changeset, fid, op, base_version, geom) SELECT $1::bigint, fid, 'update', 1, ST_Translate(geom, 0.01, 0) FROM layer_plot
		UNION ALL SELECT $1, 2, 'insert', NULL, ST_Difference(ST_Expand(geom, 100), geom) FROM layer_plot
		UNION ALL SELECT $1, 3, 'insert', NULL, ST_MakePolygon(ST_AddPoint(line, ST_StartPoint(line))) FROM (SELECT ST_MakeLine(ST_SetSRID(
			ST_Point($2::float8 + 1000 + 100 * cos(i * 3.1), $3::float8 + 100 * sin(i * 3.1)), 959209) ORDER BY i) FROM generate_series(1, 4000) i) l (line)`, id, east, north)
	found, err := topology.Check(t.Context(), b.pool, b.layer, id)
	if got := say(found); err != nil || !strings.HasPrefix(got, "gap 1 0 1.99; invalid 3 0 0.00; overlap 1 2 2.00") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	nine(b)
	found := b.problems(update(5, ring(10, 10, 20, 10, 20.5, 15, 20, 20, 10, 20)))
	if got, want := found[0].Text().VI, "Đối tượng 5 và đối tượng 6 chồng lên nhau 2,50 m² tại X 1.060.015,00 Y 546.020,25. Hãy kéo ranh hai bên về trùng nhau."; got != want {
		t.Errorf("got %q", got)
	}
	if a := planar.Area(found[0].Geometry); math.Abs(a-2.5) > 0.001 {
		t.Errorf("the shared ground is drawn with %f m²", a)
	}
	for _, kind := range append(catalogue.ProblemKinds, catalogue.Invalid) {
		p := topology.Problem{Kind: kind, FID: 1, OtherFID: 2, Measure: -7}
		if text := p.Text(); text.EN == "" || strings.ContainsAny(text.EN+text.VI, "{}") || strings.Contains(text.VI, "  ") {
			t.Errorf("%s: %q", kind, text)
		}
	}
	here := orb.Point{105.97, 9.6}
	at := topology.Problem{Kind: catalogue.Overlap, FID: 1, OtherFID: 2, Measure: 2.5, At: here, Geometry: here}.Text()
	if !strings.Contains(at.VI, "tại 9,600000 B 105,970000 Đ.") || !strings.Contains(at.EN, "at 9.600000 N 105.970000 E.") {
		t.Errorf("%q", at)
	}
	json, err := found[0].Feature().MarshalJSON()
	if err != nil || !strings.Contains(string(json), `"otherFid":6`) || !strings.Contains(string(json), `"kind":"overlap"`) {
		t.Errorf("%s, %v", json, err)
	}
}

// What the database's functions are given reads back the same.
func TestKept(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	nine(b)
	id := b.draft(update(5, ring(10, 10, 20, 10, 20.5, 15, 20, 20, 10, 20)), insert(10, "POLYGON EMPTY"))
	found, err := topology.Check(t.Context(), b.pool, b.layer, id)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := topology.Rows(b.layer, found)
	if err != nil {
		t.Fatal(err)
	}
	b.exec(`SELECT keep_problems($1, $2)`, id, rows)
	kept, err := topology.Kept(t.Context(), b.pool, id, b.layer.SRID)
	if err != nil || say(kept) != say(found) || fmt.Sprint(kept[1].Geometry) != fmt.Sprint(found[1].Geometry) {
		t.Errorf("%q became %q, %v", say(found), say(kept), err)
	}
}
