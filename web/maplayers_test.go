package web

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
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

// A layer that is for one agency alone is named to nobody else, whatever they ask.
func TestClosedLayerIsNamedNowhere(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if err := catalogue.SetRights(t.Context(), tx, "irrigation", []catalogue.Right{{Verb: catalogue.See, Grantee: "account:leader"}}); err != nil {
			return err
		}
		return catalogue.Changed(t.Context(), tx, "irrigation")
	}); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`"slug":"irrigation"|(collections|tiles|styles)/irrigation`)
	viewer, admin := h.as(t, "viewer"), h.as(t, "admin")
	for _, path := range []string{"/api/v1/catalogue", "/api/v1/public/catalogue", "/api/v1/map/layers", "/ogc/collections?f=json", "/ogc/tiles?f=json", "/ogc/styles?f=json"} {
		eventually(t, path+" keeps silent", func() bool { return !named.MatchString(read(t, viewer.request("GET", path, nil))) })
	}
	if !named.MatchString(read(t, admin.request("GET", "/api/v1/catalogue", nil))) {
		t.Error("an administrator is not told either")
	}
}
