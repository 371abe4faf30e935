package mapserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// socketName is what libpq looks for in a folder that is given as host.
const socketName = ".s.PGSQL.5432"

// longestTalk bounds one connection of MapServer to the database.
const longestTalk = time.Minute

// bridge is MapServer's way to the database: it connects as the reader, says to the
// program that it may come in, and passes on what both say from then on. So neither
// the password nor the network is in the sandbox.
type bridge struct {
	config   *pgconn.Config
	listener net.Listener
	talks    sync.WaitGroup
	ctx      context.Context //nolint:containedctx // of all talks
	cancel   context.CancelFunc
}

// openBridge listens in the folder.
func openBridge(pool *pgxpool.Pool, r reader, dir string) (*bridge, error) {
	config := pool.Config().ConnConfig.Config.Copy()
	config.User, config.Password = r.Name, r.Password
	config.RuntimeParams = map[string]string{"application_name": "haidang mapserver"}
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil { // the program runs as nobody; the folder decides who gets here
		return nil, errors.Join(err, l.Close())
	}
	b := &bridge{config: config, listener: l}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.talks.Go(b.accept)
	return b, nil
}

func (b *bridge) close() {
	b.cancel()
	_ = b.listener.Close()
	b.talks.Wait()
}

func (b *bridge) accept() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		b.talks.Go(func() {
			defer conn.Close()
			if err := b.talk(conn); err != nil && b.ctx.Err() == nil {
				slog.Debug("mapserver: connection to the database", "error", err)
			}
		})
	}
}

// talk carries one connection from its greeting to its end.
func (b *bridge) talk(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(longestTalk)); err != nil {
		return err
	}
	program := pgproto3.NewBackend(conn, conn)
	if err := greet(program, conn); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, longestTalk)
	defer cancel()
	database, err := pgconn.ConnectConfig(ctx, b.config.Copy())
	if err != nil {
		program.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08006", Message: "the database does not let the reader in"})
		return errors.Join(err, program.Flush())
	}
	h, err := database.Hijack()
	if err != nil {
		return err
	}
	defer h.Conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = h.Conn.Close(); _ = conn.Close() })
	defer stop()
	program.Send(&pgproto3.AuthenticationOk{})
	for name, value := range h.ParameterStatuses {
		program.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	program.Send(&pgproto3.BackendKeyData{ProcessID: h.PID, SecretKey: h.SecretKey})
	program.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if err := program.Flush(); err != nil {
		return err
	}
	both := make(chan error, 2)
	go func() { _, err := io.Copy(h.Conn, conn); both <- err }()
	go func() { _, err := io.Copy(conn, h.Conn); both <- err }()
	return <-both
}

// greet reads what libpq says first; whom and what it asks for does not matter.
func greet(program *pgproto3.Backend, conn net.Conn) error {
	for range 3 {
		m, err := program.ReceiveStartupMessage()
		if err != nil {
			return err
		}
		switch m.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if _, err := conn.Write([]byte("N")); err != nil {
				return err
			}
		case *pgproto3.StartupMessage:
			return nil
		default:
			return errors.New("not a greeting")
		}
	}
	return errors.New("greeting without end")
}
