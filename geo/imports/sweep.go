package imports

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/postgres"
)

// remove takes away what an import that is over still holds. Its remarks stay. Tables
// that somebody still reads or fills are left to Sweep.
func (im *Importer) remove(ctx context.Context, id int64) error {
	for _, path := range []string{im.path(id), im.previewPath(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return im.drop(ctx, id)
}

// drop is clear without waiting for whoever is at the tables.
func (im *Importer) drop(ctx context.Context, id int64) error {
	err := im.clear(ctx, id, "1s")
	if postgres.IsLocked(err) {
		return nil
	}
	return err
}

// Sweep removes what is past its time, and what a killed process left on the disk
// and in the database.
func (im *Importer) Sweep(ctx context.Context) error {
	rows, err := im.pool.Query(ctx, `UPDATE layer_import SET state = 'expired', updated_at = now()
		WHERE expires_at < now() AND state NOT IN ('applied', 'cancelled', 'expired', 'applying') RETURNING id`)
	if err != nil {
		return err
	}
	if _, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return err
	}
	return errors.Join(im.sweepTables(ctx), im.sweepFiles(ctx))
}

func (im *Importer) sweepTables(ctx context.Context) error {
	rows, err := im.pool.Query(ctx, `SELECT DISTINCT substring(relname FROM '^import_([0-9]{1,18})_(?:stage|aside|change|raw)$')::bigint AS id FROM pg_class
		WHERE relkind = 'r' AND relname ~ '^import_[0-9]{1,18}_(stage|aside|change|raw)$' AND pg_table_is_visible(oid)
		AND NOT EXISTS (SELECT FROM layer_import i WHERE i.id = substring(relname FROM '^import_([0-9]{1,18})_')::bigint AND i.state IN ('checking', 'checked', 'applying', 'failed'))`)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, id := range ids {
		err = errors.Join(err, im.drop(ctx, id))
	}
	return err
}

// sweepFiles removes files whose import is over, and scratch folders older than a reading may last.
func (im *Importer) sweepFiles(ctx context.Context) error {
	entries, err := os.ReadDir(im.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(im.dir, e.Name())
		info, gone := e.Info()
		number, end, _ := strings.Cut(e.Name(), ".")
		id, not := strconv.ParseInt(number, 10, 64)
		switch {
		case gone != nil:
		case not == nil && (end == "file" || end == "png"):
			if i, got := im.Get(ctx, id); haidang.CodeOf(got) == haidang.ErrNotFound && got != nil || got == nil && i.State.Over() {
				err = errors.Join(err, os.Remove(path))
			}
		case strings.HasPrefix(e.Name(), "sandbox-") && time.Since(info.ModTime()) > 2*im.limits.Time:
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}
