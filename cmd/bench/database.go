package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres"
)

// workshop is a folder and a migrated database for one figure, as crash-safe as
// the real ones.
type workshop struct {
	dir     string
	cluster *postgres.Cluster
	pool    *pgxpool.Pool
}

func openWorkshop(ctx context.Context) (*workshop, error) {
	dir, err := os.MkdirTemp("", "haidang-bench-")
	if err != nil {
		return nil, err
	}
	w := &workshop{dir: dir}
	for _, step := range []func(context.Context) error{w.startCluster, w.openPool, w.migrate} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	return w, nil
}

func (w *workshop) startCluster(ctx context.Context) (err error) {
	w.cluster, err = postgres.StartCluster(ctx, postgres.ClusterConfig{Dir: w.dir + "/postgres"})
	return err
}

func (w *workshop) openPool(ctx context.Context) (err error) {
	w.pool, err = postgres.Open(ctx, w.cluster.URL())
	return err
}

func (w *workshop) migrate(ctx context.Context) error { return postgres.Migrate(ctx, w.pool) }

func (w *workshop) close() error {
	if w.pool != nil {
		w.pool.Close()
	}
	var err error
	if w.cluster != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err = errors.Join(w.cluster.Stop(ctx), os.RemoveAll(w.cluster.Data()))
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}
