package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"haidang/geo/catalogue"
)

// wish is a change that somebody asked for: what they saw in each field, and set. Where
// the shape is, is a field too.
type wish struct {
	author   string
	accepted bool
	saw, set map[string]any // set is nil: the parcel is to go; empty: it is to come back
}

// ledger is what all clients of the race asked for, by feature. Every value that is set
// is set once.
type ledger struct {
	sync.Mutex
	left    atomic.Int64 // rounds
	values  atomic.Int64
	until   time.Time
	wishes  map[string][]wish
	refused int
}

// next is a parcel and what to set in it: its place or some attributes, never both, as
// QGIS sends them one by one.
func (l *ledger) next(name string) (id string, set map[string]any, more bool) {
	n := l.values.Add(1)
	set = map[string]any{}
	if rand.IntN(3) == 0 {
		set["east"] = 550000 + float64(n)
	}
	for field, v := range map[string]any{"owner": fmt.Sprint(name, " ", n), "area": float64(n) + 0.5, "floors": float64(n + 10)} {
		if set["east"] == nil && (len(set) == 0 || rand.IntN(2) == 0) {
			set[field] = v
		}
	}
	return fmt.Sprint(1 + rand.IntN(raced)), set, l.left.Load() > 0 && time.Now().Before(l.until)
}

// note writes down what became of a wish. Only a conflict is no accident.
func (l *ledger) note(t *testing.T, id string, status int, said string, w wish) {
	l.Lock()
	defer l.Unlock()
	l.left.Add(-1)
	if w.accepted = ok(status); !w.accepted {
		l.refused++
	}
	if !w.accepted && status != http.StatusConflict {
		t.Errorf("%d %s", status, said)
	}
	w.saw = maps.Clone(w.saw)
	l.wishes[id] = append(l.wishes[id], w)
}

// setter is whose wish set a field to a value, nil when nobody did.
func (l *ledger) setter(id, field string, v any) *wish {
	for i, w := range l.wishes[id] {
		if is, sets := w.set[field]; sets && reflect.DeepEqual(is, v) {
			return &l.wishes[id][i]
		}
	}
	return nil
}

// knew reports whether the author of a value was told that it is accepted, and saw what it
// replaced, or what they had put in its place themselves.
func (l *ledger) knew(author, id, field string, v, was any) bool {
	for w := l.setter(id, field, v); w != nil && w.accepted && w.author == author; w = l.setter(id, field, w.saw[field]) {
		if reflect.DeepEqual(w.saw[field], was) {
			return true
		}
	}
	return false
}

// newLedger is for as many rounds as HAIDANG_RACE says.
func newLedger() *ledger {
	l := &ledger{until: time.Now().Add(4 * time.Minute), wishes: map[string][]wish{}}
	rounds := int64(500)
	if n, err := strconv.ParseInt(os.Getenv("HAIDANG_RACE"), 10, 64); err == nil {
		rounds = n
	} else if testing.Short() {
		rounds = 60
	}
	l.left.Store(rounds)
	return l
}

func (l *ledger) all() (all []wish) {
	for _, list := range l.wishes {
		all = append(all, list...)
	}
	return all
}

// applied are the changes of a parcel in the order of its history: whose, what it did, what
// it set and what came of it.
const applied = `SELECT c.author, e.op, e.attributes || jsonb_strip_nulls(jsonb_build_object('east', round(ST_XMin(e.geom)::numeric, 2))), to_jsonb(v)
	FROM changeset_edit e JOIN changeset c ON c.id = e.changeset
	LEFT JOIN (SELECT fid, _changeset, code, area, owner, floors, round(ST_XMin(geom)::numeric, 2) AS east FROM layer_plot
		UNION ALL SELECT fid, _changeset, code, area, owner, floors, round(ST_XMin(geom)::numeric, 2) FROM history_layer_plot) v ON v._changeset = c.id AND v.fid = e.fid
	WHERE c.state = 'applied' AND e.fid = $1 ORDER BY c.applied_at`

// replay is a parcel while its history is played.
type replay struct {
	*testing.T
	*ledger
	id       string
	state    map[string]any // nil: deleted
	lost     map[string]any // as it was when it was deleted
	versions int
}

// explain plays what was applied to a parcel, and returns how many changes those were.
func (h *house) explain(t *testing.T, l *ledger, id string, initial map[string]any) (played int) {
	t.Helper()
	r := replay{T: t, ledger: l, id: id, state: initial, versions: 1}
	rows, err := h.pool.Query(t.Context(), applied, id)
	must(t, err)
	defer rows.Close()
	for ; rows.Next(); played++ {
		var author, op string
		var edit, now map[string]any
		must(t, rows.Scan(&author, &op, &edit, &now))
		r.play(author, op, edit, now)
	}
	want := fmt.Sprint(r.versions, " ", r.state != nil)
	if versions := h.row(t, `SELECT (SELECT count(*) FROM history_layer_plot WHERE fid = $1) + count(*) || ' ' || (count(*) > 0)::text FROM layer_plot WHERE fid = $1`, id); versions != want {
		t.Errorf("parcel %s: versions, and whether it is there: %s, want %s", id, versions, want)
	}
	return played
}

