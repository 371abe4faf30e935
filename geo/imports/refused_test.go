package imports

import (
	"strings"
	"testing"

	"haidang"
)

// What the file has, if only in a broken state, is not gone from the layer.
func TestRefusedIsNotGone(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(60, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	skip := again()
	skip.SkipRefused, skip.DeleteGone = true, true
	broken := plots(59, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		switch i {
		case 3:
			ring[0], ring[4] = [2]float64{50, 50}, [2]float64{50, 50} // elsewhere
		case 4:
			return nil
		case 5:
			ring[1], ring[2] = ring[2], ring[1] // crosses itself; refused, as it is to be kept invalid
		}
		return ring
	})
	skip.KeepInvalid = true
	i, err := run(t, im, writeFile(t, "b.geojson", broken), skip, true)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Refused != 3 || r.Gone != 1 || r.Unnamed != 0 || r.Same != 56 {
		t.Errorf("report %+v", r)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 59 {
		t.Errorf("%d rows, want 59: only the one that the file lacks is gone", n)
	}
}

// A refused feature without a readable key may be any of those that seem gone.
func TestNothingIsDeletedOnAGuess(t *testing.T) {
	t.Parallel()
	im, pool := house(t, Limits{})
	agency(t, pool)
	if _, err := run(t, im, writeFile(t, "a.geojson", plots(20, nil)), plotOptions(), true); err != nil {
		t.Fatal(err)
	}
	o := again()
	o.SkipRefused, o.DeleteGone = true, true
	broken := plots(20, func(i int, props map[string]any, ring [][2]float64) [][2]float64 {
		if i == 7 {
			props["number"] = nil
		}
		return ring
	})
	i, err := run(t, im, writeFile(t, "b.geojson", broken), o, false)
	if err != nil {
		t.Fatal(err)
	}
	if r := i.Report; r.Gone != 1 || r.Unnamed != 1 || len(r.Warnings) != 1 {
		t.Errorf("report %+v", r)
	}
	if err := im.Apply(t.Context(), i.ID, quiet); haidang.CodeOf(err) != haidang.ErrInvalid || !strings.Contains(err.Error(), "no readable key") {
		t.Errorf("got %v", err)
	}
	if n := one[int](t, pool, `SELECT count(*) FROM layer_plot`); n != 20 {
		t.Errorf("%d rows", n)
	}
	o.DeleteGone = false
	if _, err := run(t, im, writeFile(t, "b.geojson", broken), o, true); err != nil {
		t.Errorf("without deleting: %v", err)
	}
}
