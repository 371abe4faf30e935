package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"haidang"
)

// cost is what one argon2id hash takes. It is written into each hash, so that it
// can be raised later without touching the old ones.
type cost struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

// standardCost is the first choice of the OWASP password storage guide for
// argon2id (19 MiB, 2 passes, 1 lane): bearable for an old office machine.
var standardCost = cost{memoryKiB: 19 * 1024, passes: 2, lanes: 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// hasher computes argon2id with a bound on how many run and how many wait, so that
// a flood of sign-ins takes neither all the memory nor all the processors.
type hasher struct {
	cost     cost
	running  chan struct{}
	waiting  chan struct{}
	patience time.Duration
}

func newHasher() *hasher {
	return &hasher{
		cost:     standardCost,
		running:  make(chan struct{}, max(1, runtime.NumCPU()/2)),
		waiting:  make(chan struct{}, 64),
		patience: 10 * time.Second,
	}
}

// enter waits for a turn. The error is ErrTooMany when too many already wait, or
// when the turn does not come in time.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, busy(time.Second)
	}
	defer func() { <-h.waiting }()
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running }, nil
	case <-ctx.Done():
		return nil, busy(time.Second)
	}
}

// hash returns the PHC string of the password with a fresh salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key := h.cost.key(password, salt, keyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.memoryKiB, h.cost.passes, h.cost.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// verify reports whether the password is the one behind the PHC string.
func (h *hasher) verify(ctx context.Context, phc, password string) (bool, error) {
	c, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	got := c.key(password, salt, uint32(len(want))) //nolint:gosec // parsePHC bounds it
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// key hashes the password in composed form: what one keyboard sends as "ế" another
// sends as "e" and two marks.
func (c cost) key(password string, salt []byte, size uint32) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, c.passes, c.memoryKiB, c.lanes, size)
}

// parsePHC reads "$argon2id$v=19$m=…,t=…,p=…$salt$key" and refuses costs that
// could only come from a damaged row.
func parsePHC(phc string) (c cost, salt, key []byte, err error) {
	var version int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return c, nil, nil, fmt.Errorf("password hash is not argon2id")
	}
	if _, err = fmt.Sscanf(parts[2]+parts[3], "v=%dm=%d,t=%d,p=%d", &version, &c.memoryKiB, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: %w", err)
	}
	if version != argon2.Version || c.memoryKiB > 1<<20 || c.passes < 1 || c.passes > 64 || c.lanes < 1 {
		return c, nil, nil, fmt.Errorf("password hash: cost out of bounds")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: salt: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) < 16 || len(key) > 128 {
		return c, nil, nil, fmt.Errorf("password hash: key: %w", err)
	}
	return c, salt, key, nil
}

// The bounds of a password, in characters.
const (
	minPassword = 10
	maxPassword = 200
)

// wellKnown passwords are tried first by anybody.
var wellKnown = []string{
	DemoPassword, "1234567890", "0123456789", "0987654321", "12345678910", "123456789a", "qwertyuiop",
	"password123", "password1234", "matkhau123", "matkhau1234", "administrator", "soctrang2025", "soctrang2026",
}

// checkPassword refuses a password that is too short, too long or too easy for the account.
func checkPassword(name haidang.AccountName, password string) error {
	length := utf8.RuneCountInString(norm.NFC.String(password))
	plain := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password):
		return haidang.RefuseField("password", "Mật khẩu có ký tự hỏng. Hãy gõ lại.", "The password has broken characters. Type it again.")
	case length < minPassword:
		return haidang.RefuseField("password",
			fmt.Sprintf("Mật khẩu cần ít nhất %d ký tự; mật khẩu này có %d. Một câu dễ nhớ là tốt nhất.", minPassword, length),
			fmt.Sprintf("A password needs at least %d characters; this one has %d. A sentence you remember is best.", minPassword, length))
	case length > maxPassword:
		return haidang.RefuseField("password",
			fmt.Sprintf("Mật khẩu dài nhất là %d ký tự; mật khẩu này có %d.", maxPassword, length),
			fmt.Sprintf("A password has at most %d characters; this one has %d.", maxPassword, length))
	case slices.Contains(wellKnown, plain) || distinct(plain) < 5:
		return haidang.RefuseField("password", "Mật khẩu này quá dễ đoán. Hãy chọn mật khẩu khác.",
			"This password is too easy to guess. Choose another.")
	case len(name) >= 4 && strings.Contains(plain, string(name)):
		return haidang.RefuseField("password", "Mật khẩu không được chứa tên tài khoản. Hãy chọn mật khẩu khác.",
			"A password must not contain the account's name. Choose another.")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
