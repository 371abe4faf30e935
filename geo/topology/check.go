package topology

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/geo/catalogue"
)

const (
	// mostProblems ends a check: who has as many does not read further.
	mostProblems = 1000
	// limit is how long a check may take; a person waits for the answer.
	limit = 20 * time.Second
)

// Beginner is a pool, a connection or a transaction.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// finders look for each kind of problem, in the order of what they are worth.
var finders = []struct {
	kind catalogue.ProblemKind
	sql  func(look) (string, []any)
}{
	{catalogue.Invalid, invalids}, {catalogue.Overlap, overlaps}, {catalogue.Gap, gaps},
	{catalogue.Sliver, slivers}, {catalogue.Outside, outsides}, {catalogue.Area, areas},
}

// Check returns what would be wrong with the layer after the changeset, what blocks first,
// then by kind, at most 1000 problems. It wants a vector layer, writes nothing that stays, and leaves a
// transaction that it was given usable. ErrTooLarge: there is more to look at than 20
// seconds are enough for; ErrInvalid: a shape that the database cannot compute with, or
// shapes that cross too often.
func Check(ctx context.Context, db Beginner, l catalogue.Layer, changeset int64) ([]Problem, error) {
	return checkWithin(ctx, limit, db, l, changeset)
}

func checkWithin(ctx context.Context, limit time.Duration, db Beginner, l catalogue.Layer, changeset int64) ([]Problem, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin to check changeset %d: %w", changeset, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // there is nothing to keep
	problems, err := check(ctx, tx, newLook(l, changeset, time.Now().Add(limit)))
	if err != nil {
		return nil, refuse(changeset, err)
	}
	return problems, nil
}

func check(ctx context.Context, tx pgx.Tx, k look) (problems []Problem, err error) {
	moves, err := k.movesAny(ctx, tx)
	if err == nil && moves {
		if err = k.gather(ctx, tx); err == nil {
			err = k.untangled(ctx, tx)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, severity := range []catalogue.Severity{catalogue.Block, catalogue.Warn} { // no heap of warnings hides what blocks
		for _, f := range finders {
			k.rule = k.ruleFor(f.kind)
			if k.rule.Severity != severity || !moves && f.kind != catalogue.Area || len(problems) >= mostProblems {
				continue
			}
			found, err := k.find(ctx, tx, f.kind, f.sql, mostProblems-len(problems))
			if err != nil {
				return nil, fmt.Errorf("look for %s: %w", f.kind, err)
			}
			problems = append(problems, found...)
		}
	}
	return problems, nil
}

// ruleFor is the layer's rule for a kind; without a severity: it has none.
func (k look) ruleFor(kind catalogue.ProblemKind) catalogue.TopologyRule {
	if kind == catalogue.Invalid {
		return catalogue.TopologyRule{Severity: catalogue.Block}
	}
	if rule, ok := k.layer.Topology.Rule(kind); ok {
		return rule
	}
	return catalogue.TopologyRule{}
}

// movesAny reports whether the changeset changes where or when anything is. Most edits
// change other attributes: then nothing but areas on paper can be wrong.
func (k look) movesAny(ctx context.Context, tx pgx.Tx) (moves bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM changeset_edit WHERE changeset = $1 AND (geom IS NOT NULL OR op = 'delete' OR attributes ? 'period'))`, k.changeset).Scan(&moves)
	if err != nil {
		return false, fmt.Errorf("look whether anything is moved: %w", err)
	}
	return moves, nil
}

// refuse turns what the database could not compute into a sentence.
func refuse(changeset int64, err error) error {
	if _, ours := errors.AsType[*haidang.Error](err); ours {
		return err
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fmt.Errorf("check changeset %d: %w", changeset, err)
	}
	var refusal *haidang.Error
	switch {
	case e.Code == "57014":
		refusal = tooLong()
	case e.Code == "XX000" || strings.HasPrefix(e.Code, "22"): // PostGIS's own complaints, and values out of range
		refusal = haidang.RefuseField("geometry", "Có hình dạng trong bộ thay đổi mà máy chủ không tính được. Hãy xem lại các tọa độ, vẽ lại hình ấy.",
			"The changeset has a shape that cannot be computed with. Look at its coordinates and draw it again.")
	default:
		return fmt.Errorf("check changeset %d: %w", changeset, err)
	}
	refusal.Cause = err
	return refusal
}

func tooLong() *haidang.Error {
	return haidang.Refuse(haidang.ErrTooLarge, "Kiểm tra hình học mất quá "+seconds()+" giây nên đã dừng. Hãy chia bộ thay đổi này thành nhiều bộ nhỏ, hoặc chia các vùng có quá nhiều đỉnh.",
		"Checking the shapes takes more than "+seconds()+" seconds and was stopped. Divide the changeset into smaller ones, or polygons with very many vertices into several.")
}

func seconds() string { return strconv.Itoa(int(limit.Seconds())) }
