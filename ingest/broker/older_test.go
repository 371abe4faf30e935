package broker

import (
	"os"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// runOlder runs a broker as the version before the lanes did: topics as they were
// written, and one session with four subscriptions.
func runOlder(t *testing.T, dir string) *Broker {
	t.Helper()
	b := New(Config{Dir: dir, Addr: "127.0.0.1:0"}, anyThing{})
	b.gate.secret = "older"
	options, err := b.options(b.config.Addr)
	if err != nil {
		t.Fatal(err)
	}
	options.CustomClientAuthentication = everybody{}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the older broker does not start")
	}
	admin, err := openAdmin(s, "")
	if err != nil {
		t.Fatal(err)
	}
	b.setAddress(options)
	b.setLive(&live{server: s, admin: admin})
	if err := b.subscribeOnce(t.Context(), UserIngest, Topics...); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/ingest-session", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// everybody lets everybody do everything.
type everybody struct{}

func (everybody) Check(c server.ClientAuthentication) bool {
	c.RegisterUser(&server.User{Username: c.GetOpts().Username})
	return true
}
