package auth

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"haidang"
	"haidang/internal/postgres/pgtest"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a, s := quickAccounts(pool), NewSessions(pool)
	old, err := a.NewSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.NewSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := NewAccount{Name: "lan", FullName: "Nguyễn Lan", Password: goodPassword, Grants: []Grant{{Role: RoleViewer}}}
	for _, wrong := range []string{"", old, token + "x"} {
		_, err := a.FinishSetup(t.Context(), wrong, n)
		wantRefusal(t, err, haidang.ErrForbidden, "")
	}
	bad := n
	bad.Password = "short"
	_, err = a.FinishSetup(t.Context(), token, bad)
	wantRefusal(t, err, haidang.ErrInvalid, "password")

	proof, err := a.FinishSetup(t.Context(), token, n) // a refused password did not use up the link
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Open(t.Context(), proof)
	if err != nil || !holds(t, s, session) {
		t.Errorf("the first administrator is not signed in: %v", err)
	}
	if p, _ := s.Resolve(t.Context(), session); p == nil || !p.May(AccountManage, Scope{}) {
		t.Errorf("the first administrator is %+v", p)
	}
	_, err = a.FinishSetup(t.Context(), token, n)
	wantRefusal(t, err, haidang.ErrForbidden, "")
	_, err = a.NewSetupToken(t.Context())
	wantRefusal(t, err, haidang.ErrConflict, "")
}

func TestSetupLinkEnds(t *testing.T) {
	t.Parallel()
	a := quickAccounts(pgtest.New(t))
	token, err := a.NewSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return time.Now().Add(SetupLife + time.Second) }
	_, err = a.FinishSetup(t.Context(), token, NewAccount{Name: "lan", FullName: "Lan", Password: goodPassword})
	wantRefusal(t, err, haidang.ErrForbidden, "")
}

// Many people follow the one link at the same moment, in several processes.
func TestSetupMakesOneAdministrator(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	token, err := a.NewSetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	outcome := make(chan error, 6)
	for i := range 6 {
		all.Go(func() {
			n := NewAccount{Name: haidang.AccountName(fmt.Sprint("first", i)), FullName: "Người đầu", Password: goodPassword}
			_, err := quickAccounts(pool).FinishSetup(t.Context(), token, n)
			outcome <- err
		})
	}
	all.Wait()
	close(outcome)
	won := 0
	for err := range outcome {
		if err == nil {
			won++
		} else if code := haidang.CodeOf(err); code != haidang.ErrConflict && code != haidang.ErrForbidden {
			t.Errorf("a loser was told %v", err)
		}
	}
	if list, err := a.List(t.Context()); err != nil || won != 1 || len(list) != 1 {
		t.Errorf("%d won, %d accounts, %v", won, len(list), err)
	}
}
