package changesets_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// send has a program of somebody send an edit.
func (h *house) send(who haidang.AccountName, edit changesets.Edit) changesets.Sent {
	h.Helper()
	sent, err := h.editor.Send(h.Context(), who, h.layer, edit)
	if err != nil {
		h.Fatal(err)
	}
	return sent
}

// handIn hands in what has waited so long from now on.
func (h *house) handIn(after time.Duration) error {
	h.Helper()
	return h.editor.HandIn(h.Context(), time.Now().Add(after))
}

// drafts says of each changeset who its author is, what became of it and how much is in it.
func (h *house) drafts() (s string) {
	h.Helper()
	h.scan(`SELECT coalesce(string_agg(concat_ws(' ', author, CASE WHEN state = 'draft' AND gathers_until = '-infinity' THEN 'kept' ELSE state END,
		(SELECT count(*) FROM changeset_edit WHERE changeset = id)), ', ' ORDER BY id), '') FROM changeset WHERE source = 'qgis' AND state <> 'dropped'`, &s)
	return s
}

func (h *house) want(what, got, want string) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %s, want %s", what, got, want)
	}
}

// plots puts features into the layer, past all review.
func (h *house) plots(codes ...string) (fids []int64) {
	h.Helper()
	h.exec(`INSERT INTO layer_plot (code, owner, geom) SELECT c, 'Sáu', ST_Multi(ST_SetSRID(ST_MakeEnvelope(546000 + 20 * n, 1060000, 546010 + 20 * n, 1060010), 959209)) FROM unnest($1::text[]) WITH ORDINALITY u (c, n)`, codes)
	h.scan(`SELECT array_agg(fid ORDER BY fid) FROM layer_plot`, &fids)
	return fids
}

func owner(fid int64, name string) changesets.Edit {
	return update(fid, 1, map[string]any{"owner": name})
}

// A draft that cannot be handed in now holds up nobody, and is tried again later.
func TestHandInGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	fids := h.plots("a", "b")
	h.send("lan", owner(fids[0], "Năm"))
	h.send("mai", owner(fids[1], "Bảy"))
	const fails = "IF who = 'lan' THEN RAISE EXCEPTION 'slow' USING ERRCODE = '57014'; END IF; PERFORM want_author(c, who)"
	h.alter("changeset_submit", "PERFORM want_author(c, who)", fails)
	h.wants(h.handIn(2*time.Minute), haidang.ErrUnavailable)
	h.want("at first", h.drafts(), "lan draft 1, mai submitted 1")
	h.alter("changeset_submit", fails, "PERFORM want_author(c, who)")
	if err := h.handIn(5 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("soon", h.drafts(), "lan draft 1, mai submitted 1")
	if err := h.handIn(15 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("later", h.drafts(), "lan submitted 1, mai submitted 1")
}

// What is refused when it is handed in stays a draft of its author, with why.
func TestRefusedIsKept(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(h *house, fid int64){
		"a conflict":     func(h *house, fid int64) { h.exec(`UPDATE layer_plot SET owner = 'Ba' WHERE fid = $1`, fid) },
		"no right":       func(h *house, _ int64) { h.exec(`DELETE FROM account_grant WHERE account = 'lan'`) },
		"a problem":      func(h *house, _ int64) { h.exec(`UPDATE layer SET topology = '{"overlap": {"severity": "block"}}'`) },
		"too much to do": func(h *house, _ int64) { h.slowCheck() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, catalogue.ReviewApprove)
			fids := h.plots("a", "b")
			moved := owner(fids[0], "Năm")
			moved.Geometry = square(546035, 1060000, 20)
			h.send("lan", moved)
			spoil(h, fids[0])
			if err := h.handIn(2 * time.Minute); err != nil {
				t.Error(err)
			}
			h.want(name, h.drafts(), "lan kept 1")
			var why string
			if h.scan(`SELECT coalesce(max(text), '') FROM changeset_note WHERE kind = 'comment'`, &why); why == "" {
				t.Error("nobody says why")
			}
		})
	}
}

// slowCheck has the check of shapes run out of time.
func (h *house) slowCheck() {
	h.Helper()
	h.unit("01", square(546000, 1060000, 100))
	h.exec(`UPDATE layer SET topology = '{"outside": {"severity": "block"}}'`)
	h.exec(`CREATE FUNCTION too_slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'slow' USING ERRCODE = '57014'; END $$`)
	h.alter("units_on", "WHERE day", "WHERE too_slow() AND day")
}

// What its author has in hand is handed in by nobody else: reopened, or changed on a page.
func TestAuthorHasItInHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	fids := h.plots("a", "b", "c")
	h.send("lan", owner(fids[0], "Năm"))
	h.send("mai", owner(fids[1], "Bảy"))
	h.send("mai", owner(fids[2], "Bảy"))
	var lan, mai int64
	h.scan(`SELECT min(id), max(id) FROM changeset WHERE source = 'qgis'`, &lan, &mai)
	if err := h.editor.TakeOut(t.Context(), "mai", h.layer, mai, 0, fids[2]); err != nil {
		t.Fatal(err)
	}
	if err := h.handIn(2 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("changed on a page", h.drafts(), "lan submitted 1, mai kept 1")
	if _, err := h.editor.Decide(t.Context(), "binh", h.layer, lan, 0, changesets.Reject, "sai tên"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.editor.Decide(t.Context(), "lan", h.layer, lan, 0, changesets.Reopen, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.handIn(2 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("reopened", h.drafts(), "lan kept 1, mai kept 1")
	h.send("lan", owner(fids[0], "Sáu Lớn")) // it is another piece of work
	h.want("afterwards", h.drafts(), "lan kept 1, mai kept 1, lan draft 1")
}

// What a draft has gained since it was looked at is not handed in unseen, nor anything of
// somebody who is locked out.
func TestHandInLeavesAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	fids := h.plots("a", "b", "c")
	for i, who := range []haidang.AccountName{"lan", "mai", "admin"} {
		h.send(who, owner(fids[i], "Năm"))
	}
	h.exec(`UPDATE account SET disabled = true WHERE name = 'admin'`)
	h.alter("changeset_submit", "PERFORM want_author(c, who)", "UPDATE changeset SET version = version + 1 WHERE author = 'mai'; PERFORM want_author(c, who)")
	if err := h.handIn(2 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("handed in", h.drafts(), "lan submitted 1, mai draft 1, admin draft 1")
}

// Requests of one person that come at once gather in one draft.
func TestRequestsAtOnceGatherInOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	fids := h.plots(strings.Split("abcdefgh", "")...)
	var all sync.WaitGroup
	for _, fid := range fids {
		all.Go(func() { h.send("lan", owner(fid, "Năm")) })
	}
	all.Wait()
	h.want("all", h.drafts(), fmt.Sprint("lan draft ", len(fids)))
}

// What lies outside one's area is refused at once, and holds up nothing that does not.
func TestProgramsHearOfRightsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	h.unit("01", square(546000, 1060000, 31))
	h.unit("02", square(547000, 1060000, 31))
	fids := h.plots("a", "b")
	h.exec(`UPDATE account_grant SET unit = '01' WHERE account = 'lan'`)
	h.send("lan", owner(fids[0], "Năm"))
	_, err := h.editor.Send(t.Context(), "lan", h.layer, owner(fids[1], "Năm"))
	h.wants(err, haidang.ErrForbidden)
	if err := h.handIn(2 * time.Minute); err != nil {
		t.Error(err)
	}
	h.want("the other", h.drafts(), "lan submitted 1")
}
