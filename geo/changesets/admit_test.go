package changesets_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// whileBusy does something while nobody can look at the layer's features.
func (h *house) whileBusy(do func(ctx context.Context)) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 10*time.Second)
	defer cancel()
	err := pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE layer_plot`); err != nil {
			return err
		}
		do(ctx)
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

// Who may not act on a changeset is told so before anything is looked at for it.
func TestNobodyIsCheckedForWhoMayNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewApprove)
	h.minding("block")
	draft, _ := h.begin("lan", insert("a"))
	waits, _ := h.begin("lan", insert("b"))
	if _, err := h.editor.Submit(t.Context(), "lan", h.layer, waits, 0, ""); err != nil {
		t.Fatal(err)
	}
	h.whileBusy(func(ctx context.Context) {
		decide := func(who haidang.AccountName, id, seen int64, v changesets.Verdict) error {
			_, err := h.editor.Decide(ctx, who, h.layer, id, seen, v, "")
			return err
		}
		h.wants(h.editor.MayPut(ctx, "mai", h.layer, draft, 0), haidang.ErrForbidden)
		h.wants(h.editor.MayPut(ctx, "lan", h.layer, waits, 0), haidang.ErrConflict)
		h.wants(h.editor.Check(ctx, "mai", h.layer, draft, 0), haidang.ErrForbidden)
		h.wants(h.editor.Check(ctx, "lan", h.layer, waits, 0), haidang.ErrConflict)
		_, err := h.editor.Submit(ctx, "mai", h.layer, draft, 0, "")
		h.wants(err, haidang.ErrForbidden)
		h.wants(decide("mai", waits, 0, changesets.Approve), haidang.ErrForbidden)
		h.wants(decide("lan", waits, 0, changesets.Approve), haidang.ErrForbidden)
		h.wants(decide("binh", waits, 99, changesets.Approve), haidang.ErrStale)
		h.wants(decide("binh", waits, 0, changesets.Apply), haidang.ErrConflict)
		h.wants(decide("binh", draft, 0, changesets.Approve), haidang.ErrConflict)
	})
}

// Three check at once, one person once; the others are asked to come back.
func TestChecksTakeTurns(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	h.minding("block")
	h.editor.Wait(time.Second / 2)
	people := []haidang.AccountName{"lan", "mai", "admin"}
	var ids []int64
	for _, who := range people {
		id, _ := h.begin(who, insert("a"))
		ids = append(ids, id)
	}
	second, _ := h.begin("lan", insert("b"))
	h.exec(`INSERT INTO account (name, full_name, password_hash) VALUES ('tu', 'Tư', ''); INSERT INTO account_grant (account, role, agency) VALUES ('tu', 'editor', 'sotnmt')`)
	fourth, _ := h.begin("tu", insert("c"))
	var checks sync.WaitGroup
	h.whileBusy(func(ctx context.Context) {
		check := func(i int) {
			checks.Go(func() {
				if err := h.editor.Check(h.Context(), people[i], h.layer, ids[i], 0); err != nil {
					h.Error(err)
				}
			})
		}
		check(0)
		h.waiting(1)
		h.wants(h.editor.Check(ctx, "lan", h.layer, second, 0), haidang.ErrUnavailable)
		check(1)
		check(2)
		h.waiting(3)
		h.wants(h.editor.Check(ctx, "tu", h.layer, fourth, 0), haidang.ErrUnavailable)
	})
	checks.Wait()
	if err := h.editor.Check(t.Context(), "tu", h.layer, fourth, 0); err != nil {
		t.Error(err)
	}
}

// waiting waits until so many wait for the layer.
func (h *house) waiting(want int) {
	h.Helper()
	for n := 0; n != want; time.Sleep(10 * time.Millisecond) {
		h.scan(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'layer_plot'::regclass`, &n)
	}
}
