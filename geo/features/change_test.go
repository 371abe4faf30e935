package features_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features/featuretest"
	"haidang/internal/postgres/pgtest"
)

// newLayer makes a layer of parcels in VN-2000 TM-3 105°30'.
func newLayer(t testing.TB, slug haidang.LayerSlug, pool *pgxpool.Pool) catalogue.Layer {
	t.Helper()
	l := catalogue.Layer{Slug: slug, Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: "sotnmt", SRID: 959209, Geometry: "MultiPolygon", MaxZoom: 18,
		Columns: []catalogue.Column{{Name: "code", Type: catalogue.Text, Required: true}, {Name: "area", Type: catalogue.Number}}, Rights: catalogue.StaffRights("sotnmt")}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO agency VALUES ('sotnmt', 'Sở', 'Department') ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
		return catalogue.Create(t.Context(), tx, l)
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, err = catalogue.Get(t.Context(), pool, slug); err != nil {
		t.Fatal(err)
	}
	return l
}

func apply(ctx context.Context, pool *pgxpool.Pool, l catalogue.Layer, changes ...featuretest.Change) (fids []int64, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		fids, err = featuretest.Apply(ctx, tx, l, changes)
		return err
	})
	return fids, err
}

func square(east, north, side float64) orb.Polygon {
	return orb.Polygon{{{east, north}, {east + side, north}, {east + side, north + side}, {east, north + side}, {east, north}}}
}

func insert(code string, shape orb.Geometry) featuretest.Change {
	return featuretest.Change{Op: featuretest.Insert, Properties: map[string]any{"code": code}, Geometry: shape}
}

// The outbox holds a change's shapes before and after, numbered in the order of commit.
func TestChangesReachTheOutbox(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newLayer(t, "plot", pool)
	fids, err := apply(t.Context(), pool, l, insert("a", square(546000, 1060000, 10)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t.Context(), pool, l, featuretest.Change{Op: featuretest.Update, FID: fids[0], Geometry: square(547000, 1060000, 10)}); err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t.Context(), pool, l, featuretest.Change{Op: featuretest.Delete, FID: fids[0]}); err != nil {
		t.Fatal(err)
	}
	rows, err := pool.Query(t.Context(), `SELECT version || ' ' || rows || ' ' || ST_NumGeometries(geom) FROM layer_change WHERE layer = 'plot' ORDER BY version`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || fmt.Sprint(got) != "[2 1 1 3 1 2 4 1 1]" {
		t.Errorf("outbox %v, %v", got, err)
	}
}

// Writers side by side never make a reader that has seen version n miss an earlier one,
// and two layers changed in opposite order do not lock each other out.
func TestVersionsAppearInTheirOrder(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	layers := []catalogue.Layer{newLayer(t, "plot", pool), newLayer(t, "field", pool)}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 25 {
				err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
					for k := range 2 {
						if _, err := featuretest.Apply(t.Context(), tx, layers[(w+k)%2], []featuretest.Change{insert(fmt.Sprint(w, i), square(546000, 1060000, 10))}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	var last, seen int64 = 1, 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		var n, top int64
		if err := pool.QueryRow(t.Context(), `SELECT count(*), coalesce(max(version), 0) FROM layer_change WHERE layer = 'plot' AND version > $1`, last).Scan(&n, &top); err != nil {
			t.Fatal(err)
		}
		if n > 0 && n != top-last {
			t.Fatalf("versions %d to %d became visible with %d rows", last+1, top, n)
		}
		last, seen = max(last, top), seen+n
	}
	if seen != 100 {
		t.Errorf("%d changes seen, want 100", seen)
	}
}
