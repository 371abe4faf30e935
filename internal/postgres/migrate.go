package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"haidang"
)

// Migrate brings the schema to this program's version. Several processes may
// call it at once: an advisory lock lets one work while the others wait. A
// schema of a newer program is refused, because this one would write into
// tables whose rules it does not know.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return withProvider(pool, func(p *goose.Provider) error {
		if err := refuseNewer(ctx, p); err != nil {
			return err
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return refuseNewer(ctx, p)
	})
}

// Schema returns the version of the database's schema and the version this
// program wants. It is cheap enough to be asked every second.
func Schema(ctx context.Context, pool *pgxpool.Pool) (have, want int64, err error) {
	err = pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	return have, wanted(), err
}

// wanted is the version of the newest migration: the number that its name begins with.
var wanted = sync.OnceValue(func() (newest int64) {
	files, _ := fs.Glob(migrations, "migrations/*.sql") // fails only for a bad pattern
	for _, f := range files {
		if version, err := goose.NumericComponent(path.Base(f)); err == nil {
			newest = max(newest, version)
		}
	}
	return newest
})

func withProvider(pool *pgxpool.Pool, do func(*goose.Provider) error) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // seconds, tries
	if err != nil {
		return err
	}
	config := pool.Config().ConnConfig.Copy()
	delete(config.RuntimeParams, "statement_timeout") // a migration takes the time it takes
	db := stdlib.OpenDB(*config)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return do(p)
}

func refuseNewer(ctx context.Context, p *goose.Provider) error {
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > want {
		return haidang.Refuse(haidang.ErrUnavailable,
			fmt.Sprintf("Cơ sở dữ liệu thuộc bản haidang mới hơn (lược đồ %d, bản này biết đến %d); hãy chạy bản mới đó.", have, want),
			fmt.Sprintf("The database belongs to a newer haidang (schema %d, this one knows %d); run that newer program.", have, want))
	}
	return nil
}
