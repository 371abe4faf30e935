package changesets

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/topology"
	"haidang/internal/audit"
)

// maxPut is how many edits come at once; a draft may hold more.
const maxPut = 5000

// Verdict is what somebody decides of a changeset.
type Verdict string

// The verdicts. Reviewers approve, hold (approve, and apply later), apply and reject;
// authors reopen and drop.
const (
	Approve Verdict = "approve"
	Hold    Verdict = "hold"
	Apply   Verdict = "apply"
	Reject  Verdict = "reject"
	Reopen  Verdict = "reopen"
	Drop    Verdict = "drop"
)

// Begin opens a draft. ErrForbidden: the account may edit nothing of the layer.
func (e *Editor) Begin(ctx context.Context, who haidang.AccountName, l catalogue.Layer, title string, source Source) (id int64, err error) {
	if err := checkTitle(title); err != nil {
		return 0, err
	}
	err = e.act(ctx, l, who, "changeset.begin", func(tx pgx.Tx, said *audit.Entry) error {
		err := tx.QueryRow(ctx, `SELECT changeset_begin($1, $2, $3, $4)`, who, l.Slug, title, source).Scan(&id)
		said.Object = object(id)
		return err
	})
	return id, err
}

// Put adds edits to a draft of which the author saw the version, and returns the
// features' numbers. An edit of a feature that the draft changes already goes on from
// there; one that changes nothing leaves no trace. ErrInvalid names the field,
// ErrForbidden, ErrStale: the draft is at another version.
func (e *Editor) Put(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, edits []Edit) (fids []int64, err error) {
	list, err := e.encode(ctx, l, edits)
	if err != nil {
		return nil, err
	}
	err = e.call(ctx, l, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT fids FROM changeset_put($1, $2, $3, $4)`, who, id, seen, list).Scan(&fids)
	})
	return fids, err
}

func (e *Editor) encode(ctx context.Context, l catalogue.Layer, edits []Edit) ([]byte, error) {
	if len(edits) == 0 || len(edits) > maxPut {
		return nil, haidang.RefuseField("edits", fmt.Sprintf("Gửi từ 1 đến %d thay đổi một lần.", maxPut), fmt.Sprintf("Send 1 to %d edits at a time.", maxPut))
	}
	lists, err := e.codeLists(ctx, l, edits)
	if err != nil {
		return nil, err
	}
	all := make([]wire, len(edits))
	for i, edit := range edits {
		if all[i], err = edit.encode(l, lists); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

// codeLists reads the lists of today when an edit says anything that must be in one: they
// are thousands of codes, and most edits have none.
func (e *Editor) codeLists(ctx context.Context, l catalogue.Layer, edits []Edit) (map[string]catalogue.CodeList, error) {
	coded := func(edit Edit) bool {
		return slices.ContainsFunc(l.Columns, func(c catalogue.Column) bool { return c.Type == catalogue.CodeType && edit.Properties[c.Name] != nil })
	}
	if !slices.ContainsFunc(edits, coded) {
		return nil, nil //nolint:nilnil // none is needed
	}
	lists, err := catalogue.CodeLists(ctx, e.pool, haidang.Day(time.Now()))
	return catalogue.BySlug(lists), err
}

// TakeOut takes the edit of a feature out of a draft.
func (e *Editor) TakeOut(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen, fid int64) error {
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_take_out($1, $2, $3, $4)`, who, id, seen, fid)
		return err
	})
}

// Resolve settles the conflicts of a feature in a draft: "mine" or "theirs" by field. now
// is the feature's version that was looked at, 0 when it is gone; ErrStale: it has moved on.
func (e *Editor) Resolve(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen, fid, now int64, take map[string]string) error {
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_resolve($1, $2, $3, $4, $5, $6)`, who, id, seen, fid, now, take)
		return err
	})
}

// Name gives a draft another title.
func (e *Editor) Name(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, title string) error {
	if err := checkTitle(title); err != nil {
		return err
	}
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_name($1, $2, $3, $4)`, who, id, seen, title)
		return err
	})
}

