package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/raster"
	"haidang/internal/config"
)

type importRasterCmd struct {
	config.Shared `embed:""`
	File          string    `arg:"" type:"existingfile" help:"GeoTIFF of 8 bits: grey, with a colour table, or red, green and blue."`
	Layer         string    `required:"" help:"Code of the layer, such as plan_2025."`
	Title         string    `help:"Title in Vietnamese; required for a new layer."`
	TitleEn       string    `help:"Title in English; the Vietnamese one when empty."`
	Owner         string    `help:"Code of the agency that owns the layer; required for a new one."`
	Sector        string    `help:"Sector under which the map lists it." default:"base"`
	Theme         string    `help:"Theme within the sector."`
	Crs           string    `help:"Coordinate system, as EPSG:9209, when the file does not say it or says it wrong."`
	Taken         time.Time `help:"Day of the flight or the survey, as 2025-03-01." format:"2006-01-02"`
	Source        string    `help:"Where the picture comes from."`
	Licence       string    `help:"Under which terms it may be used."`
	Public        bool      `help:"Let everybody see a new layer; otherwise the staff does."`
	MaxPixels     int64     `help:"Largest picture that is taken, in pixels." default:"2500000000"`
}

// Run imports and prints what became of the picture.
func (c *importRasterCmd) Run(ctx context.Context) error {
	o := raster.Options{Layer: haidang.LayerSlug(c.Layer), Title: haidang.Text{VI: c.Title, EN: c.TitleEn}, Owner: haidang.AgencyCode(c.Owner),
		Sector: c.Sector, Theme: c.Theme, CRS: c.Crs, Source: c.Source, Licence: c.Licence, By: console(), MaxPixels: c.MaxPixels, Progress: showProgress(os.Stderr)}
	if !c.Taken.IsZero() {
		o.Taken = &c.Taken
	}
	if c.Public {
		o.Rights = catalogue.OpenRights(o.Owner)
	}
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := geo.ReferenceData(ctx, pool); err != nil { // the first start may not have been yet
			return err
		}
		report, err := raster.Import(ctx, pool, c.Rasters(), c.File, o)
		if err != nil {
			return err
		}
		printRaster(os.Stdout, report)
		return nil
	})
}

// showProgress writes a line that grows while tiles are cut.
func showProgress(w io.Writer) func(raster.Progress) {
	return func(p raster.Progress) {
		if p.Stage == "cut" {
			fmt.Fprintf(w, "\r%d of %d blocks", p.Done, p.Total)
			if p.Done == p.Total {
				fmt.Fprintln(w)
			}
		}
	}
}

func printRaster(w io.Writer, r raster.Report) {
	for _, n := range r.Notices {
		fmt.Fprintf(w, "note: %s\n      %s\n", n.EN, n.VI)
	}
	fmt.Fprintf(w, "layer %s shows %d × %d pixels of %.3g m in %s: zooms %d to %d, %d tiles, %.1f MB\n",
		r.Layer, r.Width, r.Height, r.Resolution, r.CRS, r.MinZoom, r.MaxZoom, r.Tiles, float64(r.Bytes)/1e6)
}
