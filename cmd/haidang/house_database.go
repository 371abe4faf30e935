package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/ingest"
	"haidang/internal/auth"
	"haidang/internal/postgres"
	"haidang/internal/wait"
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

// keepDatabase starts the private server again whenever it ends unasked. It
// returns nil when ctx ends and an error when the server does not come back. With
// a server of somebody else it only waits.
func (h *house) keepDatabase(ctx context.Context) error {
	if h.cluster == nil {
		<-ctx.Done()
		return nil
	}
	return h.cluster.Keep(ctx)
}

func (h *house) openPool(ctx context.Context) (err error) {
	url, err := h.databaseURL()
	if err != nil {
		return err
	}
	h.pool, err = postgres.Open(ctx, url)
	return err
}

// databaseURL is that of a database of somebody else, of our own server, or of
// the server of the process that we help.
func (h *house) databaseURL() (string, error) {
	if h.config.DatabaseURL != "" {
		return h.config.DatabaseURL, nil
	}
	if h.cluster != nil {
		return h.cluster.URL(), nil
	}
	url, ok := postgres.Running(h.config.Cluster())
	if !ok {
		return "", haidang.RefuseField("HAIDANG_DATA", "Không có haidang nào đang chạy với thư mục dữ liệu này; hãy chạy haidang serve trước.",
			"No haidang runs with this data folder; run haidang serve first.")
	}
	return url, nil
}

// closePool waits for borrowed connections, but not for ever: one that never
// comes back must not keep the server from a clean stop.
func (h *house) closePool(ctx context.Context) error {
	if wait.For(ctx, h.pool.Close) != nil {
		return errors.New("some queries do not end")
	}
	return nil
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
		seeds = append(seeds, geo.SeedDemo, geo.SeedDemoLayers)
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
