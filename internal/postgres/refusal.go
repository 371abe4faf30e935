package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsLocked reports whether the database gave up waiting for a lock that others hold.
func IsLocked(err error) bool { return refusedWith(err, "55P03") }

// IsOrphan reports whether a row names another that is not there.
func IsOrphan(err error) bool { return refusedWith(err, "23503") }

// IsForbidden reports whether the database user has no right to what was asked.
func IsForbidden(err error) bool { return refusedWith(err, "42501") }

func refusedWith(err error, code string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code
}
