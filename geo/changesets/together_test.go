package changesets_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// Several people apply changesets to one layer at once. Instants rise in the order in
// which others come to see them, and the layer as of each is the replay up to it.
func TestInstantsRiseInTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	_, fids := h.do("lan", insert("a"), insert("b"), insert("c"))
	watching, stop := context.WithCancel(t.Context())
	var seen sync.WaitGroup
	seen.Go(func() { h.watch(watching) })
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() { h.worker(editors[i%2], i, fids) })
	}
	all.Wait()
	stop()
	seen.Wait()
	if told := h.moments(); len(told) < 20 {
		t.Errorf("%d changesets were applied", len(told))
	}
	for _, d := range h.differences() {
		t.Error(d)
	}
}

// worker changes what the others change too; who is too late drops it.
func (h *house) worker(who haidang.AccountName, n int, fids []int64) {
	for i := range 25 {
		edits := []changesets.Edit{update(fids[(n+i)%3], 0, map[string]any{"area": float64(100*n + i)}), insert(fmt.Sprint(n, "/", i))}
		id, err := h.editor.Begin(h.Context(), who, h.layer, "thử", changesets.Page)
		if err == nil {
			_, err = h.editor.Put(h.Context(), who, h.layer, id, 0, edits)
		}
		if err == nil {
			_, err = h.editor.Submit(h.Context(), who, h.layer, id, 0, "")
		}
		if err != nil && haidang.CodeOf(err) != haidang.ErrConflict {
			h.Error(err)
		}
	}
}

// watch looks again and again: nothing may come up before what is there already.
func (h *house) watch(ctx context.Context) {
	var last time.Time
	for known := 0; ctx.Err() == nil; {
		var behind, n int
		var newest time.Time
		err := h.pool.QueryRow(ctx, `SELECT count(*) FILTER (WHERE applied_at <= $1), count(*), max(applied_at) FROM changeset WHERE applied_at IS NOT NULL`, last).Scan(&behind, &n, &newest)
		if err != nil {
			if ctx.Err() == nil {
				h.Error(err)
			}
			return
		}
		if known > 0 && behind != known {
			h.Errorf("%d changesets were applied up to %v, then %d", known, last, behind)
		}
		known, last = n, newest
	}
}
