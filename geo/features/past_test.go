package features_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/cql2"
	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

// after does something to the layer and returns the instant of it.
func after(t testing.TB, pool *pgxpool.Pool, sql string) (at time.Time) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(t.Context(), `SELECT max(applied_at) FROM changeset`).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// What a layer was is read like what it is: with filters, box, order, pages and count.
func TestLayerAsItWas(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	first := after(t, pool, `SELECT`)
	after(t, pool, `UPDATE layer_well SET name = 'x', depth = 100 - depth WHERE fid IN (1, 2)`)
	moved := after(t, pool, `UPDATE layer_well SET geom = ST_Translate(geom, 50000, 0) WHERE fid = 3`)
	gone := after(t, pool, `DELETE FROM layer_well WHERE fid > 3`)
	late := after(t, pool, `INSERT INTO layer_well (name, geom) SELECT 'y', ST_Point(547000, 1060000, 959209)`)
	deep, err := cql2.ParseText("depth > 25")
	if err != nil {
		t.Fatal(err)
	}
	box := &orb.Bound{Min: orb.Point{548500, 1059000}, Max: orb.Point{549500, 1061000}} // around the third
	last := []features.Sort{{Property: "fid", Desc: true}}
	for _, c := range []struct {
		at   time.Time
		q    features.Query
		want []int64
	}{
		{first, features.Query{}, []int64{1, 2, 3, 4, 5}},
		{first.Add(-time.Microsecond), features.Query{}, []int64{}},
		{moved, features.Query{Filter: deep}, []int64{1, 2, 3, 4, 5}},
		{first, features.Query{Filter: deep}, []int64{3, 4, 5}},
		{moved.Add(-time.Microsecond), features.Query{BBox: box, BBoxSRID: 959209}, []int64{3}},
		{moved, features.Query{BBox: box, BBoxSRID: 959209}, []int64{}},
		{gone, features.Query{}, []int64{1, 2, 3}},
		{late, features.Query{}, []int64{1, 2, 3, 6}},
		{first, features.Query{SortBy: last, Limit: 2}, []int64{5, 4}},
		{first, features.Query{After: 3}, []int64{4, 5}},
		{first, features.Query{From: &late, Until: &late}, []int64{5}},
	} {
		c.q.At = &c.at
		if got := fids(t, pool, l, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%v %+v: found %v, want %v", c.at, c.q, got, c.want)
		}
		if c.q.After != 0 || c.q.Limit != 0 {
			continue // a count is of all pages
		}
		if n, err := features.Count(t.Context(), pool, l, c.q); err != nil || int(n) != len(c.want) {
			t.Errorf("%v: counted %d, want %d: %v", c.at, n, len(c.want), err)
		}
	}
	list, err := read(t.Context(), pool, l, features.Query{At: &first, SRID: 959209, Limit: 1})
	if err != nil || list[0].Properties["name"] != "Giếng Đại Ngãi" || list[0].RowVersion != 1 || list[0].Geometry != (orb.Point{547000, 1060000}) {
		t.Error(list, err)
	}
}

// A column that was added later was empty before.
func TestColumnsAddedSince(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	first := after(t, pool, `UPDATE layer_well SET depth = 1`)
	l.Columns = append(l.Columns, catalogue.Column{Name: "owner", Type: catalogue.Text})
	if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return catalogue.AddColumns(t.Context(), tx, l, l.Columns[len(l.Columns)-1:]) }); err != nil {
		t.Fatal(err)
	}
	after(t, pool, `UPDATE layer_well SET owner = 'Tư' WHERE fid = 1`)
	list, err := read(t.Context(), pool, l, features.Query{At: &first})
	if err != nil || len(list) != 5 || list[0].Properties["owner"] != nil || list[0].Properties["depth"] != 1.0 {
		t.Error(list, err)
	}
}

func TestInstantsWithoutHistory(t *testing.T) {
	t.Parallel()
	l := newWells(t, pgtest.New(t))
	before, later := l.HistoryFrom.Add(-time.Microsecond), time.Now().Add(time.Minute)
	base := l
	base.HistoryFrom = nil
	for _, c := range []struct {
		l    catalogue.Layer
		at   time.Time
		says string
	}{{l, before, l.HistoryFrom.In(haidang.LocalTime).Format(time.RFC3339Nano)}, {l, later, "yet to come"}, {base, *l.HistoryFrom, "no history"}} {
		_, err := features.Count(t.Context(), nil, c.l, features.Query{At: &c.at})
		if haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.at, err)
		}
	}
}

func TestInstantIsRead(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 30, 2, 0, 0, 123456000, time.UTC)
	for _, text := range []string{"2026-11-30T09:00:00.123456789+07:00", "2026-11-30T09:00:00.123456 07:00", "2026-11-30t02:00:00.123456z"} {
		if got, err := catalogue.Instant(text); err != nil || !got.Equal(want) {
			t.Error(text, got, err)
		}
	}
	for _, text := range []string{"", "2026-11-30", "now", "2026-11-30T09:00:00", fmt.Sprint(want.Unix()), "2026-02-30T00:00:00Z"} {
		if _, err := catalogue.Instant(text); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Error(text, err)
		}
	}
}
