package web

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haidang/geo/catalogue"
)

// wish is a change that was accepted: what its author saw in each field, and set.
type wish map[string][2]any

// ledger is what all clients of the race got accepted, by feature. Every value that is
// set is set once.
type ledger struct {
	sync.Mutex
	left    atomic.Int64 // rounds
	until   time.Time
	wishes  map[string][]wish
	refused int
}

// next is a feature and what to set in it.
func (l *ledger) next(name string) (id string, changes map[string]any, more bool) {
	n := l.left.Add(-1)
	changes = map[string]any{}
	for _, field := range []string{"owner", "area", "floors"} {
		if len(changes) == 0 && field == "floors" || rand.IntN(2) == 0 {
			changes[field] = map[string]any{"owner": fmt.Sprint(name, " ", n), "area": float64(n) + 0.5, "floors": float64(n + 10)}[field]
		}
	}
	return fmt.Sprint(1 + rand.IntN(20)), changes, n >= 0 && time.Now().Before(l.until)
}

func (l *ledger) note(t *testing.T, id string, status int, said string, saw, set map[string]any) {
	l.Lock()
	defer l.Unlock()
	switch {
	case status == http.StatusConflict:
		l.refused++
	case ok(status):
		w := wish{}
		for field, v := range set {
			w[field] = [2]any{saw[field], v}
		}
		l.wishes[id] = append(l.wishes[id], w)
	default:
		t.Errorf("%d %s", status, said)
	}
}

// Two with QGIS and one with a browser change the same 20 parcels at once. Afterwards the
// history explains every value: each version is the one before with one accepted change,
// made by somebody who saw what it replaced.
func TestNobodyLosesAnUpdate(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.plots(t, catalogue.ReviewNone, 20)
	l := &ledger{until: time.Now().Add(4 * time.Minute), wishes: map[string][]wish{}}
	l.left.Store(1000)
	if testing.Short() {
		l.left.Store(120)
	}
	initial := h.desktop(t, "lan", true).open("plot").cache
	var clients sync.WaitGroup
	for _, q := range []*desktop{h.desktop(t, "lan", true).open("plot"), h.desktop(t, "mai", false).open("plot")} {
		clients.Go(func() { q.race(l) })
	}
	page := h.signedIn(t, "tu")
	clients.Go(func() { page.race(l) })
	clients.Wait()
	accepted := 0
	for id, c := range h.desktop(t, "lan", true).open("plot").cache {
		accepted += len(l.wishes[id])
		h.explain(t, id, initial[id].properties, c.properties, l.wishes[id])
	}
	if left := l.left.Load(); left > 0 {
		t.Errorf("%d rounds were not played in time", left)
	}
	t.Logf("%d accepted, %d refused and kept", accepted, l.refused)
	if kept := h.row(t, `SELECT count(*)::text FROM changeset WHERE state = 'draft'`); kept != fmt.Sprint(l.refused) {
		t.Errorf("%s of %d refused changes are kept", kept, l.refused)
	}
}

// race changes attributes as QGIS does, and reads the layer again after what was refused,
// and now and then.
func (q *desktop) race(l *ledger) {
	for {
		id, changes, more := l.next(q.account)
		if !more {
			return
		}
		saw := maps.Clone(q.cache[id].properties)
		status, said := q.attribute(id, changes)
		if l.note(q.t, id, status, said, saw, changes); status == http.StatusConflict || rand.IntN(8) == 0 {
			q.refresh()
		}
	}
}

// race changes attributes as a page does: read, draft, hand in.
func (c *client) race(l *ledger) {
	for {
		id, changes, more := l.next("tu")
		if !more {
			return
		}
		var f struct {
			RowVersion int64
			Properties map[string]any
		}
		c.get("/api/v1/layers/plot/features/"+id, &f)
		var s seen
		var put struct{ Changeset seen }
		c.mustAct("", "POST", "/api/v1/changesets", map[string]any{"layer": "plot", "title": "đua"}, &s)
		path := fmt.Sprintf("/api/v1/changesets/%d", s.ID)
		var fid int64
		_, _ = fmt.Sscan(id, &fid)
		c.mustAct(s.ETag, "POST", path+"/edits", edits(map[string]any{"op": "update", "fid": fid, "baseVersion": f.RowVersion, "properties": changes}), &put)
		status, said := c.act(put.Changeset.ETag, "POST", path+"/submit", nil, nil)
		l.note(c.t, id, status, said, f.Properties, changes)
	}
}

// explain plays the accepted changes of a feature in the order of its history.
func (h *house) explain(t *testing.T, id string, state, final map[string]any, wishes []wish) {
	t.Helper()
	rows, err := h.pool.Query(t.Context(), `SELECT e.attributes, to_jsonb(v) FROM (SELECT fid, row_version, _changeset, code, area, owner, floors FROM layer_plot
			UNION ALL SELECT fid, row_version, _changeset, code, area, owner, floors FROM history_layer_plot) v
		JOIN changeset_edit e ON e.changeset = v._changeset AND e.fid = v.fid WHERE v.fid = $1 ORDER BY v.row_version`, id)
	must(t, err)
	defer rows.Close()
	state = maps.Clone(state)
	versions := 0
	for ; rows.Next(); versions++ {
		var edit, now map[string]any
		must(t, rows.Scan(&edit, &now))
		at := slices.IndexFunc(wishes, func(w wish) bool {
			return len(w) == len(edit) && !slices.ContainsFunc(slices.Collect(maps.Keys(edit)), func(f string) bool { return w[f][1] != edit[f] })
		})
		if at < 0 {
			t.Errorf("feature %s: nobody was told that %v was accepted", id, edit)
			continue
		}
		for field, pair := range wishes[at] {
			if state[field] != pair[0] {
				t.Errorf("feature %s: %s was %v, overwritten by who saw %v", id, field, state[field], pair[0])
			}
			state[field] = pair[1]
		}
		for _, field := range []string{"code", "area", "owner", "floors"} {
			if !reflect.DeepEqual(state[field], now[field]) {
				t.Errorf("feature %s, version %v: %s is %v, want %v", id, now["row_version"], field, now[field], state[field])
			}
		}
	}
	if versions != len(wishes) || state["owner"] != final["owner"] || state["area"] != final["area"] || state["floors"] != final["floors"] {
		t.Errorf("feature %s: %d versions of %d accepted changes; %v, want %v", id, versions, len(wishes), final, state)
	}
}
