package web

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haidang"
	"haidang/internal/auth"
)

// mirror is a reader: it applies what it is sent and nothing else.
type mirror struct {
	version uint64
	state   map[ref]string
}

func (m *mirror) apply(c changes) {
	for k, list := range map[kind][]json.RawMessage{kindThing: c.Things, kindAlarm: c.Alarms, kindRequest: c.Requests} {
		for _, raw := range list {
			var e struct{ ID, Is string }
			_ = json.Unmarshal(raw, &e)
			m.state[ref{k, e.ID}] = e.Is
		}
	}
	for _, r := range c.Removed {
		delete(m.state, r)
	}
	m.version = c.Version
}

// entry is a small entity.
type entry struct{ ID, Is string }

// TestReaderSeesWhatItMay changes a board at random and lets readers of different
// rights catch up at random: in the end each has exactly what it may see.
func TestReaderSeesWhatItMay(t *testing.T) {
	t.Parallel()
	agencies := []haidang.AgencyCode{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		b := newBoard()
		readers := map[*auth.Principal]*mirror{}
		for _, agency := range []haidang.AgencyCode{"", "a", "b"} {
			p := &auth.Principal{Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: agency}}}
			readers[p] = &mirror{state: map[ref]string{}}
		}
		truth := map[ref]entry{}
		scopes := map[ref]auth.Scope{}
		for step := range rapid.IntRange(1, 120).Draw(t, "steps") {
			k := rapid.SampledFrom([]kind{kindThing, kindAlarm, kindRequest}).Draw(t, "kind")
			r := ref{k, fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "id"))}
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				b.remove(r)
				delete(truth, r)
			case 1, 2:
				e := entry{r.ID, fmt.Sprint(step)}
				scopes[r] = auth.Scope{Agency: rapid.SampledFrom(agencies).Draw(t, "agency")}
				b.put(r, scopes[r], e)
				truth[r] = e
			case 3:
				for p, m := range readers {
					m.apply(b.since(m.version, p, rapid.IntRange(1, 5).Draw(t, "limit")))
				}
			}
		}
		for p, m := range readers {
			for more := true; more; {
				c := b.since(m.version, p, 3)
				m.apply(c)
				more = c.more
			}
			want := map[ref]string{}
			for r, e := range truth {
				if p.May(kindActions[r.Kind], scopes[r]) {
					want[r] = e.Is
				}
			}
			if diff := cmp.Diff(want, m.state); diff != "" {
				t.Fatalf("reader %v differs: %s", p.Grants, diff)
			}
		}
	})
}

// TestTombstonesAreBounded: who is older than the oldest one starts afresh.
func TestTombstonesAreBounded(t *testing.T) {
	t.Parallel()
	b := newBoard()
	b.put(ref{kindThing, "stays"}, auth.Scope{}, entry{"stays", "1"})
	old := b.now()
	for i := range 3 * maxTombstones {
		r := ref{kindAlarm, fmt.Sprint(i)}
		b.put(r, auth.Scope{}, entry{r.ID, ""})
		b.remove(r)
	}
	if n := b.order.Len(); n > maxTombstones+1 || n != len(b.entities) {
		t.Errorf("%d entities kept, %d by name", n, len(b.entities))
	}
	if b.knows(old) {
		t.Error("a reader older than the oldest tombstone would miss removals")
	}
	if !b.knows(b.now()) || b.knows(0) || b.knows(b.now()+1) {
		t.Error("the present version is known, nothing and the future are not")
	}
}

// TestReconcileLeavesWhatMovedMeanwhile: an event that came while the database was
// read is newer than what was read.
func TestReconcileLeavesWhatMovedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBoard()
	moved, lost, same := ref{kindThing, "moved"}, ref{kindThing, "lost"}, ref{kindThing, "same"}
	for _, r := range []ref{moved, lost, same} {
		b.put(r, auth.Scope{}, entry{r.ID, "old"})
	}
	asOf := b.now()
	b.put(moved, auth.Scope{}, entry{"moved", "new"})
	born := ref{kindThing, "born"}
	b.put(born, auth.Scope{}, entry{"born", "new"})
	before := b.now()
	b.reconcile(asOf, []kind{kindThing}, []placed{{moved, auth.Scope{}, entry{"moved", "old"}}, {same, auth.Scope{}, entry{"same", "old"}}})
	m := &mirror{state: map[ref]string{}}
	m.apply(b.since(0, &auth.Principal{Grants: []auth.Grant{{Role: auth.RoleViewer}}}, everything))
	if diff := cmp.Diff(map[ref]string{moved: "new", born: "new", same: "old"}, m.state); diff != "" {
		t.Error(diff)
	}
	if b.now() != before+1 {
		t.Errorf("only the lost one should have moved: version went from %d to %d", before, b.now())
	}
}
