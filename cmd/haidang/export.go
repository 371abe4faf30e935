package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/exports"
	"haidang/internal/config"
)

// exportCmd takes real data out.
type exportCmd struct {
	Layer exportLayerCmd `cmd:"" help:"Write a layer to a file: GeoPackage, Shapefile (zip), GeoJSON or CSV, by the file's name. Coordinates are transformed by the official parameters of VN-2000."`
}

type exportLayerCmd struct {
	config.Shared `embed:""`
	Slug          haidang.LayerSlug `arg:"" help:"Code of the layer, such as parcel."`
	Out           string            `short:"o" required:"" help:"The file to make: name.gpkg, .zip, .geojson or .csv."`
	CRS           string            `name:"crs" help:"Coordinate system of the file, such as EPSG:9209 or CRS84. Empty: as the layer is stored."`
	BBox          []float64         `name:"bbox" help:"West, south, east, north in degrees of WGS 84." placeholder:"W,S,E,N"`
	Filter        string            `help:"Which features, in CQL2 text, such as land_use = 'LUC'."`
	Day           string            `help:"Of a dated layer: what is in force on this day, as 2026-01-31."`
	Force         bool              `help:"Replace the file when it is there."`
}

// maxExport bounds what the verb writes to the disk.
const maxExport = 64 << 30

// Run writes the file and says what had to change to fit the format.
func (c *exportLayerCmd) Run(ctx context.Context) error {
	out, err := filepath.Abs(c.Out)
	if err != nil {
		return err
	}
	if _, err := os.Stat(out); err == nil && !c.Force {
		return haidang.RefuseField("out", "Tệp "+c.Out+" đã có; dùng --force để ghi đè.", "The file "+c.Out+" is there already; --force replaces it.")
	}
	format := exports.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), "."))
	if format == "zip" {
		format = exports.Shapefile
	}
	r := exports.Request{Format: format, CRS: c.CRS, BBox: c.BBox, Filter: c.Filter, Day: c.Day}
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		l, err := catalogue.Get(ctx, pool, c.Slug)
		if err != nil {
			return err
		}
		result, err := exports.File(ctx, pool, l, r, out, filepath.Dir(out), maxExport, nil)
		if err != nil {
			return err
		}
		fmt.Printf("%d features, %d bytes: %s\n", result.Features, result.Bytes, c.Out)
		if result.Remark.EN != "" {
			fmt.Printf("%s\n%s\n", result.Remark.EN, result.Remark.VI)
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return exports.Record(ctx, tx, console(), l.Slug, r) })
	})
}
