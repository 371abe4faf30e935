package features_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/postgres/pgtest"
)

// inPages reads two features at a time to the end.
func inPages(t *testing.T, pool *pgxpool.Pool, l catalogue.Layer, by ...features.Sort) (found []int64) {
	t.Helper()
	q := features.Query{SortBy: by, Limit: 2}
	for range 10 {
		list, err := read(t.Context(), pool, l, q)
		if err != nil {
			t.Fatalf("%v: %v", by, err)
		}
		for _, f := range list {
			found = append(found, f.FID)
			q.After, q.Beyond = f.FID, f.Sorted
		}
		if len(list) < q.Limit {
			return found
		}
	}
	t.Fatalf("%v: no end: %v", by, found)
	return nil
}

// Page by page nothing comes twice and nothing is left out, whatever the type and
// wherever values are missing.
func TestSortedPages(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	if _, err := pool.Exec(t.Context(), `UPDATE layer_well SET seen = NULL, users = NULL WHERE fid = 2; UPDATE layer_well SET depth = 0.1 WHERE fid = 5;
		UPDATE layer_well SET name = 'Giếng 10' WHERE fid = 3; UPDATE layer_well SET name = 'Giếng 2' WHERE fid = 4; UPDATE layer_well SET name = 'Dừa' WHERE fid = 1`); err != nil {
		t.Fatal(err)
	}
	for property, want := range map[string][2][]int64{
		"name": {{1, 5, 4, 3, 2}, {2, 3, 4, 5, 1}}, "depth": {{5, 1, 2, 3, 4}, {4, 3, 2, 1, 5}}, "users": {{1, 3, 4, 5, 2}, {5, 4, 3, 1, 2}}, "open": {{1, 3, 5, 2, 4}, {2, 4, 1, 3, 5}},
		"drilled": {{1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}}, "seen": {{1, 3, 4, 5, 2}, {5, 4, 3, 1, 2}}, "use": {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}},
		"valid_until": {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}}, "fid": {{1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}}} {
		for i, desc := range []bool{false, true} {
			if got := inPages(t, pool, l, features.Sort{Property: property, Desc: desc}); !slices.Equal(got, want[i]) {
				t.Errorf("%s, down %v: %v, want %v", property, desc, got, want[i])
			}
		}
	}
	if got := inPages(t, pool, l, features.Sort{Property: "use"}, features.Sort{Property: "open", Desc: true}, features.Sort{Property: "depth", Desc: true}); !slices.Equal(got, []int64{2, 1, 4, 3, 5}) {
		t.Errorf("by three: %v", got)
	}
}

// A page goes on where the last one ended, though the feature it ended with is gone.
func TestSortedPageAfterADelete(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	l := newWells(t, pool)
	q := features.Query{SortBy: []features.Sort{{Property: "depth", Desc: true}}, Limit: 2}
	first, err := read(t.Context(), pool, l, q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `DELETE FROM layer_well WHERE fid IN (5, 4)`); err != nil {
		t.Fatal(err)
	}
	q.After, q.Beyond = first[1].FID, first[1].Sorted
	if got := fids(t, pool, l, q); !slices.Equal(got, []int64{3, 2}) {
		t.Errorf("the second page: %v", got)
	}
}
