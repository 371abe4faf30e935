package features_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
	"haidang/geo/crs"
	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

// newWells makes a layer with every type of column and five wells, a kilometre apart.
func newWells(t testing.TB, pool *pgxpool.Pool) catalogue.Layer {
	t.Helper()
	l := catalogue.Layer{Slug: "well", Title: haidang.Text{VI: "Giếng", EN: "Wells"}, Owner: "sotnmt", SRID: 959209, Geometry: "Point", MaxZoom: 18, Dated: true,
		Columns: []catalogue.Column{{Name: "name", Type: catalogue.Text}, {Name: "depth", Type: catalogue.Number}, {Name: "users", Type: catalogue.Integer},
			{Name: "open", Type: catalogue.Boolean}, {Name: "drilled", Type: catalogue.Date}, {Name: "seen", Type: catalogue.DateTime}, {Name: "use", Type: catalogue.Text}},
		Search: []string{"name", "users"}, Label: "name", Rights: catalogue.StaffRights("sotnmt")}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department') ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
		if err := catalogue.Create(t.Context(), tx, l); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO layer_well (name, depth, users, open, drilled, seen, use, period, geom)
			SELECT name, 10.5 * i, i, i % 2 = 0, '2020-01-01'::date + i::int, '2026-03-01T20:00:00Z'::timestamptz + i * interval '1 day', CASE WHEN i < 3 THEN 'nước sạch' END,
			       CASE WHEN i = 5 THEN '[2026-01-01,)'::daterange ELSE '[2020-01-01,2026-01-01)' END, ST_Point(546000 + 1000 * i, 1060000, 959209)
			FROM unnest(ARRAY['Giếng Đại Ngãi', 'Giếng Trần Đề', 'giếng 100%', 'STRASSE', 'Đường 5']) WITH ORDINALITY AS list (name, i)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, err = catalogue.Get(t.Context(), pool, "well"); err != nil {
		t.Fatal(err)
	}
	return l
}

// fids are the numbers of the features that a query finds; a count has to agree.
func fids(t testing.TB, pool *pgxpool.Pool, l catalogue.Layer, q features.Query) []int64 {
	t.Helper()
	list, err := read(t.Context(), pool, l, q)
	if err != nil {
		t.Fatal(err)
	}
	found := []int64{}
	for _, f := range list {
		found = append(found, f.FID)
	}
	return found
}

func read(ctx context.Context, pool *pgxpool.Pool, l catalogue.Layer, q features.Query) (list []features.Feature, err error) {
	err = features.Read(ctx, pool, l, q, func(f features.Feature) error {
		list = append(list, f)
		return nil
	})
	return list, err
}

