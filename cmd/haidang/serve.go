package main

import (
	"context"

	"haidang/internal/config"
)

// serveCmd is the verb serve.
type serveCmd struct{ config.Config }

// Run brings the house up and waits for the end.
func (s *serveCmd) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
