package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/postgres/pgtest"
)

const goodPassword = "trời mưa to quá"

// quickAccounts hash with next to no work; TestHashAndVerify has the real cost.
func quickAccounts(pool *pgxpool.Pool) *Accounts {
	a := NewAccounts(pool)
	a.hasher.cost = cost{memoryKiB: 64, passes: 1, lanes: 1}
	return a
}

// admin makes an administrator called name.
func admin(t *testing.T, a *Accounts, name haidang.AccountName) {
	t.Helper()
	if _, err := a.Create(t.Context(), "", NewAccount{Name: name, FullName: "Quản trị", Password: goodPassword, Grants: []Grant{{Role: RoleAdmin}}}); err != nil {
		t.Fatal(err)
	}
}

// wantRefusal fails unless err is a refusal of that kind at that field, in two languages.
func wantRefusal(t *testing.T, err error, code haidang.ErrorCode, field string) {
	t.Helper()
	refusal, ok := errors.AsType[*haidang.Error](err)
	if !ok || refusal.Code != code || refusal.Field != field || refusal.Text.VI == "" || refusal.Text.EN == "" {
		t.Errorf("error %v, want %s at %q", err, code, field)
	}
}

func actions(t *testing.T, pool *pgxpool.Pool) (acts []string) {
	t.Helper()
	rows, err := audit.List(context.Background(), pool, 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		acts = append(acts, fmt.Sprintf("%s %s %s", r.Actor, r.Action, r.Object))
	}
	return acts
}

func TestCreateAndSignIn(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	if has, err := a.HasAny(t.Context()); has || err != nil {
		t.Errorf("an empty house has an administrator: %v, %v", has, err)
	}
	admin(t, a, "lan")
	got, err := a.Create(t.Context(), "lan", NewAccount{Name: " Minh.T ", FullName: " Trần Minh ", Password: goodPassword,
		Grants: []Grant{{Role: RoleViewer}, {Role: RoleOperator}, {Role: RoleViewer}}})
	if err != nil || got.Name != "minh.t" || got.FullName != "Trần Minh" || got.Demo || got.Disabled ||
		!slices.Equal(got.Grants, []Grant{{Role: RoleOperator}, {Role: RoleViewer}}) {
		t.Errorf("created %+v, %v", got, err)
	}
	if has, err := a.HasAny(t.Context()); !has || err != nil {
		t.Errorf("no administrator: %v, %v", has, err)
	}
	proof, err := a.Authenticate(t.Context(), " LAN", goodPassword, "192.0.2.1:99")
	if err != nil || proof.Account != "lan" {
		t.Errorf("signed in as %q, %v", proof.Account, err)
	}
	list, err := a.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "lan" || list[0].CreatedAt.IsZero() {
		t.Errorf("list %+v, %v", list, err)
	}
	if acts := actions(t, pool); !slices.Contains(acts, "lan account.create account/minh.t") {
		t.Errorf("audit %v", acts)
	}
}

