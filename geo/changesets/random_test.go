package changesets_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// steps of a random history.
const steps = 500

// Whatever people do to a handful of features, the layer as of every instant is what the
// changesets applied until then make of it.
func TestHistoryIsWhatWasApplied(t *testing.T) {
	t.Parallel()
	for _, review := range []catalogue.Review{catalogue.ReviewNone, catalogue.ReviewApprove} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(review, seed), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, review, seed)
				for range steps {
					o.step()
				}
				for _, d := range append(o.differences(), o.badReverts()...) {
					t.Error(d)
				}
				t.Log(o.done)
			})
		}
	}
}

// office is people at work, by dice.
type office struct {
	*house
	dice *rand.Rand
	done map[string]int // how often what came to pass
}

func newOffice(t testing.TB, review catalogue.Review, seed uint64) *office {
	return &office{newHouse(t, review), rand.New(rand.NewPCG(seed, 25)), map[string]int{}}
}

var editors, reviewers = []haidang.AccountName{"lan", "mai"}, []haidang.AccountName{"binh", "hoa"}

func pick[T any](o *office, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[o.dice.IntN(len(list))], true
}

// step has somebody do something.
func (o *office) step() {
	switch n := o.dice.IntN(24); {
	case n < 5:
		o.draft()
	case n < 11:
		o.submit()
	case n < 15:
		o.decide()
	case n < 17:
		o.again()
	case n < 18:
		o.revert()
	case n < 21:
		o.send()
	case n < 22:
		o.ended("hand in", o.editor.HandIn(o.Context(), time.Now().Add(time.Hour)))
	default:
		o.restore()
	}
}

// send has a program send a few edits. Where they hold at once they go together, and are
// sometimes undone together.
func (o *office) send() {
	who, _ := pick(o, editors)
	for range 1 + o.dice.IntN(3) {
		_, err := o.editor.Send(o.Context(), who, o.layer, o.edit())
		o.ended("send", err, haidang.ErrConflict, haidang.ErrNotFound)
	}
	if o.layer.Review == catalogue.ReviewNone && o.dice.IntN(2) == 0 {
		var first int64
		o.scan(`SELECT coalesce(max(first), 0) FROM (SELECT coalesce(goes_with, id) AS first FROM changeset WHERE state = 'applied' ORDER BY applied_at DESC LIMIT 1) x`, &first)
		_, err := o.editor.Revert(o.Context(), who, o.layer, first, 0, "nhầm")
		o.ended("revert sent", err, haidang.ErrConflict, haidang.ErrInvalid, haidang.ErrNotFound)
	}
}

// of returns a changeset in one of the states, or none.
func (o *office) of(states ...changesets.State) (c changesets.Changeset, ok bool) {
	o.Helper()
	list, err := o.editor.List(o.Context(), changesets.Query{Layers: []haidang.LayerSlug{o.layer.Slug}, Worked: []haidang.LayerSlug{o.layer.Slug}, Viewer: editors[o.dice.IntN(len(editors))], States: states, Limit: 12})
	if err != nil {
		o.Fatal(err)
	}
	return pick(o, list)
}

// ended takes note of how an act went. Any other refusal than those expected is a failure.
func (o *office) ended(act string, err error, expected ...haidang.ErrorCode) bool {
	o.Helper()
	if err == nil {
		o.done[act]++
		return true
	}
	if !slices.Contains(expected, haidang.CodeOf(err)) {
		o.Fatalf("%s: %v", act, err)
	}
	o.done[act+" "+string(haidang.CodeOf(err))]++
	return false
}

// version is a version that a feature has or had.
type version struct {
	fid, version int64
	now          bool
}