func (r *replay) play(author, op string, edit, now map[string]any) {
	r.Helper()
	if op == "delete" {
		r.delete(author)
		return
	}
	if r.versions++; op == "insert" && r.state == nil {
		r.state, edit = r.lost, nil
	}
	if r.state == nil {
		r.Fatalf("parcel %s: %s changed what was deleted", r.id, author)
	}
	for field, v := range edit {
		if !r.knew(author, r.id, field, v, r.state[field]) {
			r.Errorf("parcel %s: %s set %s to %v, and did not see that it was %v", r.id, author, field, v, r.state[field])
		}
		r.state[field] = v
	}
	if !reflect.DeepEqual(values(r.state), values(now)) {
		r.Errorf("parcel %s: %v, want %v", r.id, values(now), values(r.state))
	}
}

// delete may find that somebody else deleted the parcel before.
func (r *replay) delete(author string) {
	r.Helper()
	if r.state == nil {
		return
	}
	if !r.knewAll(r.id, author, r.state) {
		r.Errorf("parcel %s: deleted by who did not see that it was %v", r.id, values(r.state))
	}
	r.lost, r.state = r.state, nil
}

// knewAll reports whether somebody was told that a parcel is deleted that they saw so.
func (l *ledger) knewAll(id, author string, state map[string]any) bool {
	for _, w := range l.wishes[id] {
		if w.set == nil && w.accepted && w.author == author && reflect.DeepEqual(values(w.saw), values(state)) {
			return true
		}
	}
	return false
}

// values are those that the race is about.
func values(m map[string]any) (list []any) {
	for _, field := range []string{"code", "area", "owner", "floors", "east"} {
		list = append(list, m[field])
	}
	return list
}

// whereabouts are the states of the changesets in which an author set something of a
// parcel, or deleted it; kept: a draft that says why it was not taken.
const whereabouts = `SELECT coalesce(string_agg(DISTINCT CASE WHEN c.state = 'draft' AND n.id IS NOT NULL THEN 'kept' ELSE c.state END, ' '), 'nowhere')
	FROM changeset c JOIN changeset_edit e ON e.changeset = c.id LEFT JOIN changeset_note n ON n.changeset = c.id AND n.kind = 'comment'
	WHERE c.author = $1 AND e.fid = $2 AND CASE WHEN $3::jsonb = '{}' THEN e.op = 'delete' ELSE e.attributes || jsonb_strip_nulls(jsonb_build_object('east', round(ST_XMin(e.geom)::numeric, 2))) @> $3 END`

// found looks for every wish where it was said to be: what was refused in a draft of its
// author; what was accepted on the map, or where the reviewer said no, or, as it clashed
// when it was handed in, in a draft that says so. What its author set anew may be gone.
func (h *house) found(t *testing.T, l *ledger, id string, review catalogue.Review) {
	t.Helper()
	for nth, w := range l.wishes[id] {
		want := map[bool]string{false: "draft kept", true: "applied"}[w.accepted]
		if w.accepted && review != catalogue.ReviewNone {
			want = "applied rejected kept"
		}
		for _, one := range w.each() {
			value, err := json.Marshal(one)
			must(t, err)
			where := h.row(t, whereabouts, w.author, id, value)
			if !slices.ContainsFunc(strings.Fields(where), func(s string) bool { return strings.Contains(want, s) }) && !(w.accepted && l.anew(id, nth, one)) {
				t.Errorf("parcel %s: %s asked for %s (accepted: %v), which is %s", id, w.author, value, w.accepted, where)
			}
			if !w.accepted && len(one) > 0 && strings.Contains(where, "applied") {
				t.Errorf("parcel %s: %s was refused %s, which is %s", id, w.author, value, where)
			}
		}
	}
}

// each is what a wish sets, field by field; nothing at all where it deletes.
func (w wish) each() (fields []map[string]any) {
	for field, v := range w.set {
		fields = append(fields, map[string]any{field: v})
	}
	if w.set == nil {
		fields = append(fields, map[string]any{})
	}
	return fields
}

// anew reports whether the author of a wish set the same field of the parcel again later.
func (l *ledger) anew(id string, nth int, one map[string]any) bool {
	return slices.ContainsFunc(l.wishes[id][nth+1:], func(w wish) bool {
		for field := range one {
			if _, sets := w.set[field]; sets && w.accepted && w.author == l.wishes[id][nth].author {
				return true
			}
		}
		return false
	})
}
