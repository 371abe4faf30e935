package web

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"haidang/geo/catalogue"
)

const (
	raced  = 30 // parcels
	doomed = 10 // of them may be deleted, the last ones
)

// Two with QGIS and one with a browser change the same parcels at once, and the browser
// deletes and restores some; with a reviewer, who approves and rejects meanwhile, and
// without. Afterwards the history explains every value: each version is the one before
// with accepted changes, made by somebody who saw what they replaced; and every wish is
// where it was said to be.
func TestNobodyLosesAnUpdate(t *testing.T) {
	t.Parallel()
	for _, review := range []catalogue.Review{catalogue.ReviewNone, catalogue.ReviewApprove} {
		t.Run(string(review), func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			h.plots(t, review, raced)
			l, began := newLedger(), time.Now()
			initial := h.desktop(t, "lan", true).open("plot").cache
			h.race(t, l, review)
			applied := 0
			for id := range initial {
				applied += h.explain(t, l, id, sawOf(initial[id].properties, initial[id].geometry))
				h.found(t, l, id, review)
			}
			if left := l.left.Load(); left > 0 {
				t.Errorf("%d rounds were not played in time", left)
			}
			t.Logf("%d accepted, %d refused and kept, %d applied, %s, %.1f s", len(l.all())-l.refused, l.refused, applied,
				h.row(t, `SELECT concat_ws(' ', count(*) FILTER (WHERE c.state = 'applied' AND e.op = 'delete'), 'deletions,', count(DISTINCT c.id) FILTER (WHERE c.state = 'rejected'), 'rejected')
					FROM changeset c JOIN changeset_edit e ON e.changeset = c.id`), time.Since(began).Seconds())
		})
	}
}

func (h *house) race(t *testing.T, l *ledger, review catalogue.Review) {
	var clients, reviewer sync.WaitGroup
	for _, q := range []*desktop{h.desktop(t, "lan", true).open("plot"), h.desktop(t, "mai", false).open("plot")} {
		clients.Go(func() { q.race(l) })
	}
	page := h.signedIn(t, "tu")
	clients.Go(func() { page.race(l) })
	if review != catalogue.ReviewNone {
		ctx, cancel := context.WithCancel(t.Context())
		binh := h.signedIn(t, "binh")
		reviewer.Go(func() {
			for last := false; !last; { // once more when all have gone home
				last = ctx.Err() != nil
				h.handIn(t)
				binh.reviews()
			}
		})
		defer reviewer.Wait()
		defer cancel()
	}
	clients.Wait()
}

// sawOf is what somebody saw of a parcel, with where it is, to the centimetre.
func sawOf(properties, geometry map[string]any) map[string]any {
	saw := maps.Clone(properties)
	corner := geometry["coordinates"].([]any)[0].([]any)[0].([]any)[0].([]any)
	saw["east"] = math.Round(corner[0].(float64)*100) / 100
	return saw
}

// race changes parcels as QGIS does, and reads the layer again after what was refused,
// and now and then.
func (q *desktop) race(l *ledger) {
	for {
		id, set, more := l.next(q.account)
		if !more {
			return
		}
		if q.cache[id] == nil {
			continue // it was deleted
		}
		w := wish{author: q.account, saw: sawOf(q.cache[id].properties, q.cache[id].geometry), set: set}
		var status int
		var said string
		if east, moves := set["east"].(float64); moves {
			status, said = q.reshape(id, shapeAt(east, 1060000))
		} else {
			status, said = q.attribute(id, set)
		}
		if l.note(q.t, id, status, said, w); status == http.StatusConflict || rand.IntN(8) == 0 {
			q.refresh()
		}
	}
}

// race changes parcels as a page does: read, draft, hand in.
func (c *client) race(l *ledger) {
	for {
		id, set, more := l.next("tu")
		if !more {
			return
		}
		path := "/api/v1/layers/plot/features/" + id
		status, answer := c.do("GET", path+"?crs=storage", nil)
		if status == http.StatusNotFound {
			status, answer = c.restores(path)
			l.note(c.t, id, status, answer, wish{author: "tu", set: map[string]any{}})
			continue
		}
		var f struct {
			RowVersion           int64
			Properties, Geometry map[string]any
		}
		decode(c.t, answer, &f)
		fid, _ := strconv.Atoi(id)
		edit := map[string]any{"op": "update", "fid": fid, "baseVersion": f.RowVersion}
		if east, moves := set["east"].(float64); moves {
			edit["geometry"] = shapeAt(east, 1060000)
		} else {
			edit["properties"] = set
		}
		if fid > raced-doomed && rand.IntN(3) == 0 {
			edit, set = map[string]any{"op": "delete", "fid": fid, "baseVersion": f.RowVersion}, nil
		}
		status, answer = c.handsIn(edit)
		l.note(c.t, id, status, answer, wish{author: "tu", saw: sawOf(f.Properties, f.Geometry), set: set})
	}
}

// handsIn drafts one edit and hands it in.
func (c *client) handsIn(edit map[string]any) (status int, answer string) {
	var s seen
	var put struct{ Changeset seen }
	c.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "plot", "title": "đua"}, &s)
	path := fmt.Sprintf("/api/v1/changesets/%d", s.ID)
	c.mustAct(s.ETag, "POST", path+"/edits", edits(edit), &put)
	return c.act(put.Changeset.ETag, "POST", path+"/submit", nil, nil)
}

// restores hands in that a deleted parcel is as it was last.
func (c *client) restores(path string) (status int, answer string) {
	var was struct{ Versions []struct{ RowVersion int64 } }
	c.get(path+"/history", &was)
	var s seen
	if status, answer = c.act("", "POST", path+"/restore", map[string]any{"rowVersion": was.Versions[0].RowVersion, "title": "đua"}, &s); status >= 300 {
		return status, answer
	}
	return c.act(s.ETag, "POST", fmt.Sprintf("/api/v1/changesets/%d/submit", s.ID), nil, nil)
}

// reviews approves most of what waits, and rejects some, and what clashes.
func (c *client) reviews() {
	var list struct{ Changesets []seen }
	c.get("/api/v1/changesets?layer=plot&state=submitted", &list)
	for _, s := range list.Changesets {
		path, status := fmt.Sprintf("/api/v1/changesets/%d/", s.ID), http.StatusConflict
		if rand.IntN(4) > 0 {
			var said string
			if status, said = c.act(s.ETag, "POST", path+"approve", nil, nil); status != http.StatusConflict && status != http.StatusOK {
				c.t.Errorf("approve: %d %s", status, said)
			}
		}
		if status == http.StatusConflict {
			c.mustAct(s.ETag, "POST", path+"reject", map[string]any{"note": "không"}, nil)
		}
	}
}
