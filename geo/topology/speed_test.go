package topology_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
	"haidang/internal/postgres/pgtest"
)

// edited drafts a changeset of parcels whose middle vertices move a little, and returns it.
func edited(b *testing.B, pool *pgxpool.Pool, which string) (id int64) {
	b.Helper()
	if err := pool.QueryRow(b.Context(), `INSERT INTO changeset (layer, title, source, author) VALUES ('cadastre', 'đo', 'page', 'lan') RETURNING id`).Scan(&id); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), `INSERT INTO changeset_edit (changeset, fid, op, base_version, geom)
		SELECT $1, fid, 'update', 1, CASE WHEN fid % 50 = 0 THEN ST_Translate(geom, 0.5, 0) ELSE geom END FROM layer_cadastre WHERE `+which+` ORDER BY fid LIMIT 10000`, id); err != nil {
		b.Fatal(err)
	}
	return id
}

// BenchmarkCheck takes 10,000 edits in a cadastre of 420,000 parcels, one in fifty half a
// metre off its place: side by side as in a new survey, and strewn over all of it.
func BenchmarkCheck(b *testing.B) {
	pool := pgtest.New(b)
	for _, seed := range []func(context.Context, *pgxpool.Pool) error{geo.ReferenceData, geo.SeedDemo} {
		if err := seed(b.Context(), pool); err != nil {
			b.Fatal(err)
		}
	}
	if err := geo.GenerateParcelLayer(b.Context(), pool, 420_000, "cadastre"); err != nil {
		b.Fatal(err)
	}
	l, err := catalogue.Get(b.Context(), pool, "cadastre")
	if err != nil {
		b.Fatal(err)
	}
	l.Topology[catalogue.Outside] = catalogue.TopologyRule{Severity: catalogue.Warn}
	for name, which := range map[string]string{"side by side": "fid > 100000", "strewn": "fid % 42 = 0"} {
		id := edited(b, pool, which)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				found, err := topology.Check(b.Context(), pool, l, id)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(found)), "problems")
			}
		})
	}
}
