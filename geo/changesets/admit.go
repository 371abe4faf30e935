package changesets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// MayPut returns nil when the account may add to the draft, of which it saw that version
// (0: whichever), or what Put would refuse. It is asked before edits are read, which may
// take long; Put asks again.
func (e *Editor) MayPut(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64) error {
	_, err := e.admitAuthor(ctx, who, l, id, seen)
	return err
}

// admitAuthor returns the version that the draft is at, or what the database would refuse:
// nobody makes the server work on what is not theirs.
func (e *Editor) admitAuthor(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64) (int64, error) {
	c, err := e.at(ctx, l, id, seen)
	switch {
	case err != nil:
		return 0, err
	case c.Author != who:
		return 0, sentence(l, "not the author", detail{})
	case c.State != Draft:
		return 0, sentence(l, "state", detail{State: string(c.State)})
	}
	return c.Version, nil
}

// admitReviewer does the same for whoever is about to approve or apply a changeset.
func (e *Editor) admitReviewer(ctx context.Context, who haidang.AccountName, l catalogue.Layer, id, seen int64, v Verdict) error {
	c, err := e.at(ctx, l, id, seen)
	if err != nil {
		return err
	}
	var may bool
	if err := e.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM rights_of($1, $2, 'review'))`, who, l.Slug).Scan(&may); err != nil {
		return fmt.Errorf("look up who reviews %s: %w", l.Slug, err)
	}
	from := map[Verdict]State{Approve: Submitted, Apply: Approved}[v]
	switch {
	case c.State != from:
		return sentence(l, "state", detail{State: string(c.State)})
	case !may:
		return sentence(l, "rights", detail{What: "review"})
	case c.Author == who:
		return sentence(l, "own", detail{})
	}
	return nil
}

// at is whose a changeset is, its state and its version, if that is the one that was seen.
func (e *Editor) at(ctx context.Context, l catalogue.Layer, id, seen int64) (c Changeset, err error) {
	if !e.Able() {
		return c, e.why
	}
	err = e.pool.QueryRow(ctx, `SELECT author, state, version FROM changeset WHERE id = $1 AND layer = $2`, id, l.Slug).Scan(&c.Author, &c.State, &c.Version)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return c, sentence(l, "no changeset", detail{})
	case err != nil:
		return c, fmt.Errorf("read changeset %d: %w", id, err)
	case seen != 0 && seen != c.Version:
		return c, sentence(l, "moved", detail{})
	}
	return c, nil
}

const (
	atOnce   = 3                // checks; each takes a connection and a core for up to twenty seconds
	patience = 10 * time.Second // that one waits for its turn
)

// turns let few check at once, and one person once: the rest of the connections and of
// the machine is for everybody else.
type turns struct {
	wait time.Duration
	all  chan struct{}
	own  sync.Map // by account: a chan struct{} of one
}

func newTurns() *turns { return &turns{wait: patience, all: make(chan struct{}, atOnce)} }

// take waits for the account's turn, or returns ErrUnavailable. leave ends it.
func (t *turns) take(ctx context.Context, who haidang.AccountName) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	own, _ := t.own.LoadOrStore(who, make(chan struct{}, 1))
	var held []chan struct{}
	leave = func() {
		for _, places := range slices.Backward(held) {
			<-places
		}
	}
	for _, places := range []chan struct{}{own.(chan struct{}), t.all} {
		select {
		case places <- struct{}{}:
			held = append(held, places)
		case <-ctx.Done():
			leave()
			return nil, caused(ctx.Err(), haidang.Refuse(haidang.ErrUnavailable, "Máy chủ đang kiểm tra nhiều bộ thay đổi khác. Chưa có gì bị mất; hãy thử lại sau ít giây.",
				"The server is checking many other changesets. Nothing was lost; try again in a few seconds."))
		}
	}
	return leave, nil
}
