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
// when a part that the rest stands on is lost.
func (s *serveCmd) Run(ctx context.Context) error {
	begin := time.Now()
	slog.SetDefault(s.Logger())
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
	select {
	case <-ctx.Done():
		slog.Info("stopping")
		return nil
	case <-h.databaseLost():
		return haidang.Refuse(haidang.ErrUnavailable,
			"Máy chủ cơ sở dữ liệu đã dừng ngoài ý muốn; không mất dữ liệu nào đã xác nhận, hãy chạy lại.",
			"The database server ended unasked; nothing that was acknowledged is lost, start again.")
	}
}

// explain turns a few errors of the operating system into a sentence.
func explain(err error, c config.Shared) error {
	if _, ok := errors.AsType[*haidang.Error](err); ok {
		return err
	}
	return explainSystem(err, c.Data)
}