func TestFeatureReadsBack(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	list, err := read(t.Context(), pool, l, features.Query{SRID: 959209, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := features.Feature{FID: 1, RowVersion: 1, Geometry: orb.Point{547000, 1060000}, Properties: map[string]any{"name": "Giếng Đại Ngãi", "depth": 10.5,
		"users": int64(1), "open": false, "drilled": time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), "seen": time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC), "use": "nước sạch",
		"valid_from": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "valid_until": time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff([]features.Feature{want}, list); diff != "" {
		t.Error(diff)
	}
}

func TestFiltersFind(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	for filter, want := range map[string][]int64{
		"depth > 31": {3, 4, 5}, "users = 2": {2}, "users ^ 2 > 9 AND users % 2 = 0": {4}, "users div 2 = 2": {4, 5},
		"10 / (users - 3) < 0": {1, 2}, "open = TRUE": {2, 4}, "NOT open": {1, 3, 5}, "name LIKE 'Giếng%'": {1, 2}, "CASEI(name) LIKE CASEI('GIẾNG%')": {1, 2, 3},
		`name LIKE '%100\%'`: {3}, "CASEI(name) = CASEI('Straße')": {4}, "CASEI(ACCENTI(name)) = casei(accenti('duong 5'))": {5}, "name IN ('Đường 5', 'x')": {5},
		"use IS NULL": {3, 4, 5}, "NOT use IS NULL": {1, 2}, "use <> 'x'": {1, 2}, "users BETWEEN 2 AND 3.5": {2, 3}, "users NOT IN (1, 2.0, 3)": {4, 5},
		"drilled >= DATE('2020-01-05')": {4, 5}, "seen = DATE('2026-03-03')": {1}, "seen > TIMESTAMP('2026-03-04T20:00:00Z')": {4, 5},
		"T_AFTER(drilled, DATE('2020-01-04'))": {4, 5}, "T_INTERSECTS(seen, INTERVAL('2026-03-03', '2026-03-04'))": {1, 2},
		"T_DURING(INTERVAL(drilled, seen), INTERVAL('..', '2026-03-05'))": {1, 2}, "T_INTERSECTS(period, DATE('2026-02-01'))": {5}, "T_BEFORE(period, DATE('2026-01-01'))": {1, 2, 3, 4},
		"valid_until IS NULL": {5}, "fid >= 4": {4, 5}, "TRUE": {1, 2, 3, 4, 5}, "FALSE OR users = 1": {1}, "depth = users * 10.5": {1, 2, 3, 4, 5},
		"S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))": {1, 2, 3, 4, 5}, "S_DISJOINT(geom, POINT(-70 45))": {1, 2, 3, 4, 5}, "S_WITHIN(geom, BBOX(170, -20, 106, 20))": {1, 2, 3, 4, 5},
		"S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(1 2), POLYGON((100 5, 110 5, 110 15, 100 15, 100 5))))": {1, 2, 3, 4, 5},
		"S_INTERSECTS(geom, POLYGON((100 5, 110 15, 110 5, 100 15, 100 5)))":                                 {1, 2, 3, 4, 5},
		"S_INTERSECTS(LINESTRING(0 0, 2 2), POLYGON((0 0, 1 0, 1 1, 0 0)))":                                  {1, 2, 3, 4, 5},
	} {
		e, err := cql2.ParseText(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		q := features.Query{Filter: e}
		if got := fids(t, pool, l, q); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", filter, got, want)
		}
		if n, err := features.Count(t.Context(), pool, l, q); err != nil || int(n) != len(want) {
			t.Errorf("%s: counted %d, want %d: %v", filter, n, len(want), err)
		}
	}
}

// A geometry means the same in every system and order of axes.
func TestFilterSystems(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	second, err := read(t.Context(), pool, l, features.Query{After: 1, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	at := second[0].Geometry.(orb.Point)
	equal := func(first, second float64) cql2.Expr {
		e, err := cql2.ParseText(fmt.Sprintf("S_EQUALS(geom, POINT(%.9f %.9f))", first, second))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, filter := range map[string]cql2.Expr{"": equal(at[0], at[1]), "EPSG:4326": equal(at[1], at[0]), "EPSG:9209": equal(548000, 1060000)} {
		q := features.Query{Filter: filter}
		if name != "" {
			if q.FilterCRS, err = crs.Parse("filter-crs", name); err != nil {
				t.Fatal(err)
			}
		}
		if got := fids(t, pool, l, q); !slices.Equal(got, []int64{2}) {
			t.Errorf("%q: found %v", name, got)
		}
	}
	for _, c := range []struct {
		box  orb.Bound
		srid int
	}{{orb.Bound{Min: orb.Point{547500, 1059000}, Max: orb.Point{548500, 1061000}}, 959209}, {at.Bound().Pad(0.001), 0}} {
		if got := fids(t, pool, l, features.Query{BBox: &c.box, BBoxSRID: c.srid}); !slices.Equal(got, []int64{2}) {
			t.Errorf("box in %d: found %v", c.srid, got)
		}
	}
}

func TestPagesSortingAndDays(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		query features.Query
		want  []int64
	}{
		"after":      {features.Query{After: 2, Limit: 2}, []int64{3, 4}},
		"sorted":     {features.Query{SortBy: []features.Sort{{Property: "use"}, {Property: "users", Desc: true}}, Limit: 4}, []int64{2, 1, 5, 4}},
		"day":        {features.Query{Day: &day}, []int64{5}},
		"since then": {features.Query{From: &day}, []int64{5}},
		"until then": {features.Query{Until: &day}, []int64{1, 2, 3, 4, 5}},
	} {
		if got := fids(t, pool, l, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", name, got, c.want)
		}
	}
	list, err := read(t.Context(), pool, l, features.Query{Properties: []string{"name"}, NoGeometry: true, Limit: 1})
	if err != nil || list[0].Geometry != nil || len(list[0].Properties) != 1 {
		t.Errorf("only names: %v, %v", list, err)
	}
}

// More rows than one statement reads come all, once, in order.
func TestEverythingComesPageByPage(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	if _, err := pool.Exec(t.Context(), `INSERT INTO layer_well (geom) SELECT ST_Point(546000 + i, 1060000, 959209) FROM generate_series(1, 11000) i`); err != nil {
		t.Fatal(err)
	}
	got := fids(t, pool, l, features.Query{NoGeometry: true, Properties: []string{}})
	if len(got) != 11005 || !slices.IsSorted(got) {
		t.Errorf("%d features", len(got))
	}
}

func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	for filter, says := range map[string]string{
		"height > 3": "no property “height”", "users = 'many'": "cannot be compared", "open > TRUE": "= and <> only", "name": "condition is needed",
		"S_INTERSECTS(name, POINT(1 2))": "geometry is needed", "S_INTERSECTS(geom, POINT(9.6 105.9))": "order of axes", "power(users, 2) = 4": "no such function",
		"T_DURING(drilled, INTERVAL('2020-01-01', '..'))": "takes two intervals", "A_CONTAINS(name, ('a', 'b'))": "Use IN", "users ^ 1000 > 1": "cannot be computed",
		"geom = name": "Geometries do not compare", "name LIKE name": "needs a pattern", `name LIKE 'a\'`: "closing single quote", `name LIKE 'a\\'`: "must not end in",
		"S_TOUCHES(geom, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4)))": "of one kind", "users IN ('a')": "cannot be compared", "period = DATE('2020-01-01')": "Intervals do not compare",
		"CASEI(users) = 'a'": "takes text", "users + name > 3": "takes numbers", "INTERVAL('2020-01-01', '..') IS NULL": "asks about a value",
	} {
		e, err := cql2.ParseText(filter)
		if err == nil {
			_, err = read(t.Context(), pool, l, features.Query{Filter: e})
		}
		if haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%s: %v, want %q", filter, err, says)
		}
	}
	for name, q := range map[string]features.Query{"properties": {Properties: []string{`name"; DROP TABLE layer; --`}}, "sortby": {SortBy: []features.Sort{{Property: "geom"}}, Limit: 1}, "cursor": {SortBy: []features.Sort{{Property: "users"}}, Limit: 1, After: 1, Beyond: []*string{new("many")}}} {
		_, err := read(t.Context(), pool, l, q)
		if e, ok := err.(*haidang.Error); !ok || e.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
