package main

import (
	"context"

	"haidang/web/mapserver"
)

// startMapServer opens WMS and WFS where MapServer is installed.
func (h *house) startMapServer(ctx context.Context) error {
	h.mapserver = mapserver.New(h.pool)
	return h.mapserver.Start(ctx)
}

func (h *house) stopMapServer(ctx context.Context) error { return h.mapserver.Stop(ctx) }
