package mapserver

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
	"haidang/internal/sandbox"
	"haidang/internal/turns"
)

// program is MapServer's CGI program, of the Debian package cgi-mapserver.
const program = "mapserv"

// The waits of the service.
const (
	longestLook  = 20 * time.Second // to read the catalogue and write the mapfile
	measureAgain = 10 * time.Minute // after that, a layer whose features changed is measured anew
)

// Service answers WMS and WFS. It is safe for concurrent use between Start and Stop.
type Service struct {
	pool    *pgxpool.Pool
	dir     string   // mapfile, definitions and socket, nothing else
	held    *os.File // dir, locked: it is in use
	queue   *turns.Queue
	watcher *geo.Watcher
	ruler   ruler // of the watch alone

	mu     sync.Mutex
	reader reader
	bridge *bridge
	seen   string // the catalogue that the mapfile was written from
	at     time.Time
	broken error // why there is no service; nil: there is
}

// New makes a service; Start runs it.
func New(pool *pgxpool.Pool) *Service {
	return &Service{pool: pool, queue: turns.New(maxAtOnce, maxWaiting), ruler: ruler{pool: pool, known: map[haidang.LayerSlug]measurement{}}, broken: starting()}
}

// Start prepares the way to the database and begins to watch the catalogue. It fails
// for want of a folder only: what else is missing, a request is told.
func (s *Service) Start(ctx context.Context) (err error) {
	if !sandbox.Installed(program) {
		s.broken = missing()
		return nil
	}
	sweep(os.TempDir())
	if s.dir, err = os.MkdirTemp("", folderPrefix); err != nil { // short, for the socket's sake
		return err
	}
	if s.held, err = lock(s.dir); err != nil {
		return err
	}
	if err := s.furnish(ctx); err != nil {
		return err
	}
	s.watcher = geo.NewWatcher(s.pool, s.look)
	return s.watcher.Start(ctx)
}

// furnish writes what does not change.
func (s *Service) furnish(ctx context.Context) error {
	definitions, err := definitions(ctx, s.pool)
	if err != nil {
		return err
	}
	config := fmt.Sprintf("CONFIG\nENV\nMS_MAP_NO_PATH \"1\"\nMS_MAP_PATTERN \"^%s$\"\nEND\nMAPS\nEND\nEND\n", s.path("haidang.map"))
	for name, text := range map[string]string{"epsg": definitions, "mapserver.conf": config} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return os.Chmod(s.dir, 0o755) // of what is in it, nothing is secret
}

func (s *Service) path(name string) string { return filepath.Join(s.dir, name) }

// definitions is PROJ's file of the systems that may be asked for. As the program
// finds this file and no database of PROJ's, there is nothing for it to choose.
func definitions(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	lines := []string{"<3857> +proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs <>",
		"<4326> +proj=longlat +datum=WGS84 +no_defs <>"}
	for _, c := range crs.All() {
		if !c.Vietnamese() {
			continue
		}
		var text string
		if err := pool.QueryRow(ctx, `SELECT trim(proj4text) FROM spatial_ref_sys WHERE srid = $1`, c.SRID).Scan(&text); err != nil {
			return "", fmt.Errorf("read the definition of %s: %w", c, err)
		}
		lines = append(lines, fmt.Sprintf("<%s> %s <>", c.Code, text))
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// Stop ends the watch and the connections. It may be called twice.
func (s *Service) Stop(ctx context.Context) error {
	if s.watcher == nil {
		return nil
	}
	err := s.watcher.Stop(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bridge != nil {
		s.bridge.close()
		s.bridge = nil
	}
	s.broken = starting()
	_ = os.RemoveAll(s.dir)
	_ = s.held.Close()
	return err
}

// look brings mapfile and rights into step with the catalogue.
func (s *Service) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	err := s.renew(ctx)
	if ctx.Err() == context.Canceled {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.broken == nil || err != nil && err.Error() != s.broken.Error() {
		slog.Warn("mapserver: WMS and WFS are not served", "error", err)
	}
	s.broken = err
}

func (s *Service) renew(ctx context.Context) error {
	if s.bridge == nil {
		r, err := openReader(ctx, s.pool)
		if err != nil {
			return err
		}
		b, err := openBridge(s.pool, r, s.dir)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.reader, s.bridge = r, b
		s.mu.Unlock()
	}
	seen, err := fingerprint(ctx, s.pool)
	if err != nil || seen == s.seen && time.Since(s.at) < measureAgain {
		return err
	}
	all, err := sheets(ctx, s.pool, &s.ruler)
	if err != nil {
		return err
	}
	if err := s.publish(ctx, all); err != nil {
		return err
	}
	s.seen, s.at = seen, time.Now()
	return nil
}

// publish takes rights away before the mapfile changes, and gives them before too: a
// layer that is no longer open is out of reach at once.
func (s *Service) publish(ctx context.Context, all []sheet) error {
	want := map[string][]string{}
	for _, sh := range all {
		want[sh.layer.Table] = sh.columns()
	}
	if err := s.reader.grant(ctx, s.pool, want); err != nil {
		return err
	}
	fresh := s.path("haidang.map.new")
	if err := os.WriteFile(fresh, []byte(mapfile(all, s.dir)), 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, s.path("haidang.map"))
}

// fingerprint changes when something that the mapfile says may have: the entries and
// rights of open layers, and the code lists. Edits of features do not.
func fingerprint(ctx context.Context, pool *pgxpool.Pool) (print string, err error) {
	err = pool.QueryRow(ctx, `SELECT md5(concat(
		(SELECT string_agg(to_jsonb(l)::text, '' ORDER BY slug) FROM
			(SELECT slug, kind, title_vi, title_en, description_vi, sector, theme, attribution, table_name, columns, class_column, min_zoom, style,
				dated, zoom_bands, geometry_type FROM layer WHERE EXISTS (SELECT FROM layer_right r WHERE r.layer = slug AND r.grantee = $1)) l),
		(SELECT string_agg(list || version, ',' ORDER BY list, version) FROM code_list_version WHERE valid_from <= current_date),
		current_date))`, catalogue.Public).Scan(&print)
	if err != nil {
		return "", fmt.Errorf("read the catalogue: %w", err)
	}
	return print, nil
}

// NotInstalled is the refusal for want of MapServer.
var NotInstalled = &haidang.Error{Code: haidang.ErrNotInstalled, Text: haidang.Text{
	VI: "Máy chủ này chưa có WMS và WFS: quản trị viên hãy cài gói cgi-mapserver. OGC API Features thì luôn có.",
	EN: "This server has no WMS and WFS: an administrator should install the package cgi-mapserver. OGC API Features is always there."}}

func missing() error { return NotInstalled }

func starting() error {
	return haidang.Refuse(haidang.ErrUnavailable, "WMS và WFS đang khởi động; hãy thử lại sau vài giây.", "WMS and WFS are starting; try again in a few seconds.")
}
