package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/config"
)

// auditCmd asks the log of what people did.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Read the whole audit log and say whether a row was altered, dropped or slipped in."`
}

type auditVerifyCmd struct {
	config.Shared `embed:""`
}

// Run checks the chain of hashes. A broken one is a refusal that names the row.
func (c *auditVerifyCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error { return verifyAudit(ctx, pool, os.Stdout) })
}

// verifyAudit names the newest row too: rows cut off at the end leave a shorter chain
// that is whole, which only somebody who noted the number can see.
func verifyAudit(ctx context.Context, pool *pgxpool.Pool, w io.Writer) error {
	err := audit.Verify(ctx, pool)
	if errors.Is(err, audit.ErrBroken) {
		refusal := haidang.Refuse(haidang.ErrConflict, "Nhật ký thao tác đã bị sửa. Hãy giữ nguyên cơ sở dữ liệu và so với bản sao lưu.",
			"The audit log was changed. Leave the database as it is and compare it with a backup.")
		refusal.Cause = err
		return refusal
	}
	if err != nil {
		return err
	}
	newest, err := audit.List(ctx, pool, 0, 1)
	if err != nil {
		return err
	}
	if len(newest) == 0 {
		_, err = fmt.Fprintln(w, "the audit log is empty")
		return err
	}
	_, err = fmt.Fprintf(w, "the audit log is whole: %d rows, the newest of %s\n", newest[0].Seq, newest[0].At.Format("2006-01-02 15:04:05Z"))
	return err
}