// Submit checks a draft and hands it in. A layer without review takes it at once.
// ErrBlocked: some of the problems found block it; ErrConflict: somebody
// changed the same meanwhile. The draft stays then, and reads with what was found.
func (e *Editor) Submit(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, words string) (state State, err error) {
	if err := checkWords(words); err != nil {
		return "", err
	}
	return e.checked(ctx, l, func(rows int64) (state State, err error) {
		seen, err := e.admitAuthor(ctx, who, l, id, seen)
		if err != nil {
			return "", err
		}
		found, err := e.inspect(ctx, who, l, id)
		if err != nil {
			return "", err
		}
		if refusal := blocked(l, found); refusal != nil { // the draft stays, with what is to be mended
			return "", cmp.Or(e.keep(ctx, who, l, id, seen, found), refusal)
		}
		problems, err := topology.Rows(l, found)
		if err != nil {
			return "", err
		}
		err = e.act(ctx, l, who, "changeset.submit", func(tx pgx.Tx, said *audit.Entry) error {
			said.Object = object(id)
			err := tx.QueryRow(ctx, `SELECT changeset_submit($1, $2, $3, $4, $5, $6)`, who, id, seen, problems, rows, words).Scan(&state)
			said.Detail["state"] = state
			return err
		})
		return state, err
	})
}

func object(id int64) string { return fmt.Sprintf("changeset/%d", id) }

// maxChecks is how often a check begins again because the layer has changed meanwhile.
const maxChecks = 5

// checked does something that was checked against the layer's features as they are: at
// the version of them that it is given, or 0 where nothing but the shape itself counts.
func (e *Editor) checked(ctx context.Context, l catalogue.Layer, do func(rows int64) (State, error)) (state State, err error) {
	for range maxChecks {
		var rows int64
		if len(l.Topology) > 0 {
			if err := e.pool.QueryRow(ctx, `SELECT rows_version FROM layer WHERE slug = $1`, l.Slug).Scan(&rows); err != nil {
				return "", fmt.Errorf("read the version of layer %s: %w", l.Slug, err)
			}
		}
		if state, err = do(rows); !errors.Is(err, errCheckAgain) {
			return state, err
		}
	}
	return "", haidang.Refuse(haidang.ErrUnavailable, "Lớp đang được sửa dồn dập; hãy thử lại sau ít giây.", "The layer is being changed too fast; try again in a few seconds.")
}

// Decide is a reviewer's or the author's word on a changeset. ErrForbidden without the
// right, or of one's own; ErrConflict when it cannot be applied: nothing is.
func (e *Editor) Decide(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, v Verdict, words string) (state State, err error) {
	if err := checkWords(words); err != nil {
		return "", err
	}
	if v == Reject && words == "" {
		return "", haidang.RefuseField("note", "Hãy viết vì sao trả lại.", "Say why it is rejected.")
	}
	return e.checked(ctx, l, func(rows int64) (state State, err error) {
		if v == Approve || v == Apply { // its neighbours may have changed since it was handed in
			if err := e.admitReviewer(ctx, who, l, id, seen, v); err != nil {
				return "", err
			}
			found, err := e.inspect(ctx, who, l, id)
			if err := cmp.Or(err, blocked(l, found)); err != nil {
				return "", err
			}
		}
		err = e.act(ctx, l, who, "changeset."+string(v), func(tx pgx.Tx, said *audit.Entry) error {
			said.Object = object(id)
			err := tx.QueryRow(ctx, `SELECT changeset_decide($1, $2, $3, $4, $5, $6)`, who, id, seen, v, rows, words).Scan(&state)
			said.Detail["state"] = state
			return err
		})
		return state, err
	})
}

