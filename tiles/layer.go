package tiles

import (
	"fmt"
	"hash/fnv"

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
)

// newLayer makes the queries of a catalogue entry. table tells its table from others
// of the same name.
func newLayer(entry catalogue.Layer, table string, known *ledger) *layer {
	l := &layer{Layer: entry, ledger: known}
	for z := range l.sql {
		l.sql[z] = l.query(z)
		l.statements[z] = l.statement(l.sql[z])
		h := fnv.New64a()
		_, _ = h.Write([]byte(table + "\n" + l.sql[z])) // never fails
		l.prints[z] = h.Sum64()
	}
	return l
}

// statement cuts a tile and says of which version of the layer, in one look at the database.
func (l *layer) statement(sql string) string {
	return fmt.Sprintf(`SELECT (SELECT version FROM layer WHERE slug = %s), (%s)`, quote(string(l.Slug)), sql)
}
