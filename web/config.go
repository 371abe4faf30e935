package web

import (
	"context"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/geo/changesets"
	"haidang/geo/exports"
	"haidang/geo/imports"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/internal/bus"
	"haidang/operations"
	"haidang/tiles"
	"haidang/tiles/pictures"
	"haidang/web/mapserver"
)

// Config is what the edge stands on. Rooms are started before it and stopped after it.
type Config struct {
	Addr        string // where to listen, "host:port"; port 0 picks a free one
	PublicBase  string // address people type, such as "https://haidang.example.vn"; empty: the listening address
	BehindProxy bool   // one trusted proxy in front: the caller's address is the last of X-Forwarded-For
	Demo        bool   // accounts with known passwords: only this machine's own names are answered
	Simulated   string // token by which the demo's simulated citizens are known; empty: nobody is

	Pool        *pgxpool.Pool
	Bus         *bus.Bus
	Registry    *ingest.Registry
	Ledger      *ingest.Ledger
	DeadLetters *ingest.DeadLetters
	Retention   *ingest.Retention
	Path        Path // *ingest.Service
	Alarms      *operations.Alarms
	Requests    *operations.Requests
	Photos      *operations.Photos
	Tiles       *tiles.Service
	Pictures    *pictures.Service // tiles of raster layers; nil: there are none
	Exports     *exports.Service  // nil: no file can be made of a layer, only streams
	Imports     *imports.Service  // nil: no file can be brought in
	Changesets  *changesets.Editor
	MapServer   *mapserver.Service // WMS and WFS; nil: not on this server
	Accounts    *auth.Accounts
	Sessions    *auth.Sessions

	Pages   fs.FS                // the built pages, index.html at the root; nil: ui.Dist
	Checks  []Check              // what /readyz asks, in order
	Metrics *prometheus.Registry // shown at /metrics, the edge adds its own; nil: a new one
}

// Check is one part that must work for the house to be ready.
type Check struct {
	Name string // database, migrations, broker, ingest
	Run  func(ctx context.Context) error
}

// Path says what became of all messages since an instant, and what waits.
// *ingest.Service is one.
type Path interface {
	Account(ctx context.Context, since time.Time) (ingest.Account, error)
}

// The waits and limits of the edge.
const (
	headerTimeout  = 10 * time.Second // to send the request's head
	readTimeout    = 30 * time.Second // to send the whole request; an upload has uploadTimeout
	writeTimeout   = 60 * time.Second // to take the answer
	editTimeout    = 4 * time.Minute  // to answer an edit: it waits for its turn, is checked, and applied
	idleTimeout    = 2 * time.Minute  // between requests on one connection
	uploadTimeout  = 3 * time.Minute  // to send a report with its photo over a bad network
	checkTimeout   = 3 * time.Second  // for one part to say that it is ready
	maxHeaderBytes = 32 << 10
	maxJSONBytes   = 64 << 10
	maxListBytes   = 2 << 20  // the codes of a list
	maxPartBytes   = 64 << 20 // of a file to import, in one request
	partTimeout    = 15 * time.Minute
	maxReportBytes = operations.MaxPhotoBytes + 1<<20 // a photo and the words around it
)
