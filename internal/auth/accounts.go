package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
)

// Accounts are the people who can sign in. It is safe for concurrent use, also by
// several processes on one database.
type Accounts struct {
	pool   *pgxpool.Pool
	hasher *hasher
	guard  *guard
	now    func() time.Time
}

// NewAccounts makes the door to the accounts in the database.
func NewAccounts(pool *pgxpool.Pool) *Accounts {
	return &Accounts{pool: pool, hasher: newHasher(), guard: newGuard(), now: time.Now}
}

// adminLock lets one change at a time touch who is an administrator.
const adminLock = 0x6861_6964_616e_6732 // "haidang2"

// grantsJSON is the grants of account a, in order.
const grantsJSON = `coalesce((SELECT json_agg(json_build_object('role', role, 'agency', agency, 'unit', unit)
	ORDER BY role, agency, unit) FROM account_grant WHERE account = a.name), '[]')`

// Proof says that somebody has just shown the password of an account. Sessions.Open takes it.
type Proof struct {
	Account haidang.AccountName
	hash    string // the hash it was checked against: a later password makes the proof void
}

// Authenticate checks a name and a password from a network address. Whatever is
// wrong the answer is the same ErrUnauthorised after the same work; too many
// failures bring ErrTooMany, with RetryAfter.
func (a *Accounts) Authenticate(ctx context.Context, name haidang.AccountName, password, address string) (Proof, error) {
	name = spell(name)
	succeed, err := a.guard.enter(name, address, a.now())
	if err != nil {
		return Proof{}, err
	}
	hash, known, err := a.hashOf(ctx, name)
	if err != nil {
		return Proof{}, err
	}
	right, err := a.hasher.verify(ctx, hash, password)
	if err != nil {
		return Proof{}, err
	}
	if !known || !right {
		slog.Warn("sign-in refused", "known", known, "address", address)
		return Proof{}, refuseSignIn()
	}
	succeed()
	return Proof{Account: name, hash: hash}, nil
}

func refuseSignIn() error {
	return haidang.Refuse(haidang.ErrUnauthorised,
		"Tên đăng nhập hoặc mật khẩu không đúng. Hãy kiểm tra rồi thử lại.",
		"The account's name or the password is wrong. Check them, then try again.")
}

// nobodysHash is checked when there is no such account, so that the answer takes
// as long as for one that exists. No password leads to it.
var nobodysHash = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", standardCost.memoryKiB,
	standardCost.passes, standardCost.lanes, "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

func (a *Accounts) hashOf(ctx context.Context, name haidang.AccountName) (hash string, known bool, err error) {
	err = a.pool.QueryRow(ctx, `SELECT password_hash FROM account WHERE name = $1 AND NOT disabled`, name).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) || checkName(name) != nil {
		return nobodysHash, false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read account: %w", err)
	}
	return hash, true, nil
}

// HasAny reports whether anybody can administer the house: there is an enabled
// account with the admin role. Without one, NewSetupToken opens the door.
func (a *Accounts) HasAny(ctx context.Context) (bool, error) { return hasAdmin(ctx, a.pool) }

type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func hasAdmin(ctx context.Context, db rower) (has bool, err error) {
	err = db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM account a JOIN account_grant g ON g.account = a.name
		WHERE g.role = 'admin' AND NOT a.disabled)`).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for an administrator: %w", err)
	}
	return has, nil
}

// List returns all accounts by name.
func (a *Accounts) List(ctx context.Context) ([]Account, error) {
	rows, err := a.pool.Query(ctx, `SELECT name, full_name, disabled, demo, created_at, `+grantsJSON+` FROM account a ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, scanAccount)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts, nil
}

func scanAccount(row pgx.CollectableRow) (a Account, err error) {
	err = row.Scan(&a.Name, &a.FullName, &a.Disabled, &a.Demo, &a.CreatedAt, &a.Grants)
	a.CreatedAt = a.CreatedAt.UTC()
	return a, err
}

