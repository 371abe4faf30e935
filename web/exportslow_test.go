package web

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSlowReadersHoldNoConnection: who asks for a layer and then takes nothing of it
// keeps no connection to the database waiting.
func TestSlowReadersHoldNoConnection(t *testing.T) {
	t.Parallel()
	h := openHouse(t, withExports(t))
	l := wellLayer()
	h.makeLayer(t, l, `INSERT INTO layer_well (code, geom) SELECT repeat('x', 4000) || i, ST_SetSRID(ST_MakePoint(545000, 1060000), 959209) FROM generate_series(1, 6000) i`)
	admin := h.as(t, "admin")
	for _, c := range []struct {
		path string
		in   func() int
	}{{"/api/v1/layers/well/export", h.streams.size}, {"/ogc/collections/well/items?limit=10000", h.readers.size}} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL(), "http://"))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		request, err := http.NewRequestWithContext(t.Context(), "GET", h.URL()+c.path, nil)
		must(t, err)
		request.AddCookie(&http.Cookie{Name: sessionCookie, Value: admin.cookie})
		must(t, request.Write(conn))
		free := 0 // times in a row
		eventually(t, c.path+" waits for its reader without a connection", func() bool {
			time.Sleep(50 * time.Millisecond)
			var held bool
			must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) > 0 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND query LIKE '%layer_well%' AND pid <> pg_backend_pid()`).Scan(&held))
			if free++; held || c.in() != 1 {
				free = 0
			}
			return free > 20
		})
		must(t, conn.Close())
		eventually(t, "it is over", func() bool { return c.in() == 0 })
	}
}
