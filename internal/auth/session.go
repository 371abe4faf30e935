package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
)

// How long a session lives.
const (
	SessionIdle = 12 * time.Hour     // without a request: one shift
	SessionLife = 7 * 24 * time.Hour // whatever happens
)

const (
	sessionsPerAccount = 50          // more push out the one unused for longest
	seenEvery          = time.Minute // how often a session in use is written down
)

// Sessions are the people who are signed in. It is safe for concurrent use, also
// by several processes on one database.
type Sessions struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

// NewSessions makes the door to the sessions in the database.
func NewSessions(pool *pgxpool.Pool) *Sessions { return &Sessions{pool: pool, now: time.Now} }

// newToken returns 256 random bits in 43 characters.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashToken is what the database keeps of a token. The token is random, so a plain hash is enough.
func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Open starts a session for somebody who has shown the password and returns its
// token, which is kept nowhere. It returns ErrUnauthorised when the account was
// disabled or its password changed since.
func (s *Sessions) Open(ctx context.Context, proof Proof) (token string, err error) {
	token = newToken()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var still bool
		err := tx.QueryRow(ctx, `SELECT true FROM account WHERE name = $1 AND password_hash = $2 AND NOT disabled FOR SHARE`,
			proof.Account, proof.hash).Scan(&still)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuseSignIn()
		}
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		if err := s.insert(ctx, tx, proof.Account, token); err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: proof.Account, Action: string(SessionOpen), Object: "account/" + string(proof.Account)})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// insert adds the session and sweeps out those that have ended or are too many,
// except where somebody else is just doing so.
func (s *Sessions) insert(ctx context.Context, tx pgx.Tx, account haidang.AccountName, token string) error {
	now := s.now()
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session
		WHERE expires_at <= $1 OR last_seen_at <= $2 FOR UPDATE SKIP LOCKED)`, now, now.Add(-SessionIdle)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session WHERE account = $1
		ORDER BY last_seen_at DESC OFFSET $2 FOR UPDATE SKIP LOCKED)`, account, sessionsPerAccount-1); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO session (token_hash, account, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)`,
		hashToken(token), account, now, now.Add(SessionLife))
	return err
}

// Resolve returns who holds the token: nil when it is nobody's, has ended, or the
// account is disabled. It counts as a sign of life. Long-lived connections ask
// again from time to time.
func (s *Sessions) Resolve(ctx context.Context, token string) (*Principal, error) {
	if token == "" {
		return nil, nil //nolint:nilnil // a nil principal is the public
	}
	now := s.now()
	var p Principal
	var seen time.Time
	err := s.pool.QueryRow(ctx, `SELECT a.name, a.full_name, `+grantsJSON+`, s.last_seen_at FROM session s JOIN account a ON a.name = s.account
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3 AND NOT a.disabled`,
		hashToken(token), now, now.Add(-SessionIdle)).Scan(&p.Account, &p.FullName, &p.Grants, &seen)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // a nil principal is the public
	}
	if err != nil {
		return nil, fmt.Errorf("resolve session: %w", err)
	}
	if now.Sub(seen) >= seenEvery {
		if _, err := s.pool.Exec(ctx, `UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2`, hashToken(token), now); err != nil {
			return nil, fmt.Errorf("resolve session: %w", err)
		}
	}
	return &p, nil
}

// Close ends the session. An unknown token is no error.
func (s *Sessions) Close(ctx context.Context, token string) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var account haidang.AccountName
		err := tx.QueryRow(ctx, `DELETE FROM session WHERE token_hash = $1 RETURNING account`, hashToken(token)).Scan(&account)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("close session: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: account, Action: string(SessionClose), Object: "account/" + string(account)})
	})
}
