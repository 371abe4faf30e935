package changesets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

const (
	handInEvery = 10 * time.Second
	handInMost  = 100              // drafts at a time; the others wait for the next
	handInAgain = 10 * time.Minute // what failed for no fault of its own
)

// keepHandingIn hands in the drafts of programs that have paused, until ctx ends. It
// looks for them in the database, so one that waited while nothing ran is handed in too.
func (e *Editor) keepHandingIn(ctx context.Context) {
	ticker := time.NewTicker(handInEvery)
	defer ticker.Stop()
	for {
		if err := e.HandIn(ctx, time.Now()); err != nil && ctx.Err() == nil {
			slog.Warn("drafts of programs wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// HandIn hands in the drafts of programs that waited for more until before then. What is
// refused is kept for its author; what fails otherwise holds nobody up, and is tried
// again later.
func (e *Editor) HandIn(ctx context.Context, then time.Time) error {
	rows, err := e.pool.Query(ctx, selectChangesets+`WHERE c.state = 'draft' AND c.gathers_until > '-infinity' AND c.gathers_until < $1 AND NOT a.disabled ORDER BY c.gathers_until LIMIT $2`, then, handInMost)
	if err != nil {
		return fmt.Errorf("look for drafts of programs: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, scanChangeset)
	if err != nil {
		return fmt.Errorf("look for drafts of programs: %w", err)
	}
	var failed []error
	for _, c := range waiting {
		if err := e.handIn(ctx, c); err != nil && ctx.Err() == nil {
			failed = append(failed, fmt.Errorf("hand in changeset %d: %w", c.ID, err), e.putOff(ctx, c))
		}
	}
	return errors.Join(failed...)
}

func (e *Editor) handIn(ctx context.Context, c Changeset) error {
	l, err := catalogue.Get(ctx, e.pool, c.Layer)
	if err != nil {
		return err
	}
	if c.Counts.Insert+c.Counts.Update+c.Counts.Delete == 0 { // what was added was taken away again
		_, err := e.Decide(ctx, c.Author, l, c.ID, c.Version, Drop, "")
		return but(err, haidang.ErrStale)
	}
	_, err = e.Submit(ctx, c.Author, l, c.ID, c.Version, "")
	switch haidang.CodeOf(err) {
	case haidang.ErrStale: // more has come
		return nil
	case haidang.ErrConflict, haidang.ErrBlocked, haidang.ErrInvalid, haidang.ErrTooLarge, haidang.ErrForbidden:
		e.Refused(ctx, c.Author, object(c.ID), map[string]any{"layer": l.Slug}, err)
		return e.leave(ctx, l, c, err)
	}
	return err
}

// putOff has a draft wait some more.
func (e *Editor) putOff(ctx context.Context, c Changeset) error {
	return but(e.call(ctx, catalogue.Layer{Slug: c.Layer}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_wait($1, $2, NULL, $3)`, c.Author, c.ID, handInAgain)
		return err
	}), haidang.ErrConflict) // handed in by its author meanwhile
}

// leave leaves a draft to its author, with why it was not taken.
func (e *Editor) leave(ctx context.Context, l catalogue.Layer, c Changeset, why error) error {
	refusal, _ := errors.AsType[*haidang.Error](why)
	return but(e.call(ctx, l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT changeset_keep($1, $2, $3)`, c.Author, c.ID, refusal.Text.VI)
		return err
	}), haidang.ErrConflict) // handed in by its author meanwhile
}

// but is the error unless it is of that code.
func but(err error, code haidang.ErrorCode) error {
	if haidang.CodeOf(err) == code {
		return nil
	}
	return err
}
