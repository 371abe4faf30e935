package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Local is a NATS server in this process that carries only the live bus, for a
// house whose devices speak to a broker of somebody else. Nothing can reach it
// from outside.
type Local struct{ server *server.Server }

// NewLocal makes a local server that is not running yet.
func NewLocal() (*Local, error) {
	s, err := server.NewServer(&server.Options{ServerName: "haidang-bus", DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, fmt.Errorf("make the live bus: %w", err)
	}
	return &Local{s}, nil
}

// Start runs the server until Stop.
func (l *Local) Start(context.Context) error {
	l.server.Start()
	if !l.server.ReadyForConnections(10 * time.Second) {
		return errors.New("the live bus does not start")
	}
	return nil
}

// Stop ends the server and waits for it, at most until ctx ends. It may be called twice.
func (l *Local) Stop(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.server.Shutdown()
		l.server.WaitForShutdown()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// InProcessConn opens a connection, which stays the caller's to close.
func (l *Local) InProcessConn() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(l.server), nats.Name("haidang bus"), nats.MaxReconnects(-1))
}
