package tiles_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb/encoding/mvt"

	"haidang/geo"
	"haidang/internal/postgres/pgtest"
	"haidang/tiles"
)

// bundle is a service on a demo database of the test's own.
type bundle struct {
	pool    *pgxpool.Pool
	service *tiles.Service
}

// demo is what every bundle begins with.
var demo pgtest.Filled

func newBundle(t testing.TB, change ...func(*tiles.Config)) bundle {
	t.Helper()
	pool := demo.New(t, geo.ReferenceData, geo.SeedDemo)
	config := tiles.Config{Pool: pool}
	for _, c := range change {
		c(&config)
	}
	return bundle{pool, start(t, config)}
}

func start(t testing.TB, config tiles.Config) *tiles.Service {
	t.Helper()
	s := tiles.New(config)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for range 2 { // the second must do nothing
			if err := s.Stop(ctx); err != nil {
				t.Errorf("stop: %v", err)
			}
		}
	})
	return s
}

// get asks for a tile with request headers given as name, value pairs.
func (b bundle) get(layer string, z, x, y uint32, headers ...string) (*httptest.ResponseRecorder, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	err := b.service.ServeTile(w, r, layer, z, x, y)
	return w, err
}

// layer returns the decoded tile, which must hold exactly the one layer.
func (b bundle) layer(t testing.TB, slug string, z, x, y uint32) *mvt.Layer {
	t.Helper()
	w, err := b.get(slug, z, x, y)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s %d/%d/%d: %d, %v", slug, z, x, y, w.Code, err)
	}
	layers, err := mvt.Unmarshal(w.Body.Bytes())
	if err != nil || len(layers) != 1 || layers[0].Name != slug {
		t.Fatalf("%s %d/%d/%d: %d layers, %v", slug, z, x, y, len(layers), err)
	}
	return layers[0]
}

// exec changes the database as another process would.
func (b bundle) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
