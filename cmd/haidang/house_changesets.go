package main

import (
	"context"

	"haidang/geo/changesets"
)

func (h *house) startChangesets(ctx context.Context) (err error) {
	if h.changesets, err = changesets.Open(ctx, h.pool); err != nil {
		return err
	}
	h.changesets.Start()
	return nil
}

func (h *house) stopChangesets(context.Context) error {
	h.changesets.Close()
	return nil
}
