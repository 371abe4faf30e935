package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"haidang"
)

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	h := newHasher()
	password := "Trời mưa to quá đi"
	phc, err := h.hash(t.Context(), norm.NFC.String(password))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("PHC %s", phc)
	}
	for candidate, want := range map[string]bool{
		password: true, norm.NFD.String(password): true, strings.ToLower(password): false, password + " ": false, "": false,
	} {
		if got, err := h.verify(t.Context(), phc, candidate); err != nil || got != want {
			t.Errorf("verify %q = %v, %v", candidate, got, err)
		}
	}
	other, _ := h.hash(t.Context(), password)
	if other == phc {
		t.Error("two hashes share their salt")
	}
}

// The vector is from the reference implementation's test.c (argon2id, v 19, t 2, m 256, p 1).
func TestVerifiesForeignHash(t *testing.T) {
	t.Parallel()
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, err := newHasher().verify(t.Context(), phc, "password"); err != nil || !ok {
		t.Errorf("verify = %v, %v", ok, err)
	}
}

// A name nobody has costs the same work as one that somebody has.
func TestNobodysHashCostsAsMuch(t *testing.T) {
	t.Parallel()
	h := newHasher()
	c, _, key, err := parsePHC(nobodysHash)
	if err != nil || c != h.cost || len(key) != keyBytes {
		t.Errorf("cost %+v, %d bytes, %v", c, len(key), err)
	}
	if ok, err := h.verify(t.Context(), nobodysHash, ""); ok || err != nil {
		t.Errorf("verify = %v, %v", ok, err)
	}
}

func TestDamagedHashIsAnError(t *testing.T) {
	t.Parallel()
	for _, phc := range []string{"", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65", "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=256$x$y$z"} {
		if ok, err := newHasher().verify(t.Context(), phc, "password"); ok || err == nil {
			t.Errorf("%q: %v, %v", phc, ok, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"ngắn quá":                 "at least 10",
		strings.Repeat("dài ", 51): "at most 200",
		"1234567890":               "too easy",
		DemoPassword:               "too easy",
		"HAIDANG-DEMO":             "too easy",
		"aaaaaaaaaaaaaaaa":         "too easy",
		"nguyenlan-2026":           "account's name",
		"\xff\xfe12345678901":      "broken",
		"trời mưa to quá":          "",
	} {
		err := checkPassword("nguyenlan", password)
		refusal, ok := errors.AsType[*haidang.Error](err)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q refused: %v", password, err)
		case want != "" && (!ok || refusal.Field != "password" || !strings.Contains(refusal.Text.EN, want)):
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}

func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	h := &hasher{running: make(chan struct{}, 1), waiting: make(chan struct{}, 2), patience: 50 * time.Millisecond}
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	refused := make(chan error, 5)
	for range 5 {
		all.Go(func() {
			_, err := h.enter(context.Background())
			refused <- err
		})
	}
	all.Wait()
	close(refused)
	for err := range refused {
		if _, ok := RetryAfter(err); !ok || haidang.CodeOf(err) != haidang.ErrTooMany {
			t.Errorf("a full queue answered %v", err)
		}
	}
	leave()
	if leave, err := h.enter(t.Context()); err != nil {
		t.Error(err)
	} else {
		leave()
	}
}

func BenchmarkHash(b *testing.B) {
	h := newHasher()
	for b.Loop() {
		if _, err := h.hash(context.Background(), "trời mưa to quá"); err != nil {
			b.Fatal(err)
		}
	}
}
