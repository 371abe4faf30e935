package ogc

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// gridID names the one grid that tiles are cut by.
const gridID = "WebMercatorQuad"

const (
	gridURI     = "http://www.opengis.net/def/tilematrixset/OGC/1.0/" + gridID
	mercatorURI = "http://www.opengis.net/def/crs/EPSG/0/3857"
	maxMatrix   = 22
	tileSize    = 256                 // in which the grid's definition counts
	halfWorld   = 20037508.3427892430 // metres from the middle of the map to its edge
	pixelSize   = 0.28e-3             // metres of a pixel of the standard's screen
)

// tileset describes the tiles of a layer.
type tileset struct {
	Title    string      `json:"title"`
	DataType string      `json:"dataType"`
	CRS      string      `json:"crs"`
	Grid     string      `json:"tileMatrixSetURI"`
	Limits   []limits    `json:"tileMatrixSetLimits,omitempty"`
	Layers   []tileLayer `json:"layers,omitempty"`
	Box      *box        `json:"boundingBox,omitempty"`
	Links    []link      `json:"links"`
}

// tileLayer is a layer inside of the tiles.
type tileLayer struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	DataType  string     `json:"dataType"`
	Dimension *int       `json:"geometryDimension,omitempty"`
	Min       string     `json:"minTileMatrix"`
	Max       string     `json:"maxTileMatrix"`
	Schema    *tileAttrs `json:"propertiesSchema,omitempty"`
}

type tileAttrs struct {
	Type       string     `json:"type"`
	Properties properties `json:"properties"`
}

type box struct {
	Lower [2]float64 `json:"lowerLeft"`
	Upper [2]float64 `json:"upperRight"`
	CRS   string     `json:"crs"`
}

// limits says which rows and columns of a matrix hold anything.
type limits struct {
	Matrix string `json:"tileMatrix"`
	MinRow int    `json:"minTileRow"`
	MaxRow int    `json:"maxTileRow"`
	MinCol int    `json:"minTileCol"`
	MaxCol int    `json:"maxTileCol"`
}

func serveTilesets(q *ask, w http.ResponseWriter) error {
	l, err := q.tiled()
	if err != nil {
		return err
	}
	if err := q.knows(); err != nil {
		return err
	}
	doc := struct {
		Links    []link    `json:"links"`
		Tilesets []tileset `json:"tilesets"`
	}{q.itself(), []tileset{q.tilesetOf(l, false)}}
	return q.write(w, "", doc, doc.Links)
}

func serveTileset(q *ask, w http.ResponseWriter) error {
	l, err := q.layerOnGrid()
	if err != nil {
		return err
	}
	if err := q.knows(); err != nil {
		return err
	}
	doc := q.tilesetOf(l, true)
	return q.write(w, "", doc, doc.Links)
}

// serveTileJSON answers with the description that map libraries and QGIS read.
func serveTileJSON(q *ask, w http.ResponseWriter) error {
	l, err := q.layerOnGrid()
	if err != nil {
		return err
	}
	if err := q.knows(); err != nil {
		return err
	}
	at, err := q.at()
	if err != nil {
		return err
	}
	template := []string{q.tilePath(l) + "/{z}/{y}/{x}"}
	if at != nil {
		template[0] += "?at=" + at.Format(time.RFC3339Nano)
		if err := l.CheckInstant(*at); err != nil {
			return err
		}
	}
	if l.Kind == catalogue.Raster {
		doc, err := q.config.Pictures.TileJSON(l.Slug, "")
		doc.Description, doc.Tiles = l.Title.In(q.spoken()), template
		return q.writeUnless(w, doc, err)
	}
	doc, err := q.config.Tiles.TileJSON(string(l.Slug), "", at)
	doc.Description, doc.Tiles = l.Title.In(q.spoken()), template
	return q.writeUnless(w, doc, err)
}

func (q *ask) writeUnless(w http.ResponseWriter, doc any, err error) error {
	if err != nil {
		return err
	}
	return q.write(w, "", doc, nil)
}

// boundsOf is how far a layer reaches in degrees; nothing when it is empty, or was
// made a moment ago.
func (q *ask) boundsOf(l catalogue.Layer) (none [4]float64) {
	if l.Kind == catalogue.Raster {
		if doc, err := q.config.Pictures.TileJSON(l.Slug, ""); err == nil {
			return doc.Bounds
		}
		return none
	}
	if doc, err := q.config.Tiles.TileJSON(string(l.Slug), "", nil); err == nil {
		return doc.Bounds
	}
	return none
}

func (q *ask) layerOnGrid() (catalogue.Layer, error) {
	if q.r.PathValue("grid") != gridID {
		return catalogue.Layer{}, noGrid()
	}
	return q.tiled()
}

// tiled is the layer of the path, when something here serves its tiles.
func (q *ask) tiled() (catalogue.Layer, error) {
	l, err := q.layer()
	if err == nil && l.Kind == catalogue.Raster && q.config.Pictures == nil {
		err = catalogue.NotFound(l.Slug)
	}
	return l, err
}

func noGrid() error {
	return haidang.Refuse(haidang.ErrNotFound, "Chỉ có lưới "+gridID+".", "There is one tile matrix set: "+gridID+".")
}

func (q *ask) tilePath(l catalogue.Layer) string {
	return q.base + "/collections/" + string(l.Slug) + "/tiles/" + gridID
}

