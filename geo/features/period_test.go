package features_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

// Features of a dated layer are written as they are read: with two days.
func TestWritePeriod(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	undated := newLayer(t, "plot", pool)
	l := undated
	l.Slug, l.Table, l.Dated = "zone", "layer_zone", true
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) })
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	made := insert("a", square(546000, 1060000, 10))
	made.Properties[features.ValidFrom] = day("2020-01-01")
	fids, err := apply(t.Context(), pool, l, made)
	if err != nil {
		t.Fatal(err)
	}
	period := func() (got string) {
		if err := pool.QueryRow(t.Context(), `SELECT period::text FROM layer_zone WHERE fid = $1`, fids[0]).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := period(); got != "[2020-01-01,)" {
		t.Errorf("made %s", got)
	}
	set := func(until any) error {
		_, err := apply(t.Context(), pool, l, features.Change{Op: features.Update, FID: fids[0], Properties: map[string]any{features.ValidUntil: until}})
		return err
	}
	if err := set(day("2025-01-01")); err != nil || period() != "[2020-01-01,2025-01-01)" {
		t.Errorf("ended: %s, %v", period(), err)
	}
	for _, wrong := range []string{"2020-01-01", "2019-01-01"} {
		if err := set(day(wrong)); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("until %s: %v", wrong, err)
		}
	}
	if err := set(nil); err != nil || period() != "[2020-01-01,)" {
		t.Errorf("opened: %s, %v", period(), err)
	}
	if _, err := apply(t.Context(), pool, undated, made); haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Errorf("a layer that is not dated: %v", err)
	}
}