func (o *office) versions() (list []version) {
	o.Helper()
	rows, err := o.pool.Query(o.Context(), `SELECT fid, row_version, true FROM layer_plot UNION ALL SELECT fid, row_version, false FROM history_layer_plot ORDER BY 1, 2`)
	if err != nil {
		o.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v version
		if err := rows.Scan(&v.fid, &v.version, &v.now); err != nil {
			o.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// draft begins a changeset, or goes on with one.
func (o *office) draft() {
	c, ok := o.of(changesets.Draft)
	if !ok || o.dice.IntN(2) == 0 {
		c.Author, _ = pick(o, editors)
		var err error
		if c.ID, err = o.editor.Begin(o.Context(), c.Author, o.layer, "thử", changesets.Page); err != nil {
			o.Fatal(err)
		}
	}
	for range 1 + o.dice.IntN(3) {
		_, err := o.editor.Put(o.Context(), c.Author, o.layer, c.ID, 0, []changesets.Edit{o.edit()})
		o.ended("edit", err, haidang.ErrConflict)
	}
}

// edit is a random edit: of a feature as it is, or sometimes as it was.
func (o *office) edit() changesets.Edit {
	all := o.versions()
	now := slices.DeleteFunc(slices.Clone(all), func(v version) bool { return !v.now })
	if o.dice.IntN(8) == 0 {
		now = all
	}
	v, ok := pick(o, now)
	if n := o.dice.IntN(12); !ok || len(now) < 3 || n == 0 && len(now) < 8 {
		e := insert(o.word())
		e.Geometry = o.place()
		return e
	} else if n == 1 {
		return changesets.Edit{Op: changesets.Delete, FID: v.fid, BaseVersion: v.version}
	}
	e := update(v.fid, v.version, map[string]any{})
	for _, column := range []string{"code", "area", "owner", "since"} {
		if o.dice.IntN(3) == 0 {
			e.Properties[column] = o.value(column)
		}
	}
	if len(e.Properties) == 0 || o.dice.IntN(3) == 0 {
		e.Geometry = o.place()
	}
	return e
}

func (o *office) word() string { return string(rune('a' + o.dice.IntN(4))) }

// value is one of few, so that two often mean the same.
func (o *office) value(column string) any {
	switch n := o.dice.IntN(4); {
	case column == "code":
		return o.word()
	case n == 0:
		return nil
	case column == "area":
		return float64(n)
	case column == "since":
		return fmt.Sprintf("2026-01-%02d", n)
	}
	return o.word()
}

func (o *office) place() orb.Geometry {
	return square(546000+10*float64(o.dice.IntN(3)), 1060000, 10)
}

// submit hands a draft in. What conflicts is settled by dice, and handed in again.
func (o *office) submit() {
	c, ok := o.of(changesets.Draft)
	if !ok {
		return
	}
	_, err := o.editor.Submit(o.Context(), c.Author, o.layer, c.ID, 0, "")
	if o.ended("submit", err, haidang.ErrConflict, haidang.ErrInvalid) || haidang.CodeOf(err) != haidang.ErrConflict {
		return
	}
	o.resolve(c)
	_, err = o.editor.Submit(o.Context(), c.Author, o.layer, c.ID, 0, "")
	o.ended("submit resolved", err, haidang.ErrInvalid)
}

// resolve takes mine or theirs, field by field.
func (o *office) resolve(c changesets.Changeset) {
	o.Helper()
	c, err := o.editor.Get(o.Context(), c.ID)
	if err != nil {
		o.Fatal(err)
	}
	edits, err := o.editor.Edits(o.Context(), c, 0, 1000, o.layer.SRID)
	if err != nil {
		o.Fatal(err)
	}
	for _, e := range edits {
		take, now := map[string]string{}, int64(0)
		for _, k := range e.Conflicts {
			if k.Now != nil {
				now = *k.Now
			}
			take[k.Field], _ = pick(o, []string{"mine", "theirs"})
		}
		if len(take) > 0 {
			o.ended("resolve", o.editor.Resolve(o.Context(), c.Author, o.layer, c.ID, 0, e.FID, now, take))
		}
	}
}

// decide has a reviewer say something.
func (o *office) decide() {
	c, ok := o.of(changesets.Submitted, changesets.Approved)
	if !ok {
		return
	}
	verdict, _ := pick(o, []changesets.Verdict{changesets.Approve, changesets.Approve, changesets.Approve, changesets.Hold, changesets.Reject})
	if c.State == changesets.Approved {
		verdict = changesets.Apply
	}
	who, _ := pick(o, reviewers)
	_, err := o.editor.Decide(o.Context(), who, o.layer, c.ID, 0, verdict, "xem")
	if o.ended(string(verdict), err, haidang.ErrConflict) {
		return
	}
	_, err = o.editor.Decide(o.Context(), c.Author, o.layer, c.ID, 0, changesets.Reopen, "")
	o.ended("reopen", err)
	o.resolve(c)
}

// again has an author take up what was rejected or thrown away, or throw away.
func (o *office) again() {
	c, ok := o.of(changesets.Rejected, changesets.Dropped, changesets.Draft)
	if !ok {
		return
	}
	verdict := changesets.Reopen
	if c.State == changesets.Draft {
		verdict = changesets.Drop
	}
	_, err := o.editor.Decide(o.Context(), c.Author, o.layer, c.ID, 0, verdict, "")
	o.ended(string(verdict), err)
}

func (o *office) revert() {
	c, ok := o.of(changesets.Applied)
	if !ok {
		return
	}
	who, _ := pick(o, editors)
	_, err := o.editor.Revert(o.Context(), who, o.layer, c.ID, 0, "nhầm")
	o.ended("revert", err, haidang.ErrConflict, haidang.ErrInvalid)
}

func (o *office) restore() {
	v, ok := pick(o, o.versions())
	if !ok {
		return
	}
	who, _ := pick(o, editors)
	_, err := o.editor.Restore(o.Context(), who, o.layer, v.fid, v.version, "như cũ")
	o.ended("restore", err, haidang.ErrConflict)
}

// badReverts: where what went together was reverted by the next one, all is as it was
// before both, but here.
func (o *office) badReverts() (bad []string) {
	o.Helper()
	before, told := world{}, o.moments()
	var first world // before those that go together; nil: others came between
	for i, m := range told {
		if m.id == m.group {
			first = before
		} else if i == 0 || told[i-1].group != m.group {
			first = nil
		}
		c, err := o.editor.Get(o.Context(), m.group)
		if err != nil {
			o.Fatal(err)
		}
		if i+1 < len(told) && first != nil && c.RevertedBy != nil && *c.RevertedBy == told[i+1].id {
			o.done["reverted at once"]++
			if m.id != m.group {
				o.done["reverted together"]++
			}
			if was, is := first.plain(), told[i+1].world.plain(); was != is {
				bad = append(bad, fmt.Sprintf("after %d was reverted by %d: %s, before both %s", m.group, told[i+1].id, is, was))
			}
		}
		before = m.world
	}
	return bad
}

// plain is the world without versions: those go on.
func (w world) plain() string {
	var list []string
	for fid, f := range w {
		list = append(list, fmt.Sprint(fid, f["code"], "|", f["area"], "|", f["owner"], "|", f["since"], "|", f["geometry"]))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
