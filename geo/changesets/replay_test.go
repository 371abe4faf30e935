package changesets_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"haidang/geo/changesets"
	"haidang/geo/features"
)

// world is a layer as a replay has it: features by number, columns by name. The shape is
// a column as any other, and so is the version.
type world map[int64]map[string]string

// replay says what a layer was, from nothing but the edits of the changesets that were
// applied, in their order.
type replay struct {
	now      world
	versions map[int64]int // the highest of each feature
}

func newReplay() *replay { return &replay{world{}, map[int64]int{}} }

// apply does what one changeset says. Worlds that were stay as they were.
func (r *replay) apply(edits []changesets.Drafted) {
	r.now = maps.Clone(r.now)
	for _, e := range edits {
		if e.Op == changesets.Delete {
			delete(r.now, e.FID)
			continue
		}
		f := maps.Clone(r.now[e.FID])
		if f == nil {
			f = map[string]string{"code": "", "area": "", "owner": "", "since": ""}
		}
		for _, column := range e.Changed {
			f[column] = said(e.After.Properties[column])
			if column == "geometry" {
				f[column] = fmt.Sprint(e.After.Geometry)
			}
		}
		r.versions[e.FID]++
		f["version"] = fmt.Sprint(r.versions[e.FID])
		r.now[e.FID] = f
	}
}

// said is a value from JSON, empty for none.
func said(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// asOf is the layer as its history has it.
func (h *house) asOf(at time.Time) world {
	h.Helper()
	w := world{}
	err := features.Read(h.Context(), h.pool, h.layer, features.Query{At: &at, SRID: h.layer.SRID}, func(f features.Feature) error {
		if _, twice := w[f.FID]; twice {
			w[-f.FID] = map[string]string{"twice": "yes"}
		}
		w[f.FID] = map[string]string{"version": fmt.Sprint(f.RowVersion), "geometry": fmt.Sprint(f.Geometry)}
		for name, v := range f.Properties {
			if t, ok := v.(time.Time); ok {
				v = t.Format(time.DateOnly)
			}
			if w[f.FID][name] = ""; v != nil {
				w[f.FID][name] = fmt.Sprint(v)
			}
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
	return w
}

// moment is the instant of an applied changeset, and the layer from then on.
type moment struct {
	id, group int64 // group: the first of those that go together
	at        time.Time
	world
}

// moments replays all that was applied. Each instant is later than the one before.
func (h *house) moments() (list []moment) {
	h.Helper()
	rows, err := h.pool.Query(h.Context(), `SELECT c.id, coalesce(c.goes_with, c.id), c.applied_at, ARRAY(SELECT n FROM changeset_edit e WHERE e.changeset = c.id) FROM changeset c
		WHERE c.layer = $1 AND c.state IN ('applied', 'reverted') ORDER BY c.applied_at`, h.layer.Slug)
	if err != nil {
		h.Fatal(err)
	}
	type applied struct {
		ID, Group int64
		At        time.Time
		Own       []int64 // edits, without those of others that go with it
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[applied])
	if err != nil {
		h.Fatal(err)
	}
	r := newReplay()
	for i, c := range all {
		if i > 0 && !c.At.After(all[i-1].At) {
			h.Errorf("changesets %d and %d have one instant", all[i-1].ID, c.ID)
		}
		edits, err := h.editor.Edits(h.Context(), changesets.Changeset{ID: c.ID, State: changesets.Applied}, 0, 10_000, h.layer.SRID)
		if err != nil {
			h.Fatal(err)
		}
		r.apply(slices.DeleteFunc(edits, func(e changesets.Drafted) bool { return !slices.Contains(c.Own, e.N) }))
		list = append(list, moment{c.ID, c.Group, c.At, r.now})
	}
	return list
}

// differences are where the history tells another story than the replay: at the instant
// of each changeset, just before it, and half way to the next.
func (h *house) differences() (list []string) {
	h.Helper()
	before, told := world{}, h.moments()
	for i, m := range told {
		next := time.Now()
		if i+1 < len(told) {
			next = told[i+1].at
		}
		for at, want := range map[time.Time]world{m.at.Add(-time.Microsecond): before, m.at: m.world, m.at.Add(next.Sub(m.at) / 2).Truncate(time.Microsecond): m.world} {
			if at.Before(*h.layer.HistoryFrom) {
				continue
			}
			if diff := cmp.Diff(want, h.asOf(at)); diff != "" {
				list = append(list, fmt.Sprintf("as of %v, changeset %d of %v: %s", at, m.id, m.at, diff))
			}
		}
		before = m.world
	}
	return list
}
