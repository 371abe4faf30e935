package tiles_test

import (
	"fmt"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"haidang/geo"
	"haidang/tiles"
	"haidang/tiles/overview"
)

// A dense layer shows a sample with a note until its overviews are there, then these;
// and its own rows where it is live.
func TestDenseLayerShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	if err := geo.GenerateParcels(t.Context(), b.pool, 30_000); err != nil {
		t.Fatal(err)
	}
	var lon, lat float64
	err := b.pool.QueryRow(t.Context(), `SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Transform(ST_SetSRID(ST_Centroid(ST_Extent(geom_3857)), 3857), 4326) AS c FROM layer_parcel) p`).Scan(&lon, &lat)
	if err != nil {
		t.Fatal(err)
	}
	at := func(z maptile.Zoom) maptile.Tile { return maptile.At([2]float64{lon, lat}, z) }
	b.exec(t, `INSERT INTO overview_state (layer, method, class_column, min_zoom, live_from, steps, steps_done) VALUES ('parcel', 'surfaces', 'land_use', 6, 13, 10, 3)`)
	early := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	layers := early.layersOf(t, "parcel", at(11))
	if out := layers["parcel.left_out"]; out == nil || out.Features[0].Properties["percent_built"] != 30.0 || len(layers["parcel"].Features) > 2000 {
		t.Errorf("while being built: %v", layers)
	}
	b.exec(t, `DELETE FROM overview_state`)
	if err := overview.Build(t.Context(), b.pool); err != nil {
		t.Fatal(err)
	}
	fresh := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	layers = fresh.layersOf(t, "parcel", at(11))
	if layers["parcel.totals"] == nil || layers["parcel"].Features[0].ID != nil || layers["parcel"].Features[0].Properties["land_use"] == nil {
		t.Errorf("built: %v", layers)
	}
	layers = fresh.layersOf(t, "parcel", at(14))
	if len(layers) != 1 || layers["parcel"].Features[0].ID == nil {
		t.Errorf("live: %v", layers)
	}
}

func (b bundle) layersOf(t *testing.T, slug string, at maptile.Tile) map[string]*mvt.Layer {
	t.Helper()
	w, err := b.get(slug, uint32(at.Z), at.X, at.Y)
	if err != nil || w.Code != 200 {
		t.Fatalf("%s %v: %d, %v", slug, at, w.Code, err)
	}
	list, err := mvt.Unmarshal(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]*mvt.Layer{}
	for _, l := range list {
		layers[l.Name] = l
	}
	return layers
}

// What is smaller than a pixel is shown a pixel large, whatever its kind: no zoom of a
// small layer loses a feature.
func TestSmallFeaturesStay(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for i, shape := range []string{"POINT(106 9.6)", "LINESTRING(106.01 9.6, 106.01001 9.6)", "POLYGON((106.02 9.6, 106.02001 9.6, 106.02 9.60001, 106.02 9.6))"} {
		b.exec(t, fmt.Sprintf(`INSERT INTO layer_irrigation (code, name, kind, grade, geom) VALUES ('tiny%d', 'tiny', 'pump', 1, ST_Transform(ST_GeomFromText('%s', 4326), 959209))`, i, shape))
	}
	fresh := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	for z := maptile.Zoom(10); z < 18; z++ {
		seen := map[any]bool{}
		for _, lon := range []float64{106, 106.01, 106.02} {
			l := fresh.layersOf(t, "irrigation", maptile.At([2]float64{lon, 9.6}, min(z, 16)))["irrigation"]
			for _, f := range l.Features {
				seen[f.Properties["code"]] = true
			}
		}
		if !seen["tiny0"] || !seen["tiny1"] || !seen["tiny2"] {
			t.Errorf("zoom %d: %v", z, seen)
		}
	}
}

// What is too small for the grid of a live tile is counted in it, once in each tile
// that it lies on; what is drawn is not.
func TestLiveTilesSayWhatIsTooSmall(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	at := p.place(100, 100, 14)
	p.insert(t, "seen", square(100, 100, 50))
	p.look(t)
	if layers := p.layersOf(t, plotSlug, at); len(layers) != 1 {
		t.Errorf("nothing is left out, and the tile has %d layers", len(layers))
	}
	p.insert(t, "speck", square(120, 120, 0.2))
	p.insert(t, "dot", square(140, 120, 0.25))
	p.look(t)
	layers := p.layersOf(t, plotSlug, at)
	if out := layers[plotSlug+overview.LeftOutLayer]; out == nil || len(out.Features) != 1 ||
		out.Features[0].Properties["reason"] != "too small" || out.Features[0].Properties["count"] != 2.0 {
		t.Errorf("two are too small, and the tile says %+v", out)
	}
	if n := len(layers[plotSlug].Features); n != 1 {
		t.Errorf("%d plots are drawn, want the one that can be", n)
	}
	if layers := p.layersOf(t, plotSlug, p.place(120, 120, 17)); layers[plotSlug+overview.LeftOutLayer] != nil {
		t.Errorf("nearer by nothing is too small, and the tile says %+v", layers[plotSlug+overview.LeftOutLayer].Features[0].Properties)
	}
}

// Where a tile shows much ground and no overview can stand in, as of layers of mixed
// geometry, the largest are drawn and the tile says that there are more.
func TestMixedLayersShowTheLargest(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const one = `INSERT INTO layer_irrigation (code, name, kind, grade, geom) SELECT %s, 'x', 'pump', 1, ST_Transform(ST_Expand(ST_SetSRID(ST_MakePoint(106.02 + n %% 100 * 0.0003, 9.52 + n / 100 * 0.0003), 4326), %g), 959209) FROM generate_series(1, %d) n`
	b.exec(t, fmt.Sprintf(one, `'few' || n`, 0.0001, 11_000))
	b.exec(t, fmt.Sprintf(one, `'large'`, 0.003, 1))
	fresh := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	at := maptile.At([2]float64{106.03, 9.53}, 10)
	layers := fresh.layersOf(t, "irrigation", at)
	large := false
	for _, f := range layers["irrigation"].Features {
		large = large || f.Properties["code"] == "large"
	}
	if out := layers["irrigation.left_out"]; !large || len(layers["irrigation"].Features) > 10_000 || out == nil || out.Features[0].Properties["reason"] != "too many" {
		t.Errorf("%d features, the large one: %v, said: %+v", len(layers["irrigation"].Features), large, out)
	}
	if layers := fresh.layersOf(t, "irrigation", maptile.At([2]float64{106.03, 9.53}, 14)); layers["irrigation.left_out"] != nil || len(layers["irrigation"].Features) == 0 {
		t.Error("nearer by nothing is left out")
	}
}
