package changesets

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// applyTimeout is how long one call may take: ten thousand features are applied in seconds.
const applyTimeout = 2 * time.Minute

// connections for edits; who asks for more waits.
const connections = 8

// Editor edits layers. It is safe for concurrent use.
type Editor struct {
	pool *pgxpool.Pool // reads
	edit *pgxpool.Pool // calls the functions that change, and may do nothing else
	why  error         // there is no edit

	refusals refusals // that are noted
	turns    *turns   // of checks

	stop  context.CancelFunc // of what Start began; may be nil
	ended sync.WaitGroup
}

// Open connects as the role that may edit. Where the database does not let us make that
// role, everything can be read and every edit is refused with the cure.
func Open(ctx context.Context, pool *pgxpool.Pool) (*Editor, error) {
	if err := closeFunctions(ctx, pool); err != nil {
		return nil, fmt.Errorf("close the functions that edit: %w", err)
	}
	role, err := ensureRole(ctx, pool)
	if postgres.IsForbidden(err) {
		cure := "ALTER ROLE " + pgx.Identifier{pool.Config().ConnConfig.User}.Sanitize() + " CREATEROLE;"
		e := &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
			VI: "Chưa sửa được bản đồ: người dùng cơ sở dữ liệu của Hải Đăng không được tạo vai trò để sửa. Quản trị viên cơ sở dữ liệu hãy chạy: " + cure,
			EN: "The map cannot be edited: Hải Đăng's database user may not make the role that edits. The database's administrator should run: " + cure}}
		slog.Warn("the map cannot be edited", "error", e)
		return &Editor{pool: pool, why: e, turns: newTurns()}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("make the role that edits: %w", err)
	}
	config := role.As(pool)
	config.MinConns, config.MaxConns = 0, connections
	config.ConnConfig.RuntimeParams["application_name"] = "haidang edit"
	config.ConnConfig.RuntimeParams["lock_timeout"] = "5s" // an import holds its layer for minutes: its editors must not hold all connections
	config.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(applyTimeout.Milliseconds())
	edit, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect as the role that edits: %w", err)
	}
	return &Editor{pool: pool, edit: edit, turns: newTurns()}, nil
}

// Able reports whether edits are possible at all.
func (e *Editor) Able() bool { return e.edit != nil }

// Start hands in the drafts of programs from now on, until Close.
func (e *Editor) Start() {
	if !e.Able() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	e.ended.Go(func() { e.keepHandingIn(ctx) })
}

// Close ends what Start began and gives the connections back.
func (e *Editor) Close() {
	if e.stop != nil {
		e.stop()
		e.ended.Wait()
	}
	if e.edit != nil {
		e.edit.Close()
	}
}

// ensureRole makes the role, and lets it call what edits and note what it did in the
// audit log. A restored database may have lost both.
func ensureRole(ctx context.Context, pool *pgxpool.Pool) (role postgres.Role, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		if role, err = postgres.EnsureRole(ctx, tx, "editor_role", "haidang_edit_", postgres.EditorGroup, 4*connections,
			"idle_in_transaction_session_timeout = '60s'"); err != nil {
			return err
		}
		name := pgx.Identifier{role.Name}.Sanitize()
		if err := onFunctions(ctx, tx, `GRANT EXECUTE ON FUNCTION %s TO `+name); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `GRANT SELECT, INSERT ON audit_log TO `+name)
		return err
	})
	return role, err
}

// closeFunctions lets nobody else call what edits, whether or not there is a role: a
// database restored without privileges has them open.
func closeFunctions(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return onFunctions(ctx, tx, `REVOKE ALL ON FUNCTION %s FROM PUBLIC`) })
}

// onFunctions runs a statement on each of the functions that edit.
func onFunctions(ctx context.Context, tx pgx.Tx, statement string) error {
	rows, err := tx.Query(ctx, `SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.proname ~ '^changeset_'`)
	if err != nil {
		return err
	}
	functions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, f := range functions {
		if _, err := tx.Exec(ctx, fmt.Sprintf(statement, f)); err != nil {
			return err
		}
	}
	return nil
}
