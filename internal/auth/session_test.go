package auth

import (
	"bytes"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres/pgtest"
)

func signIn(t *testing.T, a *Accounts, s *Sessions, name haidang.AccountName, password string) (token string) {
	t.Helper()
	proof, err := a.Authenticate(t.Context(), name, password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if token, err = s.Open(t.Context(), proof); err != nil {
		t.Fatal(err)
	}
	return token
}

// holds reports whether the token still names somebody.
func holds(t *testing.T, s *Sessions, token string) bool {
	t.Helper()
	p, err := s.Resolve(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return p != nil
}

func people(t *testing.T) (*pgxpool.Pool, *Accounts, *Sessions) {
	t.Helper()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	admin(t, a, "lan")
	admin(t, a, "hoa")
	return pool, a, NewSessions(pool)
}

func TestSession(t *testing.T) {
	t.Parallel()
	pool, a, s := people(t)
	token := signIn(t, a, s, "lan", goodPassword)
	p, err := s.Resolve(t.Context(), token)
	if err != nil || p == nil || p.Account != "lan" || p.FullName != "Quản trị" || !p.May(AccountManage, Scope{}) {
		t.Errorf("resolved %+v, %v", p, err)
	}
	var kept []byte
	if err := pool.QueryRow(t.Context(), `SELECT token_hash FROM session`).Scan(&kept); err != nil || bytes.Contains(kept, []byte(token)) || len(kept) != 32 {
		t.Errorf("kept %x, %v", kept, err)
	}
	if holds(t, s, "") || holds(t, s, "x") || holds(t, s, token+"x") {
		t.Error("a wrong token names somebody")
	}
	for range 2 {
		if err := s.Close(t.Context(), token); err != nil {
			t.Error(err)
		}
	}
	if holds(t, s, token) {
		t.Error("a closed session names somebody")
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	pool, a, s := people(t)
	start := time.Now()
	now := start
	s.now = func() time.Time { return now }
	idle, used := signIn(t, a, s, "lan", goodPassword), signIn(t, a, s, "lan", goodPassword)
	for now = start; now.Before(start.Add(SessionLife)); now = now.Add(SessionIdle - time.Minute) {
		if !holds(t, s, used) {
			t.Fatalf("a session in use ended after %v", now.Sub(start))
		}
	}
	if now = start.Add(SessionLife); holds(t, s, used) {
		t.Error("a session outlives its life")
	}
	if now = start.Add(SessionIdle); holds(t, s, idle) {
		t.Error("an idle session lives on")
	}
	now = start.Add(SessionLife)
	signIn(t, a, s, "hoa", goodPassword)
	var left int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM session`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions left, %v", left, err)
	}
}

func TestLastSeenIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	pool, a, s := people(t)
	start := time.Now().UTC().Truncate(time.Second)
	now := start
	s.now = func() time.Time { return now }
	token := signIn(t, a, s, "lan", goodPassword)
	for after, want := range map[time.Duration]time.Duration{59 * time.Second: 0, 61 * time.Second: 61 * time.Second} {
		if _, err := pool.Exec(t.Context(), `UPDATE session SET last_seen_at = $1`, start); err != nil {
			t.Fatal(err)
		}
		now = start.Add(after)
		holds(t, s, token)
		var seen time.Time
		if err := pool.QueryRow(t.Context(), `SELECT last_seen_at FROM session`).Scan(&seen); err != nil || seen.Sub(start) != want {
			t.Errorf("after %v seen at +%v, %v", after, seen.Sub(start), err)
		}
	}
}

func TestDisablingAndNewPasswordEndSessions(t *testing.T) {
	t.Parallel()
	_, a, s := people(t)
	for name, c := range map[string]Change{"disabled": {Disabled: new(true)}, "password": {Password: new("nắng đẹp lắm nhé")}} {
		if _, err := a.Update(t.Context(), "hoa", "lan", Change{Disabled: new(false), Password: new(goodPassword)}); err != nil {
			t.Fatal(err)
		}
		proof, err := a.Authenticate(t.Context(), "lan", goodPassword, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		token, bystander := signIn(t, a, s, "lan", goodPassword), signIn(t, a, s, "hoa", goodPassword)
		if _, err := a.Update(t.Context(), "hoa", "lan", c); err != nil {
			t.Fatal(err)
		}
		if holds(t, s, token) {
			t.Errorf("%s: the session lives on", name)
		}
		if !holds(t, s, bystander) {
			t.Errorf("%s: somebody else's session ended", name)
		}
		_, err = s.Open(t.Context(), proof)
		wantRefusal(t, err, haidang.ErrUnauthorised, "")
	}
}

func TestGrantsTakeEffectAtOnce(t *testing.T) {
	t.Parallel()
	_, a, s := people(t)
	token := signIn(t, a, s, "lan", goodPassword)
	if _, err := a.Update(t.Context(), "hoa", "lan", Change{Grants: &[]Grant{{Role: RoleViewer}}}); err != nil {
		t.Fatal(err)
	}
	p, err := s.Resolve(t.Context(), token)
	if err != nil || p == nil || p.May(AccountManage, Scope{}) || !p.May(AlarmRead, Scope{}) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestSessionsOfOneAccountAreBounded(t *testing.T) {
	t.Parallel()
	pool, a, s := people(t)
	start := time.Now()
	now := start
	s.now = func() time.Time { return now }
	proof, err := a.Authenticate(t.Context(), "lan", goodPassword, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for i := range sessionsPerAccount + 5 {
		now = start.Add(time.Duration(i) * time.Second)
		token, err := s.Open(t.Context(), proof)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = token
		}
	}
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM session`).Scan(&n); err != nil || n != sessionsPerAccount || holds(t, s, first) {
		t.Errorf("%d sessions, %v", n, err)
	}
}
