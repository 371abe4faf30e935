package tiles_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/features/featuretest"
	"haidang/internal/postgres/pgtest"
	"haidang/tiles"
)

// plots is a layer of squares in VN-2000 with a service on it.
type plots struct {
	bundle
	layer  catalogue.Layer
	corner orb.Point // of the ground, in degrees
	step   orb.Point // degrees to the east and to the north that are a metre there
}

const plotSlug = "plot"

// newPlots makes a layer that only staff may see.
func newPlots(t testing.TB, change ...func(*tiles.Config)) plots {
	t.Helper()
	pool := pgtest.New(t)
	if err := geo.ReferenceData(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	p := plots{bundle: bundle{pool: pool}, layer: makeLayer(t, pool, plotSlug)}
	var beyond orb.Point
	err := pool.QueryRow(t.Context(), `SELECT ST_X(a), ST_Y(a), ST_X(b), ST_Y(b) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point($1, $2), 959209), 4326) AS a,
		ST_Transform(ST_SetSRID(ST_Point($1 + 3000, $2 + 3000), 959209), 4326) AS b) x`, east, north).Scan(&p.corner[0], &p.corner[1], &beyond[0], &beyond[1])
	if err != nil {
		t.Fatal(err)
	}
	p.step = orb.Point{(beyond[0] - p.corner[0]) / 3000, (beyond[1] - p.corner[1]) / 3000}
	config := tiles.Config{Pool: pool}
	for _, c := range change {
		c(&config)
	}
	p.service = start(t, config)
	return p
}

func makeLayer(t testing.TB, pool *pgxpool.Pool, slug haidang.LayerSlug, change ...func(*catalogue.Layer)) catalogue.Layer {
	t.Helper()
	l := catalogue.Layer{Slug: slug, Title: haidang.Text{VI: "Thửa", EN: "Plots"}, Owner: geo.AgencyEnvironment, SRID: 959209, Geometry: "MultiPolygon", MaxZoom: 17,
		Columns: []catalogue.Column{{Name: "code", Type: catalogue.Text, FromZoom: catalogue.From(0)}}, Rights: catalogue.StaffRights(geo.AgencyEnvironment)}
	for _, c := range change {
		c(&l)
	}
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return catalogue.Create(t.Context(), tx, l) })
	if err != nil {
		t.Fatal(err)
	}
	if l, err = catalogue.Get(t.Context(), pool, slug); err != nil {
		t.Fatal(err)
	}
	return l
}

// The corner of the plots' ground.
const east, north = 546_000, 1_060_000

func square(dx, dy, side float64) orb.Polygon {
	x, y := east+dx, north+dy
	return orb.Polygon{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}}
}

func (p plots) apply(ctx context.Context, changes ...featuretest.Change) (fids []int64, err error) {
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		fids, err = featuretest.Apply(ctx, tx, p.layer, changes)
		return err
	})
	return fids, err
}

func (p plots) insert(t testing.TB, code string, shape orb.Geometry) int64 {
	t.Helper()
	fids, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Insert, Properties: map[string]any{"code": code}, Geometry: shape})
	if err != nil {
		t.Fatal(err)
	}
	return fids[0]
}

type txn = pgx.Tx

func (p plots) inTx(t testing.TB, do func(context.Context, txn) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), p.pool, func(tx pgx.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (p plots) look(t testing.TB, services ...*tiles.Service) {
	t.Helper()
	for _, s := range append(services, p.service) {
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// place is where a plot lies, near enough.
func (p plots) place(dx, dy float64, z maptile.Zoom) maptile.Tile {
	return maptile.At(orb.Point{p.corner[0] + dx*p.step[0], p.corner[1] + dy*p.step[1]}, z)
}

func ask(s *tiles.Service, slug string, at maptile.Tile, headers ...string) (*httptest.ResponseRecorder, error) {
	return bundle{service: s}.get(slug, uint32(at.Z), at.X, at.Y, headers...)
}

// etag is the tag of a tile as the service gives it now.
func etag(t testing.TB, s *tiles.Service, at maptile.Tile) string {
	t.Helper()
	w, err := ask(s, plotSlug, at)
	if err != nil {
		t.Fatal(err)
	}
	return w.Header().Get("ETag")
}

// content is what a tile shows, in an order of its own.
func content(t testing.TB, raw []byte) string {
	t.Helper()
	layers, err := mvt.Unmarshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range layers {
		for _, f := range l.Features {
			lines = append(lines, fmt.Sprint(l.Name, f.ID, f.Properties, f.Geometry))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// counted returns a pool on the same database that counts what the tiles' own
// connections are asked.
func counted(t testing.TB, pool *pgxpool.Pool) (*pgxpool.Pool, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	config := pool.Config().Copy()
	config.ConnConfig.Tracer = tracer{&n}
	own, err := pgxpool.NewWithConfig(context.WithoutCancel(t.Context()), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	return own, &n
}

type tracer struct{ n *atomic.Int64 }

func (c tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if conn.Config().RuntimeParams["application_name"] == "haidang tiles" {
		c.n.Add(1)
	}
	return ctx
}

func (c tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
