package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// SetupLife is how long the one-time link for the first administrator works.
const SetupLife = 24 * time.Hour

// NewSetupToken returns the token of the one-time link by which the first
// administrator signs up. An earlier token stops working. It returns ErrConflict
// when there is an administrator.
func (a *Accounts) NewSetupToken(ctx context.Context) (token string, err error) {
	token = newToken()
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := lockSetup(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM setup_token`); err != nil {
			return fmt.Errorf("new setup token: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO setup_token (token_hash, expires_at) VALUES ($1, $2)`, hashToken(token), a.now().Add(SetupLife))
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// lockSetup keeps everybody else from becoming an administrator until the
// transaction ends, and returns ErrConflict when somebody is one.
func lockSetup(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(adminLock)); err != nil {
		return fmt.Errorf("lock accounts: %w", err)
	}
	has, err := hasAdmin(ctx, tx)
	if err != nil {
		return err
	}
	if has {
		return haidang.Refuse(haidang.ErrConflict, "Hệ thống đã có quản trị viên. Hãy đăng nhập, hoặc hỏi người đó.",
			"There is an administrator already. Sign in, or ask that person.")
	}
	return nil
}

// FinishSetup makes the first administrator from a one-time token; n.Grants is
// ignored. Of several people at once one succeeds. It returns ErrForbidden for a
// token that is wrong or has ended, ErrConflict when there is an administrator or
// the name is taken, ErrInvalid with the field at fault.
func (a *Accounts) FinishSetup(ctx context.Context, token string, n NewAccount) (Proof, error) {
	if err := a.checkSetupToken(ctx, a.pool, token); err != nil { // before the costly hash
		return Proof{}, err
	}
	n.Grants = []Grant{{Role: RoleAdmin}}
	hash, err := a.prepare(ctx, &n)
	if err != nil {
		return Proof{}, err
	}
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := lockSetup(ctx, tx); err != nil {
			return err
		}
		if err := a.checkSetupToken(ctx, tx, token); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM setup_token`); err != nil {
			return fmt.Errorf("finish setup: %w", err)
		}
		return insertAccount(ctx, tx, n.Name, n, hash, false)
	})
	if err != nil {
		return Proof{}, err
	}
	return Proof{Account: n.Name, hash: hash}, nil
}

func (a *Accounts) checkSetupToken(ctx context.Context, db rower, token string) error {
	var good bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM setup_token WHERE token_hash = $1 AND expires_at > $2)`, hashToken(token), a.now()).Scan(&good)
	if err != nil {
		return fmt.Errorf("check setup token: %w", err)
	}
	if !good {
		return haidang.Refuse(haidang.ErrForbidden,
			"Liên kết này không đúng, đã dùng hoặc đã hết hạn. Khởi động lại máy chủ để có liên kết mới.",
			"This link is wrong, used or has ended. Restart the server to get a new one.")
	}
	return nil
}
