package auth

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang/internal/audit"
)

// DemoPassword is the password of every demo account. Nobody else may have it.
const DemoPassword = "haidang-demo"

// demoAccounts have one role each, everywhere.
var demoAccounts = []NewAccount{
	{Name: "operator", FullName: "Trực ban (trình diễn)", Grants: []Grant{{Role: RoleOperator}}},
	{Name: "editor", FullName: "Chuyên viên cơ quan (trình diễn)", Grants: []Grant{{Role: RoleEditor}}},
	{Name: "reviewer", FullName: "Người duyệt (trình diễn)", Grants: []Grant{{Role: RoleReviewer}}},
	{Name: "leader", FullName: "Lãnh đạo (trình diễn)", Grants: []Grant{{Role: RoleLeader}}},
	{Name: "admin", FullName: "Quản trị viên (trình diễn)", Grants: []Grant{{Role: RoleAdmin}}},
}

// SeedDemo makes the demo accounts, or enables those that RetireDemo disabled. An
// account of the same name that is not a demo account stays as it is. Call it only
// where nobody but this machine can sign in.
func (a *Accounts) SeedDemo(ctx context.Context) error {
	hash, err := a.hasher.hash(ctx, DemoPassword)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(adminLock)); err != nil {
			return fmt.Errorf("seed demo accounts: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET disabled = false WHERE demo AND disabled`); err != nil {
			return fmt.Errorf("seed demo accounts: %w", err)
		}
		for _, n := range demoAccounts {
			var exists bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM account WHERE name = $1)`, n.Name).Scan(&exists); err != nil {
				return fmt.Errorf("seed demo accounts: %w", err)
			}
			if exists {
				continue
			}
			if err := insertAccount(ctx, tx, "", n, hash, true); err != nil {
				return err
			}
		}
		return nil
	})
}

// RetireDemo disables the demo accounts and ends their sessions. Every start that
// is not a demonstration calls it first: their password is known to everybody.
func (a *Accounts) RetireDemo(ctx context.Context) error {
	return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(adminLock)); err != nil {
			return fmt.Errorf("retire demo accounts: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE account IN (SELECT name FROM account WHERE demo)`); err != nil {
			return fmt.Errorf("retire demo accounts: %w", err)
		}
		tag, err := tx.Exec(ctx, `UPDATE account SET disabled = true WHERE demo AND NOT disabled`)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Action: "account.retire_demo", Object: "account"})
	})
}
