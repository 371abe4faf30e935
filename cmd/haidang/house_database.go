package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/internal/postgres"
	"haidang/operations"
)

func (h *house) startCluster(ctx context.Context) (err error) {
	if h.config.DatabaseURL != "" {
		return nil
	}
	h.cluster, err = startCluster(ctx, h.config.Shared)
	return err
}

func (h *house) stopCluster(ctx context.Context) error {
	if h.cluster == nil {
		return nil
	}
	return h.cluster.Stop(ctx)
}

// databaseLost is closed when the private server ended; never with an external one.
func (h *house) databaseLost() <-chan struct{} {
	if h.cluster == nil {
		return nil
	}
	return h.cluster.Lost()
}

func (h *house) openPool(ctx context.Context) (err error) {
	url := h.config.DatabaseURL
	if h.cluster != nil {
		url = h.cluster.URL()
	}
	h.pool, err = postgres.Open(ctx, url)
	return err
}

// closePool waits for borrowed connections, but not for ever: one that never
// comes back must not keep the server from a clean stop.
func (h *house) closePool(ctx context.Context) error {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		h.pool.Close()
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return errors.New("some queries do not end")
	}
}

func (h *house) migrate(ctx context.Context) error { return postgres.Migrate(ctx, h.pool) }

func (h *house) checkSchema(ctx context.Context) error {
	have, want, err := postgres.Schema(ctx, h.pool)
	if err == nil && have != want {
		err = fmt.Errorf("schema %d, want %d", have, want)
	}
	return err
}

// writeReferenceData fills the catalogues: agencies first, the others name them.
func (h *house) writeReferenceData(ctx context.Context) error {
	seeds := []func(context.Context, *pgxpool.Pool) error{geo.ReferenceData, ingest.ReferenceData, operations.ReferenceData}
	if h.config.Demo {
		seeds = append(seeds, geo.SeedDemo)
	}
	for _, seed := range seeds {
		if err := seed(ctx, h.pool); err != nil {
			return err
		}
	}
	return nil
}

// openAccounts lets the demo's accounts in, or shuts them out, before any door opens.
func (h *house) openAccounts(ctx context.Context) error {
	h.accounts = auth.NewAccounts(h.pool)
	if h.config.Demo {
		return h.accounts.SeedDemo(ctx)
	}
	return h.accounts.RetireDemo(ctx)
}
