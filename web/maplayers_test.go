package web

import (
	"encoding/json"
	"slices"
	"testing"
)

type listedLayer struct {
	Slug        string
	May         []string
	Bounds      [4]float64
	StyleLayers []map[string]any
	Legend      []map[string]any
}

// Nobody is told of a layer that is not for them, and everybody of what they may do.
func TestMapLayersByPerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for role, want := range map[string]struct {
		sees bool
		may  []string
	}{"": {false, nil}, "viewer": {true, []string{"see"}}, "admin": {true, []string{"see", "edit", "review", "export"}}} {
		c := h.visitor(t)
		if role != "" {
			c = h.as(t, role)
		}
		var body struct{ Layers []listedLayer }
		if err := json.Unmarshal([]byte(read(t, c.request("GET", "/api/v1/map/layers", nil))), &body); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(body.Layers, func(l listedLayer) bool { return l.Slug == "irrigation" })
		if (i >= 0) != want.sees {
			t.Fatalf("%q sees irrigation: %v", role, i >= 0)
		}
		if i >= 0 && (!slices.Equal(body.Layers[i].May, want.may) || len(body.Layers[i].StyleLayers) == 0 || len(body.Layers[i].Legend) == 0 || body.Layers[i].Bounds[0] < 105) {
			t.Errorf("%q: %+v", role, body.Layers[i])
		}
	}
}
