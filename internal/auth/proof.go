package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
)

// Principal returns who a proof stands for, with the grants of now: nil when the
// account has been disabled or has another password since. A door that keeps a proof
// for a while asks this each time.
func (a *Accounts) Principal(ctx context.Context, proof Proof) (*Principal, error) {
	var p Principal
	err := a.pool.QueryRow(ctx, `SELECT name, full_name, `+grantsJSON+` FROM account a WHERE name = $1 AND password_hash = $2 AND NOT disabled`,
		proof.Account, proof.hash).Scan(&p.Account, &p.FullName, &p.Grants)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // a nil principal is the public
	}
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	return &p, nil
}

// AuthenticateBasic is Authenticate for programs that send name and password with
// every request: it writes into the audit log that they were taken.
func (a *Accounts) AuthenticateBasic(ctx context.Context, name haidang.AccountName, password, address string) (Proof, error) {
	proof, err := a.Authenticate(ctx, name, password, address)
	if err != nil {
		return proof, err
	}
	return proof, pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: proof.Account, Action: string(SessionOpen), Object: "account/" + string(proof.Account),
			Detail: map[string]any{"by": "basic"}})
	})
}