// Create adds an account in the name of an administrator. It returns ErrInvalid
// with the field at fault, or ErrConflict when the name is taken.
func (a *Accounts) Create(ctx context.Context, by haidang.AccountName, n NewAccount) (Account, error) {
	hash, err := a.prepare(ctx, &n)
	if err != nil {
		return Account{}, err
	}
	return a.change(ctx, n.Name, func(tx pgx.Tx) error {
		return insertAccount(ctx, tx, by, n, hash, false)
	})
}

// prepare checks and spells the parts of a new account and hashes its password.
func (a *Accounts) prepare(ctx context.Context, n *NewAccount) (hash string, err error) {
	n.Name = spell(n.Name)
	if err = checkName(n.Name); err != nil {
		return "", err
	}
	if n.FullName, err = checkFullName(n.FullName); err != nil {
		return "", err
	}
	if n.Grants, err = checkGrants(n.Grants); err != nil {
		return "", err
	}
	if err = checkPassword(n.Name, n.Password); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, n.Password)
}

func insertAccount(ctx context.Context, tx pgx.Tx, by haidang.AccountName, n NewAccount, hash string, demo bool) error {
	tag, err := tx.Exec(ctx, `INSERT INTO account (name, full_name, password_hash, demo) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO NOTHING`, n.Name, n.FullName, hash, demo)
	if err != nil {
		return fmt.Errorf("create account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return &haidang.Error{Code: haidang.ErrConflict, Field: "account", Text: haidang.Text{
			VI: fmt.Sprintf("Tên đăng nhập %q đã có người dùng. Hãy chọn tên khác.", n.Name),
			EN: fmt.Sprintf("The account name %q is taken. Choose another.", n.Name)}}
	}
	if err := setGrants(ctx, tx, n.Name, n.Grants); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "account.create", Object: "account/" + string(n.Name),
		Detail: map[string]any{"fullName": n.FullName, "grants": n.Grants}})
}

// setGrants replaces the account's grants and refuses agencies and units nobody has heard of.
func setGrants(ctx context.Context, tx pgx.Tx, name haidang.AccountName, grants []Grant) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_grant WHERE account = $1`, name); err != nil {
		return fmt.Errorf("set grants: %w", err)
	}
	for _, g := range grants {
		var agency, unit bool
		err := tx.QueryRow(ctx, `SELECT $1 = '' OR EXISTS (SELECT FROM agency WHERE code = $1),
			$2 = '' OR EXISTS (SELECT FROM administrative_unit WHERE code = $2)`, g.Agency, g.Unit).Scan(&agency, &unit)
		switch {
		case err != nil:
			return fmt.Errorf("set grants: %w", err)
		case !agency:
			return haidang.RefuseField("grants", fmt.Sprintf("Không có cơ quan %q.", g.Agency), fmt.Sprintf("There is no agency %q.", g.Agency))
		case !unit:
			return haidang.RefuseField("grants", fmt.Sprintf("Không có đơn vị hành chính %q.", g.Unit), fmt.Sprintf("There is no administrative unit %q.", g.Unit))
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account_grant (account, role, agency, unit) VALUES ($1, $2, $3, $4)`,
			name, g.Role, g.Agency, g.Unit); err != nil {
			return fmt.Errorf("set grants: %w", err)
		}
	}
	return nil
}

// change runs do in a transaction in which nobody else changes accounts, and
// returns the account as it is afterwards.
func (a *Accounts) change(ctx context.Context, name haidang.AccountName, do func(pgx.Tx) error) (account Account, err error) {
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(adminLock)); err != nil {
			return fmt.Errorf("lock accounts: %w", err)
		}
		if err := do(tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT name, full_name, disabled, demo, created_at, `+grantsJSON+` FROM account a WHERE name = $1`, name)
		if err != nil {
			return fmt.Errorf("read account: %w", err)
		}
		account, err = pgx.CollectExactlyOneRow(rows, scanAccount)
		return err
	})
	return account, err
}
