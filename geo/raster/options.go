package raster

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// Options say what a picture is. For a layer that is there already, empty texts
// leave what the catalogue says.
type Options struct {
	Layer       haidang.LayerSlug
	Title       haidang.Text
	Description haidang.Text
	Sector      string
	Theme       string
	Owner       haidang.AgencyCode // must be given for a new layer
	Licence     string
	Attribution string
	Rights      []catalogue.Right // of a new layer; none: all staff may see it

	CRS    string     // as EPSG:9209; empty: what the file says
	Taken  *time.Time // the day of the flight or the survey
	Source string     // where the picture comes from
	File   string     // its name as people know it; empty: the name of the file read
	By     haidang.AccountName

	// New says whether the layer has to be made; nil: it is made where it is missing.
	New *bool
	// Within runs in the transaction that shows the picture; may be nil.
	Within func(context.Context, pgx.Tx, Report) error

	MaxPixels int64          // largest picture; 0: DefaultPixels
	Progress  func(Progress) // called between steps, from one goroutine; may be nil
}

// DefaultPixels is the largest picture that is taken without being asked for more:
// 2.5 km square at 5 cm.
const DefaultPixels = 2_500_000_000

// Progress says how far an import is.
type Progress struct {
	Stage string `json:"stage"` // "inspect", "cut", "publish", "record", "done"
	Done  int64  `json:"done"`  // blocks of tiles
	Total int64  `json:"total"`
}

// Report says what became of a picture.
type Report struct {
	Layer      haidang.LayerSlug `json:"layer"`
	Version    string            `json:"version"`    // of the pyramid: its folder
	Width      int               `json:"width"`      // of the file, pixels
	Height     int               `json:"height"`     //
	CRS        string            `json:"crs"`        // of the file
	Resolution float64           `json:"resolution"` // metres on the ground a pixel
	Bounds     [4]float64        `json:"bounds"`     // west, south, east, north in degrees
	MinZoom    int               `json:"minZoom"`
	MaxZoom    int               `json:"maxZoom"`
	Tiles      int               `json:"tiles"`  // that are not empty
	Bytes      int64             `json:"bytes"`  // of all tiles
	Format     string            `json:"format"` // "png", or "jpg" when some tiles are
	Notices    []haidang.Text    `json:"notices"`
}

func (o Options) tell(stage string, done, total int64) {
	if o.Progress != nil {
		o.Progress(Progress{Stage: stage, Done: done, Total: total})
	}
}

func (o Options) maxPixels() int64 {
	if o.MaxPixels > 0 {
		return o.MaxPixels
	}
	return DefaultPixels
}