// Revert makes the inverse of an applied changeset and hands it in: it takes effect
// whole, or not at all. Where others have changed the same since, it stays a draft with
// its conflicts, and the number is returned beside ErrConflict.
func (e *Editor) Revert(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, title string) (inverse int64, err error) {
	if err := checkTitle(title); err != nil {
		return 0, err
	}
	err = e.act(ctx, l, who, "changeset.revert", func(tx pgx.Tx, said *audit.Entry) error {
		said.Object = object(id)
		err := tx.QueryRow(ctx, `SELECT changeset_revert($1, $2, $3, $4)`, who, id, seen, title).Scan(&inverse)
		said.Detail["inverse"] = inverse
		return err
	})
	if err != nil {
		return 0, err
	}
	_, err = e.Submit(ctx, who, l, inverse, 0, "")
	if refusal, ok := errors.AsType[*haidang.Error](err); ok {
		refusal.Text.VI += fmt.Sprintf(" Phần hoàn tác nằm ở bản nháp %d.", inverse)
		refusal.Text.EN += fmt.Sprintf(" The inverse is draft %d.", inverse)
	}
	return inverse, err
}

// Restore drafts what makes a feature again as it was at one version.
func (e *Editor) Restore(ctx context.Context, who haidang.AccountName, l catalogue.Layer, fid, rowVersion int64, title string) (id int64, err error) {
	if err := checkTitle(title); err != nil {
		return 0, err
	}
	err = e.act(ctx, l, who, "changeset.restore", func(tx pgx.Tx, said *audit.Entry) error {
		err := tx.QueryRow(ctx, `SELECT changeset_restore($1, $2, $3, $4, $5)`, who, l.Slug, fid, rowVersion, title).Scan(&id)
		said.Object = object(id)
		return err
	})
	return id, err
}

// Say adds a comment.
func (e *Editor) Say(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id int64, words string) error {
	if err := checkWords(words); err != nil {
		return err
	}
	if words == "" {
		return haidang.RefuseField("text", "Ý kiến còn trống.", "The comment is empty.")
	}
	return e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_say($1, $2, $3)`, who, id, words)
		return err
	})
}

// Attribute says whose the changes are that tx makes to layers otherwise, by an import
// or a statement: the history then knows.
func Attribute(ctx context.Context, tx pgx.Tx, source Source, who haidang.AccountName, why string) error {
	_, err := tx.Exec(ctx, `SELECT set_config('haidang.source', $1, true), set_config('haidang.author', $2, true), set_config('haidang.why', left($3, $4), true)`, source, who, why, maxTitle)
	if err != nil {
		return fmt.Errorf("say whose the change is: %w", err)
	}
	return nil
}

// act calls the database, and notes in the audit log what was done to which object.
func (e *Editor) act(ctx context.Context, l catalogue.Layer, who haidang.AccountName, action string, do func(tx pgx.Tx, said *audit.Entry) error) error {
	entry := audit.Entry{Actor: who, Action: action, Object: "layer/" + string(l.Slug), Detail: map[string]any{"layer": l.Slug}}
	return e.call(ctx, l, func(tx pgx.Tx) error {
		if err := do(tx, &entry); err != nil {
			return err
		}
		return audit.Record(ctx, tx, entry)
	})
}

// call runs one of the functions that edit, in a transaction.
func (e *Editor) call(ctx context.Context, l catalogue.Layer, do func(pgx.Tx) error) error {
	if e.edit == nil {
		return e.why
	}
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	err := pgx.BeginFunc(ctx, e.edit, do)
	if _, ours := errors.AsType[*haidang.Error](err); ours {
		return err
	}
	return refuse(l, err)
}

const (
	maxTitle = 500
	maxWords = 4000
)

func checkTitle(s string) error {
	if strings.TrimSpace(s) == "" || len([]rune(s)) > maxTitle {
		return haidang.RefuseField("title", fmt.Sprintf("Hãy viết vì sao sửa, nhiều nhất %d ký tự.", maxTitle), fmt.Sprintf("Say why, in at most %d characters.", maxTitle))
	}
	return nil
}

func checkWords(s string) error {
	if len([]rune(s)) > maxWords {
		return haidang.RefuseField("note", fmt.Sprintf("Nhiều nhất %d ký tự.", maxWords), fmt.Sprintf("At most %d characters.", maxWords))
	}
	return nil
}
