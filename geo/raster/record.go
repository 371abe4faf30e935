package raster

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sys/unix"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/audit"
)

// check refuses options that could not be recorded, before any work is done.
func (o Options) check(ctx context.Context, pool *pgxpool.Pool) error {
	l, fresh, err := o.layer(ctx, pool)
	if err != nil {
		return err
	}
	if !fresh && l.Kind != catalogue.Raster {
		return haidang.Refuse(haidang.ErrConflict, fmt.Sprintf("Lớp %s là lớp vectơ; hãy chọn mã lớp khác cho ảnh.", l.Slug),
			fmt.Sprintf("Layer %s is a vector layer; choose another code for the picture.", l.Slug))
	}
	return l.Validate()
}

// layer is the catalogue's entry as it will be, and whether it is new.
func (o Options) layer(ctx context.Context, db catalogue.Querier) (l catalogue.Layer, fresh bool, err error) {
	l, err = catalogue.Get(ctx, db, o.Layer)
	if haidang.CodeOf(err) == haidang.ErrNotFound {
		fresh, err = true, nil
		l = catalogue.Layer{Slug: o.Layer, Kind: catalogue.Raster, Owner: o.Owner, SRID: 3857, Rights: o.Rights, MaxZoom: maxZoom}
		if len(o.Rights) == 0 {
			l.Rights = catalogue.StaffRights(o.Owner)
		}
	}
	if err == nil && o.New != nil && *o.New != fresh {
		err = o.unexpected(fresh)
	}
	l.Title.VI, l.Title.EN = cmp.Or(o.Title.VI, l.Title.VI), cmp.Or(o.Title.EN, l.Title.EN, o.Title.VI, l.Title.VI)
	l.Description.VI, l.Description.EN = cmp.Or(o.Description.VI, l.Description.VI), cmp.Or(o.Description.EN, l.Description.EN)
	l.Sector, l.Theme = cmp.Or(o.Sector, l.Sector), cmp.Or(o.Theme, l.Theme)
	l.Licence, l.Attribution = cmp.Or(o.Licence, l.Licence), cmp.Or(o.Attribution, l.Attribution)
	if fresh {
		l.Attribution = cmp.Or(l.Attribution, o.Source)
	}
	return l, fresh, err
}

func (o Options) unexpected(fresh bool) error {
	if fresh {
		return catalogue.NotFound(o.Layer)
	}
	return refuse("new.layer", "Đã có lớp mang mã %s; hãy chọn mã khác, hoặc chọn lớp ấy để thay ảnh.",
		"There is a layer with the code %s; choose another code, or choose that layer to replace its picture.", o.Layer)
}

// record writes entry, row and audit in one transaction: its commit is the switch.
func record(ctx context.Context, pool *pgxpool.Pool, o Options, r Report, sum []byte) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := catalogue.GetForUpdate(ctx, tx, o.Layer); err != nil && haidang.CodeOf(err) != haidang.ErrNotFound {
			return err
		}
		l, fresh, err := o.layer(ctx, tx)
		if err != nil {
			return err
		}
		l.MinZoom, l.MaxZoom = r.MinZoom, r.MaxZoom
		write := catalogue.Update
		if fresh {
			write = catalogue.Create
		}
		if err := write(ctx, tx, l); err != nil {
			return err
		}
		if err := writeRow(ctx, tx, o, r, sum); err != nil {
			return err
		}
		if fresh {
			if err := catalogue.Changed(ctx, tx, l.Slug); err != nil {
				return err
			}
		}
		if o.Within != nil {
			if err := o.Within(ctx, tx, r); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: o.By, Action: "raster.import", Object: "layer/" + string(o.Layer), Detail: map[string]any{
			"version": r.Version, "crs": r.CRS, "width": r.Width, "height": r.Height, "tiles": r.Tiles, "sha256": fmt.Sprintf("%x", sum)}})
	})
}

func writeRow(ctx context.Context, tx pgx.Tx, o Options, r Report, sum []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO raster (layer, version, file, sha256, width, height, crs, resolution, taken_on, source, bounds,
			min_zoom, max_zoom, tiles, bytes, format, imported_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (layer) DO UPDATE SET version = excluded.version, file = excluded.file, sha256 = excluded.sha256, width = excluded.width,
			height = excluded.height, crs = excluded.crs, resolution = excluded.resolution, taken_on = excluded.taken_on, source = excluded.source,
			bounds = excluded.bounds, min_zoom = excluded.min_zoom, max_zoom = excluded.max_zoom, tiles = excluded.tiles, bytes = excluded.bytes,
			format = excluded.format, imported_at = now(), imported_by = excluded.imported_by`,
		o.Layer, r.Version, filepath.Base(o.File), sum, r.Width, r.Height, r.CRS, r.Resolution, o.Taken, o.Source, r.Bounds[:],
		r.MinZoom, r.MaxZoom, r.Tiles, r.Bytes, r.Format, o.By)
	if err != nil {
		return fmt.Errorf("write the row of raster %s: %w", o.Layer, err)
	}
	return nil
}

// reserve is what stays free on the disk.
const reserve = 1 << 30

// checkRoom refuses before the work what would fill the disk after it.
func checkRoom(dir string, g grid) error {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return err
	}
	r := resolution(g.maxZoom)
	need := int64((g.box[2]-g.box[0])/r*(g.box[3]-g.box[1])/r) + reserve // about a byte a pixel at worst, lower zooms included
	if free := int64(s.Bavail) * s.Bsize; free < need {
		return haidang.Refuse(haidang.ErrUnavailable, fmt.Sprintf("Ổ đĩa còn %d MB, ảnh này cần khoảng %d MB. Hãy dọn ổ đĩa.", free>>20, need>>20),
			fmt.Sprintf("The disk has %d MB free, this picture needs about %d MB. Free some room.", free>>20, need>>20))
	}
	return nil
}
