package tiles

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// Layer is one entry of the catalogue, as the pages list it.
type Layer struct {
	Slug        haidang.LayerSlug `json:"slug"`
	Title       haidang.Text      `json:"title"`
	Sector      string            `json:"sector"`
	MinZoom     int               `json:"minZoom"`
	MaxZoom     int               `json:"maxZoom"`
	Simulated   bool              `json:"simulated"`
	Attribution string            `json:"attribution"`
	Public      bool              `json:"public"` // anybody may see it
	Version     int64             `json:"version"`
}

// layer is a catalogue entry with what is needed to cut its tiles. It never changes:
// a new entry is a new layer. What its tiles last changed in, the ledger knows.
type layer struct {
	catalogue.Layer
	ledger *ledger
	sql    [maxZoom + 1]string // the query of each zoom, whose one row has one column

	statements [maxZoom + 1]string // the same with the version of the layer
	prints     [maxZoom + 1]uint64 // what tells the query and the table it reads from all others
}

func (l *layer) view() Layer {
	version, _ := l.ledger.known()
	return Layer{l.Slug, l.Title, l.Sector, l.MinZoom, l.MaxZoom, l.Simulated, l.Attribution, l.Open(), version}
}

// The shape of a tile. The buffer keeps borders from showing at tile edges.
const (
	maxZoom = 22
	extent  = 4096
	buffer  = 64

	lastSparse = 13 // beyond, nothing worth a row is below half a pixel
)

// newLayer makes the queries of a catalogue entry. table tells its table from others
// of the same name.
func newLayer(entry catalogue.Layer, table string, known *ledger) *layer {
	l := &layer{Layer: entry, ledger: known}
	for z := range l.sql {
		l.sql[z] = l.query(z)
		l.statements[z] = l.statement(z)
		h := fnv.New64a()
		_, _ = h.Write([]byte(table + "\n" + l.sql[z])) // never fails
		l.prints[z] = h.Sum64()
	}
	return l
}

// statement cuts a tile and says of which version of the layer, in one look at the database.
func (l *layer) statement(z int) string {
	return fmt.Sprintf(`SELECT (SELECT version FROM layer WHERE slug = '%s'), (%s)`, strings.ReplaceAll(string(l.Slug), "'", "''"), l.sql[z])
}

// query is the one statement that cuts a tile of zoom z. Its only parameters are
// z, x, y and, for a dated layer, the day; everything else comes from the
// catalogue. Up to zoom lastSparse, what is smaller than half a pixel is left out.
func (l *layer) query(z int) string {
	columns := []string{"fid"}
	for _, c := range l.Columns {
		if c.InTiles(z) {
			columns = append(columns, pgx.Identifier{c.Name}.Sanitize())
		}
	}
	where := fmt.Sprintf("geom_3857 && ST_TileEnvelope($1, $2, $3, margin => %d.0 / %d)", buffer, extent)
	if len(l.Bands) > 0 {
		where += fmt.Sprintf(" AND band = %d", l.band(z))
	}
	if l.Dated {
		where += " AND period @> $4::date"
	}
	if small := halfPixel(z); z <= lastSparse && l.Geometry != "Point" {
		where += fmt.Sprintf(" AND (ST_XMax(geom_3857) - ST_XMin(geom_3857) > %[1]g OR ST_YMax(geom_3857) - ST_YMin(geom_3857) > %[1]g", small)
		if l.Geometry == "Geometry" { // may hold points, which have no size
			where += " OR GeometryType(geom_3857) = 'POINT'"
		}
		where += ")"
	}
	return fmt.Sprintf(`SELECT ST_AsMVT(t, '%s', %d, 'geom', 'fid') FROM (
		SELECT %s, ST_AsMVTGeom(geom_3857, ST_TileEnvelope($1, $2, $3), %d, %d, true) AS geom FROM %s WHERE %s) t`,
		strings.ReplaceAll(string(l.Slug), "'", "''"), extent, strings.Join(columns, ", "), extent, buffer,
		pgx.Identifier{l.Table}.Sanitize(), where)
}

// band returns the first zoom of the band that serves z.
func (l *layer) band(z int) int16 {
	band := l.Bands[0]
	for _, from := range l.Bands {
		if int(from) <= z {
			band = from
		}
	}
	return band
}

// halfPixel is half a screen pixel in metres of Web Mercator: a tile is 512 wide.
func halfPixel(z int) float64 {
	const circumference = 40075016.685578488
	return circumference / 512 / 2 / float64(uint64(1)<<z)
}
