package main

import (
	"context"

	"haidang/geo/imports"
	"haidang/internal/config"
	"haidang/internal/jobs"
)

// workers is how many long jobs run at once: each may keep a core and GDAL's memory.
const workers = 2

func (h *house) startImports(ctx context.Context) (err error) {
	h.queue = jobs.New(jobs.Config{Pool: h.pool, Workers: workers})
	h.imports, err = imports.NewService(imports.Config{Pool: h.pool, Dir: h.config.Imports(), Rasters: h.config.Rasters(), Limits: importLimits(h.config.Importing)}, h.queue)
	if err != nil {
		return err
	}
	return h.imports.Start(ctx)
}

func (h *house) stopImports(ctx context.Context) error { return h.imports.Stop(ctx) }

func (h *house) startQueue(ctx context.Context) error { return h.queue.Start(ctx) }

func (h *house) stopQueue(ctx context.Context) error { return h.queue.Stop(ctx) }

// importLimits puts the limits of the configuration beside those that nobody tunes.
func importLimits(c config.Importing) imports.Limits {
	return imports.Limits{FileSize: int64(c.ImportSize), Features: c.ImportFeatures, Vertices: c.ImportVertices, FeatureVertices: c.ImportFeatureVertices,
		Quota: 3 * int64(c.ImportSize), DiskReserve: int64(c.ImportReserve)}
}
