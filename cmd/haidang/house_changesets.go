package main

import (
	"context"

	"haidang/geo/changesets"
)

func (h *house) startChangesets(ctx context.Context) (err error) {
	h.changesets, err = changesets.Open(ctx, h.pool)
	return err
}

func (h *house) stopChangesets(context.Context) error {
	h.changesets.Close()
	return nil
}
