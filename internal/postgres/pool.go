package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// connectPatience is how long Open waits for a database that is not there yet,
// as after a power cut when both machines start at once.
const connectPatience = 15 * time.Second

// Option changes how Open makes its pool.
type Option func(*pgxpool.Config)

// WithMaxConns bounds the pool; without it the bound is 8 connections per core, 16 at least.
func WithMaxConns(n int32) Option { return func(c *pgxpool.Config) { c.MaxConns = n } }

// statementTimeout ends a query that nobody waits for any more, before such
// queries take every connection.
const statementTimeout = "30s"

// WithoutStatementTimeout is for who reads or writes a whole province at once.
func WithoutStatementTimeout() Option {
	return func(c *pgxpool.Config) { delete(c.ConnConfig.RuntimeParams, "statement_timeout") }
}

// Open returns a pool on the database at url once it has passed every check:
// reachable, PostgreSQL 15 or newer, UTF-8, PostGIS 3.3 or newer, the right to
// create tables and to add coordinate systems. A refusal is a *haidang.Error.
func Open(ctx context.Context, url string, opts ...Option) (*pgxpool.Pool, error) {
	config, err := poolConfig(url, opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unreachable(config.ConnConfig, err)
	}
	if err := reach(ctx, pool); err != nil {
		pool.Close()
		return nil, unreachable(config.ConnConfig, err)
	}
	if err := check(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func poolConfig(url string, opts []Option) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &haidang.Error{Code: haidang.ErrInvalid, Field: "HAIDANG_DATABASE_URL", Cause: err, Text: haidang.Text{
			VI: "Địa chỉ cơ sở dữ liệu không đọc được; dạng đúng: postgres://tên:mật-khẩu@máy:5432/cơ-sở-dữ-liệu.",
			EN: "The database address cannot be read; it looks like postgres://user:password@host:5432/database."}}
	}
	config.MaxConns = int32(max(16, 8*runtime.NumCPU()))
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "haidang"
	params["timezone"] = "UTC"
	params["jit"] = "off" // compiling a tile's query costs more than running it
	params["statement_timeout"] = statementTimeout
	config.AfterConnect = timesInUTC
	for _, o := range opts {
		o(config)
	}
	return config, nil
}

// timesInUTC makes scanned times UTC whatever the machine's zone is.
func timesInUTC(_ context.Context, c *pgx.Conn) error {
	c.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// reach waits for the server, but gives up at once where waiting cannot help
// (wrong password, no such database).
func reach(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	for {
		err := pool.Ping(ctx)
		if err == nil || !worthWaiting(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func worthWaiting(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "57P03" || pg.Code == "53300" // starting up, too many connections
	}
	return true
}

func unreachable(c *pgx.ConnConfig, err error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Không kết nối được cơ sở dữ liệu %q tại %s với tên %q; hãy kiểm tra HAIDANG_DATABASE_URL.", c.Database, c.Host, c.User),
		EN: fmt.Sprintf("Cannot connect to database %q at %s as %q; check HAIDANG_DATABASE_URL.", c.Database, c.Host, c.User)}}
}
