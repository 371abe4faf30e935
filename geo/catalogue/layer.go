package catalogue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Kind says what a layer is made of.
type Kind string

// The kinds of layers.
const (
	Vector Kind = "vector" // features in a table
	Raster Kind = "raster" // pictures in files
)

// Review says what becomes of an edit.
type Review string

// The review policies.
const (
	ReviewNone    Review = "none"    // applied at once
	ReviewApprove Review = "approve" // applied when a reviewer agrees
)

// Layer is one entry of the catalogue.
type Layer struct {
	Slug         haidang.LayerSlug  `json:"slug"`
	Kind         Kind               `json:"kind"`
	Title        haidang.Text       `json:"title"`
	Description  haidang.Text       `json:"description"`
	Sector       string             `json:"sector"`
	Theme        string             `json:"theme"`
	Owner        haidang.AgencyCode `json:"owner"`
	Licence      string             `json:"licence"`
	UpdateRhythm string             `json:"updateRhythm"`
	Attribution  string             `json:"attribution"`
	Template     string             `json:"template"`
	Table        string             `json:"-"`
	SRID         int                `json:"srid"`     // as stored: 959209 stands for EPSG:9209
	Geometry     string             `json:"geometry"` // Point, LineString, Polygon, their Multi forms, or Geometry for a mixture
	Columns      []Column           `json:"columns"`
	Key          []string           `json:"key"`    // columns that name a feature for people
	Class        string             `json:"class"`  // column that the style colours by
	Label        string             `json:"label"`  // column that is written on the map
	Search       []string           `json:"search"` // columns that people search
	MinZoom      int                `json:"minZoom"`
	MaxZoom      int                `json:"maxZoom"`
	Bands        []int16            `json:"-"`         // first zoom of each band of a table drawn by band; none: one row serves all
	Dated        bool               `json:"dated"`     // features are in force on some days only
	Coverage     bool               `json:"coverage"`  // polygons that share borders and do not overlap
	Simulated    bool               `json:"simulated"` // made up
	Style        Style              `json:"style"`
	Review       Review             `json:"review"`
	Topology     Topology           `json:"topology"` // problems that are looked for in edits
	Rights       []Right            `json:"-"`
	Version      int64              `json:"version"`     // raised by every change
	BaseVersion  int64              `json:"-"`           // changes up to this version are no longer in layer_change
	ChangedAt    *time.Time         `json:"-"`           // when entry or features last changed; nil: before this was kept
	HistoryFrom  *time.Time         `json:"historyFrom"` // from when it is known how the features were; nil: never
}

// ColumnType is what a column holds.
type ColumnType string

// The types of columns.
const (
	Text     ColumnType = "text"
	Integer  ColumnType = "integer" // 64 bit
	Number   ColumnType = "number"
	Boolean  ColumnType = "boolean"
	Date     ColumnType = "date"     // no time zone
	DateTime ColumnType = "datetime" // an instant, UTC
	CodeType ColumnType = "code"     // a code of CodeList, stored as text
)

// sqlTypes are the columns' types in the database.
var sqlTypes = map[ColumnType]string{Text: "text", Integer: "bigint", Number: "double precision", Boolean: "boolean",
	Date: "date", DateTime: "timestamptz", CodeType: "text"}

// Column is one attribute of a layer's features.
type Column struct {
	Name     string       `json:"name"`
	Type     ColumnType   `json:"type"`
	Label    haidang.Text `json:"label"`
	Unit     string       `json:"unit,omitempty"`     // UCUM
	CodeList string       `json:"codeList,omitempty"` // for CodeType
	Required bool         `json:"required,omitempty"`
	ReadOnly bool         `json:"readOnly,omitempty"`
	FromZoom *int         `json:"fromZoom,omitempty"` // tiles carry it from this zoom on; nil: never
}

// From is the value of a Column's FromZoom.
func From(zoom int) *int { return &zoom }

// InTiles reports whether tiles of the zoom carry the column.
func (c Column) InTiles(zoom int) bool { return c.FromZoom != nil && *c.FromZoom <= zoom }

// Column returns the column of that name.
func (l Layer) Column(name string) (Column, bool) {
	for _, c := range l.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Style says how a layer is drawn. Colours are #rrggbb. Where the layer has a class
// column with a code list, the colours of the codes come before Fill, Line and Point.
type Style struct {
	Fill      string    `json:"fill,omitempty"`
	Opacity   float64   `json:"opacity,omitempty"` // of the fill, 0 to 1; 0 stands for 0.6
	Line      string    `json:"line,omitempty"`    // of lines, and of outlines
	Width     float64   `json:"width,omitempty"`   // of lines in pixels at zoom 14; 0 stands for 1
	Dash      []float64 `json:"dash,omitempty"`    // in line widths
	Point     string    `json:"point,omitempty"`
	Radius    float64   `json:"radius,omitempty"`    // of points in pixels; 0 stands for 4
	LabelFrom int       `json:"labelFrom,omitempty"` // zoom from which the label column is written; 0 stands for the last but one
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
