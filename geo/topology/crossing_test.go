package topology_test

import (
	"fmt"
	"strings"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
)

// comb is a polygon of a hundred metres with so many teeth that point north.
func comb(teeth int) string {
	xy, width := []float64{100, 0, 0, 0}, 100/float64(teeth)
	for i := range teeth {
		x := float64(i) * width
		xy = append(xy, x, 100, x+width*0.4, 100, x+width*0.4, 1, x+width, 1)
	}
	return ring(xy...)
}

// across is the comb with its teeth to the east.
func across(teeth int) string {
	s := strings.NewReplacer("POLYGON((", "", "))", "").Replace(comb(teeth))
	var xy []float64
	for pair := range strings.SplitSeq(s, ",") {
		var x, y float64
		_, _ = fmt.Sscan(pair, &x, &y)
		xy = append(xy, y-north, x-east)
	}
	return ring(xy...)
}

func (b board) wantsTangled(name string, edits ...edit) {
	b.Helper()
	_, err := topology.Check(b.Context(), b.pool, b.layer, b.draft(edits...))
	if e, ok := err.(*haidang.Error); !ok || e.Field != "geometry" || !strings.Contains(e.Text.EN, "too many places") {
		b.Errorf("%s: got %v", name, err)
	}
}

// Valid polygons that cross so often that PostGIS would take minutes and gigabytes to
// put them together are refused before it does; those that it can take are looked at.
func TestCombsAcrossEachOther(t *testing.T) {
	t.Parallel()
	b := newBoard(t, plots())
	b.layer.Topology = catalogue.Topology{catalogue.Overlap: {Severity: catalogue.Warn}}
	b.has(across(300))
	b.wantsTangled("overlap", insert(10, comb(300)))
	if found := b.problems(insert(10, comb(30))); len(found) != 1 || found[0].OtherFID != 1 {
		t.Errorf("30 teeth: got %s", say(found))
	}
	b.layer.Topology = catalogue.Topology{catalogue.Gap: {Severity: catalogue.Warn}}
	b.wantsTangled("gap", insert(10, comb(300)))
	b.has(comb(300)) // as an import brings it
	b.wantsTangled("gap beside both", insert(10, box(101, 0, 10, 10)))
	b.wantsTangled("gap where one was", remove(1))
	b.layer.Topology = catalogue.Topology{}
	if got := say(b.problems(insert(10, comb(300)))); got != "" {
		t.Errorf("where nobody puts them together: %s", got)
	}
}

func TestCombOverItsCommune(t *testing.T) {
	t.Parallel()
	b := outsideBoard(t, "Polygon")
	b.commune("03", across(300))
	b.wantsTangled("a comb", insert(10, comb(300)))
	if got := say(b.problems(insert(11, box(100, 10, 20, 20)))); got != "" {
		t.Errorf("beside it: %s", got)
	}
}

// A line may cross itself and be valid; not without end.
func TestScribbleOverACommune(t *testing.T) {
	t.Parallel()
	line := func(turns int) string {
		s := "LINESTRING("
		for i := range turns {
			s += fmt.Sprintf("%f %f,%f %f,", east+80, north+float64(i*37%turns)*0.05, east+120, north+float64(i*61%turns)*0.05)
		}
		return strings.TrimSuffix(s, ",") + ")"
	}
	b := outsideBoard(t, "LineString")
	b.wantsTangled("1000 turns", insert(10, line(1000)))
	if got := say(b.problems(insert(10, line(50)))); got != "outside 10 0 20.00" {
		t.Errorf("50 turns: %s", got)
	}
}
