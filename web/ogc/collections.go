package ogc

import (
	"net/http"
	"slices"
	"strings"

	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// collection describes one layer.
type collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Attribution string   `json:"attribution,omitempty"`
	License     string   `json:"license,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Links       []link   `json:"links"`
	Extent      *extent  `json:"extent,omitempty"`
	ItemType    string   `json:"itemType,omitempty"`
	CRS         []string `json:"crs,omitempty"`
	StorageCRS  string   `json:"storageCrs,omitempty"`
	DataType    string   `json:"dataType"` // vector or map, as OGC API Tiles has it
	MinZoom     int      `json:"minZoom"`
	MaxZoom     int      `json:"maxZoom"`
	Updates     string   `json:"accrualPeriodicity,omitempty"`
	Simulated   bool     `json:"simulated,omitempty"`

	layer catalogue.Layer // for the page
}

// extent is where, and for a layer valid in time when, there are features.
type extent struct {
	Spatial  *spatial  `json:"spatial,omitempty"`
	Temporal *temporal `json:"temporal,omitempty"`
}

type spatial struct {
	BBox [][4]float64 `json:"bbox"`
	CRS  string       `json:"crs"`
}

type temporal struct {
	Interval [][2]*string `json:"interval"`
	TRS      string       `json:"trs"`
}

const gregorian = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"

// collections lists the layers that whoever asks may see.
type collections struct {
	Links       []link       `json:"links"`
	Collections []collection `json:"collections"`
	CRS         []string     `json:"crs"`
}

func serveCollections(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	layers, err := q.seen()
	if err != nil {
		return err
	}
	doc := collections{Links: q.itself(), Collections: []collection{}, CRS: systems()}
	for _, l := range layers {
		c, err := q.describe(l)
		if err != nil {
			return err
		}
		doc.Collections = append(doc.Collections, c)
	}
	return q.write(w, "collections", doc, doc.Links)
}

// seen lists the layers with features or tiles that whoever asks may see, those with
// features first.
func (q *ask) seen() ([]catalogue.Layer, error) {
	all, err := catalogue.List(q.r.Context(), q.config.Pool)
	if err != nil {
		return nil, err
	}
	layers := slices.DeleteFunc(all, func(l catalogue.Layer) bool { return !l.Allows(q.who, catalogue.See) })
	slices.SortStableFunc(layers, func(a, b catalogue.Layer) int {
		switch {
		case hasFeatures(a) && !hasFeatures(b):
			return -1
		case hasFeatures(b) && !hasFeatures(a):
			return 1
		}
		return 0
	})
	return layers, nil
}

func serveCollection(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	l, err := q.layer()
	if err != nil {
		return err
	}
	doc, err := q.describe(l)
	if err != nil {
		return err
	}
	doc.Links = append(q.itself(), doc.Links[2:]...)
	return q.write(w, "collection", doc, doc.Links)
}

// describe makes a layer's description.
func (q *ask) describe(l catalogue.Layer) (collection, error) {
	lang := q.spoken()
	c := collection{ID: string(l.Slug), Title: l.Title.In(lang), Description: l.Description.In(lang), Attribution: l.Attribution, License: l.Licence,
		Links: q.linksOf(l), DataType: "vector", MinZoom: l.MinZoom, MaxZoom: l.MaxZoom, Updates: l.UpdateRhythm, Simulated: l.Simulated, layer: l}
	for _, word := range []string{l.Sector, l.Theme} {
		if word != "" {
			c.Keywords = append(c.Keywords, word)
		}
	}
	if l.Kind == catalogue.Raster {
		c.DataType = "map"
	}
	if hasFeatures(l) {
		c.ItemType, c.CRS, c.StorageCRS = "feature", systems(), storage(l).URI()
	}
	var err error
	c.Extent, err = q.extentOf(l)
	return c, err
}

// linksOf lists where a layer's parts are, the layer itself first.
func (q *ask) linksOf(l catalogue.Layer) []link {
	path := "/collections/" + string(l.Slug)
	links := []link{
		q.to("self", path, mediaJSON, q.say("Lớp này", "This layer")),
		q.to("alternate", path+"?f=html", mediaHTML, q.say("Trang của lớp này", "This layer as a page")),
		q.to("collection", "/collections", mediaJSON, q.say("Mọi lớp", "All layers")),
	}
	if hasFeatures(l) {
		links = append(links,
			q.to("items", path+"/items", mediaGeoJSON, q.say("Các đối tượng", "The features")),
			q.to("items", path+"/items?f=html", mediaHTML, q.say("Bảng các đối tượng", "The features as a table")),
			q.to(relSchema, path+"/schema", mediaSchema, q.say("Các thuộc tính", "The attributes")),
			q.to(relQueryables, path+"/queryables", mediaSchema, q.say("Thuộc tính dùng để lọc", "What can be filtered by")))
	}
	if l.Kind == catalogue.Raster {
		return append(links, q.to(relMapTiles, path+"/tiles", mediaJSON, q.say("Mảnh ảnh", "Tiles of pictures")))
	}
	return append(links, q.to(relTilesets, path+"/tiles", mediaJSON, q.say("Mảnh bản đồ véc-tơ", "Vector tiles")),
		q.to("stylesheet", "/styles/"+string(l.Slug), mediaStyle, q.say("Kiểu vẽ MapLibre", "MapLibre style")),
		q.to("legend", "/styles/"+string(l.Slug)+"/legend", mediaJSON, q.say("Chú giải", "Legend")))
}

// extentOf says where a layer's features are; nil when it has none.
func (q *ask) extentOf(l catalogue.Layer) (*extent, error) {
	e := extent{}
	if b := q.boundsOf(l); b != [4]float64{} {
		e.Spatial = &spatial{[][4]float64{b}, crs.WGS84.URI()}
	}
	if l.Dated && hasFeatures(l) {
		s, err := q.periodOf(l)
		if err != nil {
			return nil, err
		}
		e.Temporal = &temporal{[][2]*string{{s.from, s.until}}, gregorian}
	}
	if e == (extent{}) {
		return nil, nil //nolint:nilnil // nothing to say
	}
	return &e, nil
}

// systems lists the coordinate systems of every layer, CRS84 first.
func systems() []string {
	uris := []string{crs.WGS84.URI()}
	for _, c := range crs.All() {
		if c != crs.WGS84 {
			uris = append(uris, c.URI())
		}
	}
	return uris
}

// storage is the official system in which a layer is kept. The base map's tables are
// drawn of others and hold nothing but Web Mercator.
func storage(l catalogue.Layer) crs.CRS {
	if !strings.HasPrefix(l.Table, "layer_") {
		return crs.WebMercator
	}
	if c, ok := crs.BySRID(l.SRID); ok {
		return c
	}
	return crs.WGS84
}
