package main

import (
	"context"

	"haidang/geo/exports"
)

// startExports names its work to the queue, which starts after it.
func (h *house) startExports(ctx context.Context) error {
	h.exports = exports.NewService(exports.Config{Pool: h.pool, Folder: h.config.Exports()}, h.queue)
	return h.exports.Start(ctx)
}

func (h *house) stopExports(ctx context.Context) error { return h.exports.Stop(ctx) }