// tilesetOf describes the tiles of a layer, in full or for a list.
func (q *ask) tilesetOf(l catalogue.Layer, full bool) tileset {
	path := "/collections/" + string(l.Slug) + "/tiles/" + gridID
	t := tileset{Title: l.Title.In(q.spoken()), DataType: "vector", CRS: mercatorURI, Grid: gridURI}
	template := link{Href: q.tilePath(l) + "/{tileMatrix}/{tileRow}/{tileCol}", Rel: "item", Type: mediaTile, Templated: true, Title: q.say("Mảnh bản đồ", "Tiles")}
	if l.Kind == catalogue.Raster {
		t.DataType, template.Type = "map", "image/png"
	}
	more := []link{template, q.to(relGrid, "/tileMatrixSets/"+gridID, mediaJSON, q.say("Lưới", "The tile matrix set")),
		q.to("describedby", path+"/tilejson", mediaJSON, "TileJSON 3.0.0")}
	if !full {
		t.Links = append([]link{q.to("self", path, mediaJSON, q.say("Mô tả các mảnh", "About the tiles"))}, more...)
		return t
	}
	t.Links = append(q.itself(), more...)
	if l.Kind == catalogue.Vector {
		t.Layers = []tileLayer{{ID: string(l.Slug), Title: t.Title, DataType: "vector", Dimension: dimension(l.Geometry),
			Min: strconv.Itoa(l.MinZoom), Max: strconv.Itoa(l.MaxZoom), Schema: &tileAttrs{"object", q.tileColumns(l)}}}
	}
	if b := q.boundsOf(l); b != [4]float64{} {
		t.Box = &box{[2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}, crs.WGS84.URI()}
		for z := l.MinZoom; z <= min(l.MaxZoom, maxMatrix); z++ {
			t.Limits = append(t.Limits, within(z, b))
		}
	}
	return t
}

// tileColumns lists the attributes that tiles carry at some zoom.
func (q *ask) tileColumns(l catalogue.Layer) (list properties) {
	for _, c := range l.Columns {
		if c.InTiles(maxMatrix) {
			p := q.propertyOf(c, nil)
			p.Sequence = len(list) + 1
			list = append(list, p)
		}
	}
	return list
}

func dimension(kind string) *int {
	n, ok := map[string]int{"Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1, "Polygon": 2, "MultiPolygon": 2}[kind]
	if !ok {
		return nil
	}
	return &n
}

// within says which tiles of a zoom a box in degrees touches.
func within(z int, b [4]float64) limits {
	n := math.Exp2(float64(z))
	place := func(share float64) int { return int(min(max(math.Floor(share*n), 0), n-1)) }
	x := func(lon float64) float64 { return (lon + 180) / 360 }
	y := func(lat float64) float64 { return (1 - math.Asinh(math.Tan(lat*math.Pi/180))/math.Pi) / 2 }
	return limits{strconv.Itoa(z), place(y(b[3])), place(y(b[1])), place(x(b[0])), place(x(b[2]))}
}

// serveTile hands one tile on from the room of tiles; the row comes before the column.
func serveTile(q *ask, w http.ResponseWriter) error {
	if _, err := q.layerOnGrid(); err != nil {
		return err
	}
	if err := q.knows(); err != nil {
		return err
	}
	var place [3]uint32
	for i, name := range []string{"matrix", "column", "row"} {
		n, err := strconv.ParseUint(q.r.PathValue(name), 10, 32)
		if err != nil {
			return haidang.Refuse(haidang.ErrNotFound, "Địa chỉ mảnh bản đồ là ba số nguyên: mức, hàng, cột.", "A tile's address is three whole numbers: matrix, row, column.")
		}
		place[i] = uint32(n)
	}
	h := w.Header()
	h.Del("Content-Language")
	if q.open {
		q.opens(h)
	}
	return q.config.Tile(w, q.r, q.r.PathValue("collection"), place[0], place[1], place[2])
}

// grid is a tile matrix set.
type grid struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	URI      string   `json:"uri"`
	CRS      string   `json:"crs"`
	Axes     []string `json:"orderedAxes"`
	Scales   string   `json:"wellKnownScaleSet"`
	Matrices []matrix `json:"tileMatrices"`
}

// matrix is one zoom of it.
type matrix struct {
	ID     string     `json:"id"`
	Scale  float64    `json:"scaleDenominator"`
	Cell   float64    `json:"cellSize"`
	Corner string     `json:"cornerOfOrigin"`
	Origin [2]float64 `json:"pointOfOrigin"`
	Width  int        `json:"tileWidth"`
	Height int        `json:"tileHeight"`
	Across int        `json:"matrixWidth"`
	Down   int        `json:"matrixHeight"`
}

func serveGrids(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	type entry struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		URI   string `json:"uri"`
		CRS   string `json:"crs"`
		Links []link `json:"links"`
	}
	doc := struct {
		Grids []entry `json:"tileMatrixSets"`
		Links []link  `json:"links"`
	}{[]entry{{gridID, "Google Maps Compatible for the World", gridURI, mercatorURI,
		[]link{q.to("self", "/tileMatrixSets/"+gridID, mediaJSON, gridID)}}}, q.itself()}
	return q.write(w, "", doc, doc.Links)
}

func serveGrid(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	if q.r.PathValue("grid") != gridID {
		return noGrid()
	}
	doc := grid{ID: gridID, Title: "Google Maps Compatible for the World", URI: gridURI, CRS: mercatorURI, Axes: []string{"E", "N"},
		Scales: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"}
	for z := range maxMatrix + 1 {
		cell := 2 * halfWorld / tileSize / math.Exp2(float64(z))
		doc.Matrices = append(doc.Matrices, matrix{ID: fmt.Sprint(z), Scale: cell / pixelSize, Cell: cell, Corner: "topLeft",
			Origin: [2]float64{-halfWorld, halfWorld}, Width: tileSize, Height: tileSize, Across: 1 << z, Down: 1 << z})
	}
	return q.write(w, "", doc, q.itself())
}
