package main

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
)

// A face that lies in the buffer alone is one of the partition, though it adds no area
// to the tile: without it, its place would count as a hole.
func TestProofTakesFacesInTheBuffer(t *testing.T) {
	ground := orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{4160, 4096}}.ToPolygon()
	within := orb.Bound{Min: orb.Point{4100, 40}, Max: orb.Point{4120, 60}}.ToRing()
	island := orb.Polygon{within.Clone()}
	within.Reverse()
	ground = append(ground, within)
	l := &mvt.Layer{}
	for _, g := range []orb.Polygon{ground, island} {
		l.Features = append(l.Features, geojson.NewFeature(g))
	}
	p := &proof{areas: map[string]float64{}, cells: map[[2]int]bool{}}
	p.take(maptile.New(0, 0, 10), l, "class")
	if len(p.faces) != 2 || p.areas[""] != 4096*4096 {
		t.Errorf("%d faces, %g square units on the tile", len(p.faces), p.areas[""])
	}
}
