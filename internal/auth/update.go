package auth

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/audit"
)

// Update changes an account in the name of an administrator. A new password or a
// disabled account ends its sessions. It returns ErrNotFound, ErrInvalid with the
// field at fault, or ErrConflict when no administrator would be left.
func (a *Accounts) Update(ctx context.Context, by, name haidang.AccountName, c Change) (Account, error) {
	name = spell(name)
	if checkName(name) != nil {
		return Account{}, noAccount(name)
	}
	hash, err := a.prepareChange(ctx, name, &c)
	if err != nil {
		return Account{}, err
	}
	return a.change(ctx, name, func(tx pgx.Tx) error {
		if err := apply(ctx, tx, name, c, hash); err != nil {
			return err
		}
		if has, err := hasAdmin(ctx, tx); err != nil || !has {
			return orLastAdmin(err)
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "account.update",
			Object: "account/" + string(name), Detail: c.detail()})
	})
}

func orLastAdmin(err error) error {
	if err != nil {
		return err
	}
	return &haidang.Error{Code: haidang.ErrConflict, Field: "grants", Text: haidang.Text{
		VI: "Đây là quản trị viên cuối cùng. Hãy trao quyền quản trị cho người khác trước.",
		EN: "This is the last administrator. Give somebody else the admin role first."}}
}

// prepareChange checks and spells the parts that change and hashes the new password, if any.
func (a *Accounts) prepareChange(ctx context.Context, name haidang.AccountName, c *Change) (hash string, err error) {
	if c.FullName != nil {
		full, err := checkFullName(*c.FullName)
		if err != nil {
			return "", err
		}
		c.FullName = &full
	}
	if c.Grants != nil {
		grants, err := checkGrants(*c.Grants)
		if err != nil {
			return "", err
		}
		c.Grants = &grants
	}
	if c.Password == nil {
		return "", nil
	}
	if err := checkPassword(name, *c.Password); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, *c.Password)
}

// apply writes the change. A demo account that gets a password of its own is one no longer.
func apply(ctx context.Context, tx pgx.Tx, name haidang.AccountName, c Change, hash string) error {
	tag, err := tx.Exec(ctx, `UPDATE account SET full_name = coalesce($2, full_name), disabled = coalesce($3, disabled),
		password_hash = CASE WHEN $4 = '' THEN password_hash ELSE $4 END, demo = demo AND $4 = '' WHERE name = $1`,
		name, c.FullName, c.Disabled, hash)
	if err != nil {
		return fmt.Errorf("update account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return noAccount(name)
	}
	if c.Grants != nil {
		if err := setGrants(ctx, tx, name, *c.Grants); err != nil {
			return err
		}
	}
	if hash != "" || c.Disabled != nil && *c.Disabled {
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE account = $1`, name); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
	}
	return nil
}

func noAccount(name haidang.AccountName) error {
	return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Không có tài khoản %q.", name), fmt.Sprintf("There is no account %q.", name))
}

// detail is the change for the audit log: that the password changed, never to what.
func (c Change) detail() map[string]any {
	detail := map[string]any{}
	if c.FullName != nil {
		detail["fullName"] = *c.FullName
	}
	if c.Disabled != nil {
		detail["disabled"] = *c.Disabled
	}
	if c.Password != nil {
		detail["password"] = "changed"
	}
	if c.Grants != nil {
		detail["grants"] = *c.Grants
	}
	return detail
}
