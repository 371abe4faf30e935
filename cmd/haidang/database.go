package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/config"
	"haidang/internal/postgres"
	"haidang/internal/sandbox"
)

// withDatabase gives a verb other than serve a checked and migrated database:
// the one at the URL, the private one that a running serve holds, or the private
// one started for as long as do takes.
func withDatabase(ctx context.Context, c config.Shared, do func(*pgxpool.Pool) error) error {
	settleSandbox(c)
	url, stop, err := joinDatabase(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	pool, err := postgres.Open(ctx, url, postgres.WithoutStatementTimeout())
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool); err != nil {
		return err
	}
	return do(pool)
}

func joinDatabase(ctx context.Context, c config.Shared) (url string, stop func(), err error) {
	if c.DatabaseURL != "" {
		return c.DatabaseURL, func() {}, nil
	}
	folder, err := openDataFolder(c.Data)
	if err != nil {
		if url, ok := postgres.Running(c.Cluster()); ok {
			return url, func() {}, nil
		}
		return "", nil, err
	}
	cluster, err := startCluster(ctx, c)
	if err != nil {
		folder.Close()
		return "", nil, err
	}
	return cluster.URL(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := cluster.Stop(ctx); err != nil {
			slog.Error("stop the database", "error", err)
		}
		folder.Close()
	}, nil
}

// settleSandbox passes on whether outside programs may run with gaps in their walls.
func settleSandbox(c config.Shared) {
	if c.WeakSandbox {
		sandbox.AllowWeak()
	}
}

func startCluster(ctx context.Context, c config.Shared) (*postgres.Cluster, error) {
	return postgres.StartCluster(ctx, postgres.ClusterConfig{
		Dir:    c.Cluster(),
		Notice: func(text string) { slog.Warn(text) },
	})
}
