package ogc

import (
	"net/http"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/tiles/style"
)

const mediaStyle = "application/vnd.mapbox.style+json"

// styleEntry is one style in the list. Each layer has one, under its own name.
type styleEntry struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Links []link `json:"links"`
}

func serveStyles(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	layers, err := q.seen()
	if err != nil {
		return err
	}
	doc := struct {
		Styles []styleEntry `json:"styles"`
		Links  []link       `json:"links"`
	}{[]styleEntry{}, q.itself()}
	for _, l := range layers {
		if l.Kind == catalogue.Vector {
			path := "/styles/" + string(l.Slug)
			doc.Styles = append(doc.Styles, styleEntry{string(l.Slug), l.Title.In(q.spoken()), []link{
				q.to("stylesheet", path, mediaStyle, q.say("Kiểu vẽ MapLibre", "MapLibre style")),
				q.to("legend", path+"/legend", mediaJSON, q.say("Chú giải", "Legend"))}})
		}
	}
	return q.write(w, "", doc, doc.Links)
}

// maplibre is a MapLibre style of one layer.
type maplibre struct {
	Version int               `json:"version"`
	Name    string            `json:"name"`
	Sources map[string]object `json:"sources"`
	Layers  []drawn           `json:"layers"`
}

// drawn is a layer of a style with its source.
type drawn struct {
	style.Layer
	Source string `json:"source"`
}

// serveStyle answers with a style that needs nothing but the layer's tiles. Labels are
// left out: their letters would have to come from somewhere.
func serveStyle(q *ask, w http.ResponseWriter) error {
	l, lists, err := q.styled()
	if err != nil {
		return err
	}
	layers, _ := style.Of(l, lists)
	name := string(l.Slug)
	doc := maplibre{Version: 8, Name: l.Title.In(q.spoken()), Layers: []drawn{}, Sources: map[string]object{name: {"type": "vector",
		"tiles": []string{q.tilePath(l) + "/{z}/{y}/{x}"}, "minzoom": l.MinZoom, "maxzoom": l.MaxZoom, "attribution": l.Attribution}}}
	for _, one := range layers {
		if _, text := one.Layout["text-field"]; !text {
			doc.Layers = append(doc.Layers, drawn{one, name})
		}
	}
	return q.write(w, "", doc, nil)
}

// legendLine is one line of a legend.
type legendLine struct {
	Code    string    `json:"code,omitempty"`
	Label   string    `json:"label"`
	Kind    string    `json:"kind"` // fill, line or point
	Colour  string    `json:"colour"`
	Outline string    `json:"outline,omitempty"`
	Dash    []float64 `json:"dash,omitempty"`
}

func serveLegend(q *ask, w http.ResponseWriter) error {
	l, lists, err := q.styled()
	if err != nil {
		return err
	}
	_, entries := style.Of(l, lists)
	doc := struct {
		Title   string       `json:"title"`
		Entries []legendLine `json:"entries"`
		Links   []link       `json:"links"`
	}{l.Title.In(q.spoken()), []legendLine{}, q.itself()}
	for _, e := range entries {
		doc.Entries = append(doc.Entries, legendLine{e.Code, e.Label.In(q.spoken()), e.Kind, e.Colour, e.Outline, e.Dash})
	}
	return q.write(w, "", doc, doc.Links)
}

// styled is the layer whose style is asked for, with the code lists in force.
func (q *ask) styled() (catalogue.Layer, map[string]catalogue.CodeList, error) {
	if err := q.knows(); err != nil {
		return catalogue.Layer{}, nil, err
	}
	l, err := q.layer()
	if err == nil && l.Kind != catalogue.Vector {
		err = haidang.Refuse(haidang.ErrNotFound, "Lớp ảnh không có kiểu vẽ.", "A picture has no style.")
	}
	if err != nil {
		return l, nil, err
	}
	all, err := catalogue.CodeLists(q.r.Context(), q.config.Pool, haidang.Day(time.Now()))
	return l, catalogue.BySlug(all), err
}
