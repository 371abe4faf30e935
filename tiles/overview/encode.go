package overview

import (
	"bytes"
	"compress/gzip"
	"fmt"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
)

// mostBytes is how large a gzipped tile may be before it is drawn with less detail.
const mostBytes = 120_000

// Layers of a tile beside the one that bears the slug.
const (
	TotalsLayer  = ".totals"   // one feature for each class: the true count and size of what is counted in this tile
	LeftOutLayer = ".left_out" // one feature for each reason why features are not shown as themselves
)

// feature is one shape of a class, without an id: it stands for no single row.
func (s surfaces) feature(g orb.Geometry, class uint8) *geojson.Feature {
	return classed(s.source, s.classes, g, class)
}

func classed(s source, c *classes, g orb.Geometry, class uint8) *geojson.Feature {
	f := geojson.NewFeature(g)
	if s.class != "" {
		f.Properties[s.class] = c.names[class]
	}
	return f
}

// layers adds the account to the features of a tile.
func (s surfaces) layers(u *unitData, features []*geojson.Feature, reason string, shown int) mvt.Layers {
	return withAccount(s.source, s.classes, u, features, reason, shown)
}

func withAccount(s source, c *classes, u *unitData, features []*geojson.Feature, reason string, shown int) mvt.Layers {
	var sums []*geojson.Feature
	var count int64
	for _, t := range u.Totals {
		f := classed(s, c, orb.Point{extent / 2, extent / 2}, t.Class)
		f.Properties["count"] = t.Count
		switch methodOf(s.geometry) {
		case methodSurfaces:
			f.Properties["area_m2"] = t.Size
		case methodLines:
			f.Properties["length_m"] = t.Size
		}
		count += t.Count
		sums = append(sums, f)
	}
	out := geojson.NewFeature(orb.Point{extent / 2, extent / 2})
	out.Properties["reason"], out.Properties["count"], out.Properties["shown"] = reason, count, int64(shown)
	return mvt.Layers{mvtLayer(s.slug, features), mvtLayer(s.slug+TotalsLayer, sums), mvtLayer(s.slug+LeftOutLayer, []*geojson.Feature{out})}
}

func mvtLayer(name string, features []*geojson.Feature) *mvt.Layer {
	return &mvt.Layer{Name: name, Version: 2, Extent: extent, Features: features}
}

// encode draws a tile with as much detail as its size allows.
func encode(draw func(level int) mvt.Layers) (raw []byte, level int, err error) {
	for level = range details {
		raw, err = mvt.Marshal(draw(level))
		if err != nil {
			return nil, 0, fmt.Errorf("encode an overview: %w", err)
		}
		small, err := gzippedSize(raw)
		if err != nil {
			return nil, 0, err
		}
		if small <= mostBytes {
			break
		}
	}
	return raw, level, nil
}

func gzippedSize(raw []byte) (int, error) {
	if len(raw) <= mostBytes {
		return len(raw), nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, 5)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(raw); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return b.Len(), nil
}