func TestSignInRefusesAlike(t *testing.T) {
	t.Parallel()
	a := quickAccounts(pgtest.New(t))
	admin(t, a, "lan")
	admin(t, a, "hoa")
	if _, err := a.Update(t.Context(), "lan", "hoa", Change{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	var said string
	for _, c := range [][2]string{{"lan", "sai mật khẩu"}, {"nobody", goodPassword}, {"hoa", goodPassword}, {"a\x00b", goodPassword}, {"", ""}, {"lan", strings.Repeat("x", 1<<16)}} {
		_, err := a.Authenticate(t.Context(), haidang.AccountName(c[0]), c[1], "192.0.2.1")
		wantRefusal(t, err, haidang.ErrUnauthorised, "")
		if said == "" {
			said = err.Error()
		}
		if err == nil || err.Error() != said {
			t.Errorf("%q is told apart: %v", c[0], err)
		}
	}
}

func TestSignInIsThrottled(t *testing.T) {
	t.Parallel()
	a := quickAccounts(pgtest.New(t))
	admin(t, a, "lan")
	for range 5 {
		_, err := a.Authenticate(t.Context(), "lan", "sai mật khẩu", "192.0.2.1")
		wantRefusal(t, err, haidang.ErrUnauthorised, "")
	}
	_, err := a.Authenticate(t.Context(), "lan", goodPassword, "192.0.2.1")
	wantRefusal(t, err, haidang.ErrTooMany, "")
	if wait, ok := RetryAfter(err); !ok || wait <= 0 {
		t.Errorf("retry after %v, %v", wait, ok)
	}
	if _, err := a.Authenticate(t.Context(), "lan", goodPassword, "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	a := quickAccounts(pgtest.New(t))
	admin(t, a, "lan")
	good := NewAccount{Name: "minh", FullName: "Minh", Password: goodPassword}
	for field, spoil := range map[string]func(*NewAccount){
		"account":  func(n *NewAccount) { n.Name = "a b" },
		"fullName": func(n *NewAccount) { n.FullName = " \n" },
		"password": func(n *NewAccount) { n.Password = "short" },
		"grants":   func(n *NewAccount) { n.Grants = []Grant{{Role: "king"}} },
	} {
		n := good
		spoil(&n)
		_, err := a.Create(t.Context(), "lan", n)
		wantRefusal(t, err, haidang.ErrInvalid, field)
	}
	for _, g := range []Grant{{Role: RoleDevice}, {Role: RoleAdmin, Agency: "sogtvt"}, {Role: RoleEditor, Agency: "nowhere"}, {Role: RoleEditor, Unit: "00000"}} {
		n := good
		n.Grants = []Grant{g}
		_, err := a.Create(t.Context(), "lan", n)
		wantRefusal(t, err, haidang.ErrInvalid, "grants")
	}
	n := good
	n.Name = "LAN"
	_, err := a.Create(t.Context(), "lan", n)
	wantRefusal(t, err, haidang.ErrConflict, "account")
	if list, err := a.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("refusals left %d accounts, %v", len(list), err)
	}
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	admin(t, a, "lan")
	_, err := a.Update(t.Context(), "lan", "lan", Change{Grants: &[]Grant{{Role: RoleViewer}}})
	wantRefusal(t, err, haidang.ErrConflict, "grants")
	_, err = a.Update(t.Context(), "lan", "lan", Change{Disabled: new(true)})
	wantRefusal(t, err, haidang.ErrConflict, "grants")
	if got, _ := a.List(t.Context()); len(got) != 1 || got[0].Disabled || !slices.Equal(got[0].Grants, []Grant{{Role: RoleAdmin}}) {
		t.Errorf("the refusal left %+v", got)
	}
	_, err = a.Update(t.Context(), "lan", "nobody", Change{FullName: new("X")})
	wantRefusal(t, err, haidang.ErrNotFound, "")
}

// Two administrators take the right from each other at the same moment. Somebody
// else's act holds the audit log meanwhile, so that both get as far as they can
// before either commits.
func TestTwoAdministratorsCannotRemoveEachOther(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	admin(t, a, "lan")
	admin(t, a, "hoa")
	var all sync.WaitGroup
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		err := audit.Record(t.Context(), tx, audit.Entry{Action: "hold", Object: "log"})
		for _, pair := range [][2]haidang.AccountName{{"lan", "hoa"}, {"hoa", "lan"}} {
			all.Go(func() { _, _ = a.Update(t.Context(), pair[0], pair[1], Change{Grants: &[]Grant{}}) })
		}
		time.Sleep(300 * time.Millisecond)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if has, err := a.HasAny(t.Context()); !has || err != nil {
		t.Errorf("nobody is left to administer: %v", err)
	}
}

func TestAuditHoldsNoPassword(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a := quickAccounts(pool)
	admin(t, a, "lan")
	if _, err := a.Update(t.Context(), "lan", "lan", Change{Password: new("nắng đẹp lắm nhé"), FullName: new("Lan"), Grants: &[]Grant{{Role: RoleAdmin}}}); err != nil {
		t.Fatal(err)
	}
	var all string
	if err := pool.QueryRow(t.Context(), `SELECT string_agg(detail::text, '') FROM audit_log`).Scan(&all); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(all, "nắng") || strings.Contains(all, "argon2") || !strings.Contains(all, `"password": "changed"`) {
		t.Errorf("audit details: %s", all)
	}
	if err := audit.Verify(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

func TestDemoAccountsComeAndGo(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	a, s := quickAccounts(pool), NewSessions(pool)
	for range 2 { // a second start changes nothing
		if err := a.SeedDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []haidang.AccountName{"operator", "editor", "reviewer", "leader", "admin"} {
		if _, err := a.Authenticate(t.Context(), name, DemoPassword, "127.0.0.1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := signIn(t, a, s, "admin", DemoPassword)
	if err := a.RetireDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Resolve(t.Context(), token); p != nil || err != nil {
		t.Errorf("a demo session outlived the demo: %+v, %v", p, err)
	}
	_, err := a.Authenticate(t.Context(), "admin", DemoPassword, "127.0.0.1")
	wantRefusal(t, err, haidang.ErrUnauthorised, "")
	if has, err := a.HasAny(t.Context()); has || err != nil {
		t.Errorf("a retired demo has an administrator: %v, %v", has, err)
	}
	if err := a.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(t.Context(), "admin", DemoPassword, "127.0.0.1"); err != nil {
		t.Errorf("the demo did not come back: %v", err)
	}
}

func TestDemoAccountWithItsOwnPasswordIsNoneAnyMore(t *testing.T) {
	t.Parallel()
	a := quickAccounts(pgtest.New(t))
	if err := a.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := a.Update(t.Context(), "admin", "admin", Change{Password: new(goodPassword)})
	if err != nil || got.Demo {
		t.Errorf("%+v, %v", got, err)
	}
	if err := errors.Join(a.RetireDemo(t.Context()), a.SeedDemo(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(t.Context(), "admin", goodPassword, "127.0.0.1"); err != nil {
		t.Errorf("its own password: %v", err)
	}
}
