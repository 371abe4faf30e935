package tiles_test

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/planar"

	"haidang/geo"
	"haidang/tiles"
	"haidang/tiles/style"
)

// However many tiles a parcel reaches over, its number is written once, and inside it.
func TestEachSurfaceHasOneSpot(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	if err := geo.GenerateParcels(t.Context(), b.pool, 2000); err != nil {
		t.Fatal(err)
	}
	var lon, lat float64
	err := b.pool.QueryRow(t.Context(), `SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Transform(ST_SetSRID(ST_Centroid(ST_Extent(geom_3857)), 3857), 4326) AS c FROM layer_parcel) p`).Scan(&lon, &lat)
	if err != nil {
		t.Fatal(err)
	}
	fresh := bundle{b.pool, start(t, tiles.Config{Pool: b.pool})}
	middle, seen, tilesOf := maptile.At(orb.Point{lon, lat}, 17), map[any]int{}, map[any]int{}
	for dx := range 3 {
		for dy := range 3 {
			layers := fresh.layersOf(t, "parcel", maptile.New(middle.X+uint32(dx)-1, middle.Y+uint32(dy)-1, 17))
			shapes := map[any]orb.Polygon{}
			for _, f := range layers["parcel"].Features {
				tilesOf[f.ID]++
				if p, ok := f.Geometry.(orb.Polygon); ok {
					shapes[f.ID] = p
				}
			}
			for _, f := range layers["parcel"+style.Spots].Features {
				seen[f.ID]++
				if p := shapes[f.ID]; p != nil && !planar.PolygonContains(p, f.Geometry.(orb.Point)) || f.Properties["number"] == nil || f.Properties["land_use"] == nil {
					t.Errorf("parcel %v: %v has its spot at %v", f.ID, f.Properties, f.Geometry)
				}
			}
		}
	}
	var several int
	for id, n := range tilesOf {
		if n > 1 {
			several++
		}
		if seen[id] > 1 {
			t.Errorf("parcel %v has %d spots", id, seen[id])
		}
	}
	if several == 0 || len(seen) == 0 {
		t.Errorf("%d parcels on several tiles, %d spots", several, len(seen))
	}
	doc, err := fresh.service.TileJSON("parcel", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range doc.VectorLayers {
		if l.ID == "parcel"+style.Spots && l.MinZoom == 17 {
			return
		}
	}
	t.Error("TileJSON does not name the spots")
}
