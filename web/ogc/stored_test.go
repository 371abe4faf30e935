package ogc

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/geo/crs"
)

// Vertices that are closer than what they are rounded to stay themselves, whichever way
// round their ring was written, and whatever was put in before them.
func TestVerticesThatAreRoundedToTheSame(t *testing.T) {
	t.Parallel()
	ring := orb.Ring{{105.97, 10.25}, {105.9700001, 10.2500003}, {105.9700004, 10.25}, {105.98, 10.25}, {105.98, 10.26}, {105.97, 10.26}, {105.97, 10.25}}
	stored := orb.Polygon{ring}
	six := mapped(stored, func(_ int, p orb.Point) orb.Point { return rounded(p, sixDecimals) }).(orb.Polygon)[0]
	back := slices.Clone(six)
	back.Reverse()
	for name, c := range map[string]struct{ sent, want orb.Ring }{
		"as it was read":    {six, nil},
		"the other way":     {back, nil},
		"with one more":     {slices.Insert(slices.Clone(six), 4, orb.Point{105.99, 10.255}), slices.Insert(slices.Clone(ring), 4, orb.Point{105.99, 10.255})},
		"with one more, in": {slices.Insert(slices.Clone(six), 1, orb.Point{105.97, 10.24}), slices.Insert(slices.Clone(ring), 1, orb.Point{105.97, 10.24})},
	} {
		q := &ask{}
		shape, err := q.asStored(catalogue.Layer{SRID: 4326}, &sentFeature{shape: orb.Polygon{c.sent}, crs: crs.WGS84}, &changesets.Seen{Stored: stored, Asked: stored})
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == nil && shape != nil || c.want != nil && !orb.Equal(shape, orb.Polygon{c.want}):
			t.Errorf("%s: %v", name, shape)
		}
	}
	if !orb.Equal(stored, orb.Polygon{ring}) {
		t.Error("what is stored was changed")
	}
}

// A ring without a vertex is refused later, and is no way to stop the server.
func TestEmptyRing(t *testing.T) {
	t.Parallel()
	stored := orb.Polygon{{{0, 0}, {9, 0}, {9, 9}, {0, 0}}, {{4, 1}, {5, 2}, {5, 1}, {4, 1}}}
	q := &ask{}
	if _, err := q.asStored(catalogue.Layer{SRID: 4326}, &sentFeature{shape: orb.Polygon{stored[0], {}}, crs: crs.WGS84}, &changesets.Seen{Stored: stored, Asked: stored}); err != nil {
		t.Error(err)
	}
}
