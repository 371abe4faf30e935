package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The groups of roles that the private cluster lets in by password. Every database has a
// role of its own in each.
const (
	ReaderGroup = "haidang_reader" // reads open layers
	EditorGroup = "haidang_editor" // changes layers, by the functions made for it
)

// Role is a database role that may do little, as which a part of the program connects.
type Role struct {
	Name, Password string
	limits         []string
}

// EnsureRole makes sure that the role kept in the table is there, with no rights: in the
// group, with these settings. Its name and password are kept in the database, so that
// several processes share it. It locks the table until tx ends.
func EnsureRole(ctx context.Context, tx pgx.Tx, table, prefix, group string, connections int, settings ...string) (r Role, err error) {
	kept := pgx.Identifier{table}.Sanitize()
	if _, err := tx.Exec(ctx, `LOCK TABLE `+kept+` IN EXCLUSIVE MODE`); err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO `+kept+` (role, password) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM `+kept+`)`,
		prefix+strings.ToLower(rand.Text()[:8]), rand.Text()); err != nil {
		return r, err
	}
	if err := tx.QueryRow(ctx, `SELECT role, password FROM `+kept).Scan(&r.Name, &r.Password); err != nil {
		return r, err
	}
	r.limits = append([]string{fmt.Sprintf("CONNECTION LIMIT %d", connections)}, settings...)
	return r, r.make(ctx, tx, group)
}

// make creates the role where it is missing: after a restore elsewhere it is.
func (r Role) make(ctx context.Context, tx pgx.Tx, group string) error {
	var hasGroup, own bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_roles WHERE rolname = $2)`, group, r.Name).Scan(&hasGroup, &own)
	if err != nil || own {
		return err
	}
	if !hasGroup {
		if err := unlessThere(ctx, tx, `CREATE ROLE `+group+` NOLOGIN`); err != nil {
			return err
		}
	}
	name := pgx.Identifier{r.Name}.Sanitize()
	statements := []string{`CREATE ROLE ` + name + ` LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE ` + r.limits[0] + ` PASSWORD '` + r.Password + `' IN ROLE ` + group}
	for _, s := range r.limits[1:] {
		statements = append(statements, `ALTER ROLE `+name+` SET `+s)
	}
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// As is the pool's configuration for connections of that role.
func (r Role) As(pool *pgxpool.Pool) *pgxpool.Config {
	config := pool.Config().Copy()
	config.ConnConfig.User, config.ConnConfig.Password = r.Name, r.Password
	return config
}

// unlessThere runs a statement that may fail without taking the transaction with it.
func unlessThere(ctx context.Context, tx pgx.Tx, sql string) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == "42710" || e.Code == "23505") {
		return nil // another database's process was first
	}
	return err
}
