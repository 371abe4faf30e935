package overview_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"haidang/geo"
	"haidang/internal/postgres/pgtest"
	"haidang/tiles/overview"
)

func TestBuildTime(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("PARCELS"))
	if n == 0 {
		n = 20000
	}
	pool := pgtest.New(t)
	if err := geo.ReferenceData(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if err := geo.GenerateParcels(t.Context(), pool, n); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `VACUUM ANALYZE layer_parcel`); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := overview.Build(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	t.Log("built in", time.Since(start))
	rows, err := pool.Query(t.Context(), `SELECT z, count(*), max(length(mvt)), max(level), sum(length(mvt)) FROM overview_tile GROUP BY 1 ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		v, _ := rows.Values()
		t.Log(v)
	}
	for range 3 {
		start = time.Now()
		if _, err := pool.Exec(t.Context(), `UPDATE layer_parcel SET land_use = CASE land_use WHEN 'ONT' THEN 'LUC' ELSE 'ONT' END WHERE sheet = 3 AND number = 77`); err != nil {
			t.Fatal(err)
		}
		if err := overview.Build(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		t.Log("mended in", time.Since(start))
		var told string
		if err := pool.QueryRow(t.Context(), `SELECT string_agg(from_zoom || '-' || to_zoom, ' ' ORDER BY id) FROM layer_change WHERE at > now() - make_interval(secs => 10)`).Scan(&told); err != nil {
			t.Fatal(err)
		}
		t.Log(told)
	}
}
