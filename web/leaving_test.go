package web

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang/tiles"
)

// TestWhoLeavesEndsTheQuery holds the layer's table so that whoever reads it waits, and
// has the reader hang up. Features, exports and searches give up the connection with the
// query, so that it is gone shows that the query did not end by its own timeout. Tiles
// keep theirs, and have an hour here.
func TestWhoLeavesEndsTheQuery(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) {
		c.Tiles = tiles.New(tiles.Config{Pool: c.Pool, Timeout: time.Hour})
		must(t, c.Tiles.Start(t.Context()))
		t.Cleanup(func() { _ = c.Tiles.Stop(context.Background()) })
	})
	h.makeLayer(t, wellLayer(), `INSERT INTO layer_well (code, geom) VALUES ('G-000007', ST_SetSRID(ST_MakePoint(545000, 1060000), 959209))`)
	cookie := h.as(t, "admin").cookie
	for _, c := range []struct {
		name, path string
		stays      bool // the connection
	}{
		{"features", "/ogc/collections/well/items", false}, {"a tile", "/ogc/collections/well/tiles/WebMercatorQuad/12/1938/3253", true},
		{"a tile of the map's", "/tiles/well/13/6506/3876", true}, {"an export", "/api/v1/layers/well/export?format=csv", false}, {"a search", "/api/v1/map/search?q=G-000007&layer=well", false},
	} {
		t.Run(c.name, func(t *testing.T) { h.leaveWhileReading(t, cookie, c.path, c.stays) })
	}
}

func (h *house) leaveWhileReading(t *testing.T, cookie, path string, stays bool) {
	t.Helper()
	holder := h.lock(t, "layer_well")
	reader, leave := context.WithCancel(t.Context())
	defer leave()
	request, err := http.NewRequestWithContext(reader, "GET", h.URL()+path, nil)
	must(t, err)
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: cookie})
	left := make(chan struct{})
	go func() {
		defer close(left)
		if answer, err := http.DefaultClient.Do(request); err == nil {
			t.Errorf("answered with status %d, though nobody can read the table", answer.StatusCode)
			_ = answer.Body.Close()
		}
	}()
	var waits uint32
	eventually(t, "the query waits for the table", func() bool { waits = h.waitingFor(t, holder); return waits != 0 })
	leave()
	<-left
	eventually(t, "the query is over", func() bool {
		var there, runs bool
		must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) > 0, coalesce(bool_or(state = 'active'), false) FROM pg_stat_activity WHERE pid = $1`, waits).Scan(&there, &runs))
		return !there || stays && !runs
	})
	if again := h.waitingFor(t, holder); again != 0 {
		t.Error("the reader left, and another query was begun for it")
	}
}

// waitingFor is a process of the database that waits for what the holder has; 0: none.
func (h *house) waitingFor(t *testing.T, holder pgx.Tx) (pid uint32) {
	t.Helper()
	must(t, h.pool.QueryRow(t.Context(), `SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE $1::integer = ANY(pg_blocking_pids(pid)) AND backend_type = 'client backend'`,
		holder.Conn().PgConn().PID()).Scan(&pid))
	return pid
}
