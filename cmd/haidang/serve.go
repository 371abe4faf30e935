package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"haidang"
	"haidang/internal/config"
)

// serveCmd is the verb serve.
type serveCmd struct{ config.Config }

// Run brings the house up, says where it is, and takes it down when ctx ends or
// when the database does not come back.
func (s *serveCmd) Run(ctx context.Context) error {
	begin := time.Now()
	slog.SetDefault(s.Logger())
	settleSandbox(s.Shared)
	if s.Roles == config.RoleIngest {
		return s.help(ctx)
	}
	folder, err := openDataFolder(s.Data)
	if err != nil {
		return explain(err, s.Shared)
	}
	defer folder.Close()
	if err := probePorts(s.Config); err != nil {
		return err
	}

	h := &house{config: s.Config}
	var running parts
	defer running.stop()
	if err := running.start(ctx, h.parts()); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		return explain(err, s.Shared)
	}
	if err := h.welcome(ctx, os.Stdout, time.Since(begin)); err != nil {
		return err
	}
	if err := h.keepDatabase(ctx); err != nil {
		return err
	}
	slog.Info("stopping")
	return nil
}

// help carries lanes beside a process that runs everything else: it locks no
// folder and starts no server of its own.
func (s *serveCmd) help(ctx context.Context) error {
	h := &house{config: s.Config}
	var running parts
	defer running.stop()
	if err := running.start(ctx, h.helperParts()); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return explain(err, s.Shared)
	}
	slog.Info("carrying messages into the database; Ctrl-C stops it")
	<-ctx.Done()
	slog.Info("stopping")
	return nil
}

// explain turns a few errors of the operating system into a sentence.
func explain(err error, c config.Shared) error {
	if _, ok := errors.AsType[*haidang.Error](err); ok {
		return err
	}
	return explainSystem(err, c.Data)
}
