package changesets

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/time/rate"

	"haidang"
	"haidang/internal/audit"
)

// Who is refused again and again fills no log: this many refusals of a person are noted
// at once, then one in a while, with how many there were between.
const (
	refusalsAtOnce = 30
	refusalEvery   = time.Minute
	noteTimeout    = 10 * time.Second
)

// Refused notes in the audit log that somebody was refused what they asked for: without
// the right, from another state than the present one, or something that was altered after
// it was handed in. Other errors are not noted. It never fails: a refusal stays one.
func (e *Editor) Refused(ctx context.Context, who haidang.AccountName, object string, detail map[string]any, err error) {
	refusal, ours := errors.AsType[*haidang.Error](err)
	if !ours || refusal.Code != haidang.ErrForbidden && refusal.Code != haidang.ErrStale && !altered(err) {
		return
	}
	left, ok := e.refusals.take(who)
	if !ok {
		return
	}
	detail["code"], detail["why"] = refusal.Code, refusal.Text.VI
	if left > 0 {
		detail["leftOut"] = left
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // who is refused may hang up
	defer cancel()
	entry := audit.Entry{Actor: who, Action: "layer.edit.refused", Object: object, Detail: detail}
	if err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error { return audit.Record(ctx, tx, entry) }); err != nil {
		slog.ErrorContext(ctx, "a refusal is not in the audit log", "error", err)
	}
}

// altered reports whether a changeset was not as it was when it was handed in.
func altered(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Message == "altered"
}

// refusals says which refusals are noted.
type refusals struct {
	mu sync.Mutex
	of map[haidang.AccountName]*turn
}

type turn struct {
	rate *rate.Limiter
	left int // not noted since the last that was
}

// take takes a turn for a person, and says how many refusals had none before it.
func (r *refusals) take(who haidang.AccountName) (left int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[haidang.AccountName]*turn{}
	}
	t := r.of[who]
	if t == nil {
		t = &turn{rate: rate.NewLimiter(rate.Every(refusalEvery), refusalsAtOnce)}
		r.of[who] = t
	}
	if !t.rate.Allow() {
		t.left++
		return 0, false
	}
	left, t.left = t.left, 0
	return left, true
}
