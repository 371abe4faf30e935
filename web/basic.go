package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"haidang"
	"haidang/internal/auth"
)

// proofs are the passwords that programs have shown lately to the OGC APIs by HTTP
// Basic. GDAL and QGIS send theirs with every request, and checking one costs 19 MiB
// and tens of milliseconds on purpose. What is kept is a keyed hash of name and
// password, and never for a request that was refused; the account itself is read each
// time, so that what changes there holds at once.
type proofs struct {
	accounts *auth.Accounts
	key      [32]byte
	kept     *otter.Cache[string, auth.Proof]
}

const (
	proofLife = 10 * time.Minute
	proofsMax = 5_000
)

func newProofs(accounts *auth.Accounts) *proofs {
	p := &proofs{accounts: accounts, kept: otter.Must(&otter.Options[string, auth.Proof]{
		MaximumSize: proofsMax, ExpiryCalculator: otter.ExpiryWriting[string, auth.Proof](proofLife)})}
	_, _ = rand.Read(p.key[:]) // never fails
	return p
}

// belowOGC reports whether a path is one where name and password may come with each request.
func belowOGC(path string) bool { return path == "/ogc" || strings.HasPrefix(path, "/ogc/") }

// principal returns who has shown a password, or ErrUnauthorised or ErrTooMany as
// auth.Accounts.Authenticate does. Many requests at once cost one check.
func (p *proofs) principal(ctx context.Context, name haidang.AccountName, password, address string) (*auth.Principal, error) {
	key := p.name(name, password)
	for range 2 {
		proof, err := p.kept.Get(context.WithoutCancel(ctx), key, otter.LoaderFunc[string, auth.Proof](func(ctx context.Context, _ string) (auth.Proof, error) {
			return p.accounts.AuthenticateBasic(ctx, name, password, address)
		}))
		if err != nil {
			return nil, err
		}
		if who, err := p.accounts.Principal(ctx, proof); who != nil || err != nil {
			return who, err
		}
		p.kept.Invalidate(key) // another password, or disabled: ask again
	}
	return nil, nil //nolint:nilnil // changed twice in a moment: the public
}

func (p *proofs) name(account haidang.AccountName, password string) string {
	h := hmac.New(sha256.New, p.key[:])
	_, _ = io.WriteString(h, string(account)+"\x00"+password) // never fails
	return string(h.Sum(nil))
}
