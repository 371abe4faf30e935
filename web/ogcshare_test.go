package web

import (
	"context"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
)

// readFrom asks for a page from an address until the test ends.
func (h *house) readFrom(t *testing.T, address, path string) {
	c := h.visitor(t)
	c.head.Set("X-Forwarded-For", address)
	go func() {
		if r, err := http.NewRequestWithContext(t.Context(), "GET", h.URL()+path, nil); err == nil {
			r.Header = c.head
			if answer, err := http.DefaultClient.Do(r); err == nil {
				_ = answer.Body.Close()
			}
		}
	}()
}

// lock keeps everybody from a table until the transaction or the test ends.
func (h *house) lock(t *testing.T, table string) pgx.Tx {
	t.Helper()
	tx, err := h.pool.Begin(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	_, err = tx.Exec(t.Context(), `LOCK TABLE `+table)
	must(t, err)
	return tx
}

// TestOneVisitorLeavesConnections: whoever asks what takes long keeps nobody else
// from reading.
func TestOneVisitorLeavesConnections(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(c *Config) { c.BehindProxy = true })
	h.makeLayer(t, wellLayer(), `SELECT`)
	h.lock(t, "layer_well")
	for range maxReadersPerLine {
		h.readFrom(t, "203.0.113.9", "/ogc/collections/well/items")
	}
	eventually(t, "all of them ask", func() bool { return h.readers.size() == maxReadersPerLine })
	other := h.visitor(t)
	other.head.Set("X-Forwarded-For", "203.0.113.10")
	if status, body := other.do("GET", "/ogc/collections/unit/items?limit=1", nil); status != http.StatusOK {
		t.Errorf("another visitor: %d %s", status, body)
	}
}

// TestCountThatWaitedForOthers: a number that could not be had because the line was
// busy is had later.
func TestCountThatWaitedForOthers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.makeLayer(t, wellLayer(), `SELECT`)
	lock := h.lock(t, "layer_well")
	for range maxReadersPerLine - 1 {
		h.readFrom(t, "203.0.113.9", "/ogc/collections/well/items/1") // takes no reader's place, but connections
	}
	eventually(t, "they wait for the table", func() (waiting bool) {
		must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) > 1 FROM pg_stat_activity WHERE application_name = 'haidang ogc' AND wait_event_type = 'Lock'`).Scan(&waiting))
		return waiting
	})
	var page featureCollection
	const hits = "/ogc/collections/unit/items?resultType=hits"
	c := h.visitor(t)
	if c.get(hits, &page); page.NumberMatched != nil {
		t.Fatalf("counted %d without a connection", *page.NumberMatched)
	}
	must(t, lock.Rollback(t.Context()))
	eventually(t, "the number is there again", func() bool { c.get(hits, &page); return page.NumberMatched != nil })
}
