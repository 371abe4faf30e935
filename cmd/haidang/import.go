package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/internal/config"
)

// importCmd brings real input in.
type importCmd struct {
	Layer  importLayerCmd  `cmd:"" help:"Bring a file (GeoPackage, Shapefile, DXF, DGN, MapInfo, GeoJSON, KML, CSV) into a map layer: says what is in it, what is refused, and what would change. Nothing changes without --apply."`
	Areas  importAreasCmd  `cmd:"" help:"Record the areas of a GeoJSON file as administrative units in force from a day on. All or nothing. Units of the same code end there, and approximate ones that the file covers for the greater part."`
	Raster importRasterCmd `cmd:"" help:"Make a GeoTIFF (a scanned plan, an orthophoto) the content of a raster layer, new or there already. All or nothing."`
}

type importAreasCmd struct {
	config.Shared `embed:""`
	File          string    `arg:"" type:"existingfile" help:"GeoJSON FeatureCollection of polygons in WGS 84, longitude first."`
	NameField     string    `required:"" help:"Property that holds the name with its kind, such as fullName."`
	CodeField     string    `required:"" help:"Property that holds the official code, such as code."`
	ValidFrom     time.Time `required:"" format:"2006-01-02" help:"First day in force, as 2025-07-01."`
	Level         int16     `default:"3" help:"1 province, 2 district, 3 commune or ward."`
}

// Run imports and prints what became of every feature.
func (c *importAreasCmd) Run(ctx context.Context) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := geo.ReferenceData(ctx, pool); err != nil { // the first start may not have been yet
			return err
		}
		report, err := geo.ImportAreas(ctx, pool, bufio.NewReader(f), geo.ImportOptions{
			NameField: c.NameField, CodeField: c.CodeField, ValidFrom: c.ValidFrom, Level: geo.Level(c.Level),
			Source: filepath.Base(c.File), By: console()})
		printReport(os.Stdout, report)
		return err
	})
}

func printReport(w io.Writer, r geo.ImportReport) {
	for _, m := range r.Repaired {
		fmt.Fprintf(w, "feature %d (%s): %s\n", m.Feature, m.Code, m.Text.EN)
	}
	for _, m := range r.Refused {
		fmt.Fprintf(w, "feature %d (%s) REFUSED: %s\n         %s\n", m.Feature, m.Code, m.Text.EN, m.Text.VI)
	}
	if r.Read > 0 && len(r.Refused) == 0 {
		fmt.Fprintf(w, "%d features read, %d vertices: %d imported, %d unchanged, %d repaired; %d earlier units end\n",
			r.Read, r.Vertices, r.Imported, r.Unchanged, len(r.Repaired), r.Superseded)
		if r.Approximate > 0 {
			fmt.Fprintf(w, "%d approximate units of that level stay in force: the file does not cover them\n", r.Approximate)
		}
	}
}

// generateCmd makes input for trials and measurements.
type generateCmd struct {
	Parcels generateParcelsCmd `cmd:"" help:"Fill the empty parcel layer with simulated parcels of 8 vertices, the same ones each time."`
}

type generateParcelsCmd struct {
	config.Shared `embed:""`
	Count         int    `default:"420000" help:"How many."`
	Layer         string `help:"Code of a new layer to make of them, such as parcel_trial; without it they go into the empty parcel layer."`
}

// Run generates the parcels.
func (c *generateParcelsCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := geo.ReferenceData(ctx, pool); err != nil {
			return err
		}
		if err := c.generate(ctx, pool); err != nil {
			return err
		}
		fmt.Printf("%d parcels generated\n", c.Count)
		return nil
	})
}

func (c *generateParcelsCmd) generate(ctx context.Context, pool *pgxpool.Pool) error {
	if c.Layer != "" {
		return geo.GenerateParcelLayer(ctx, pool, c.Count, haidang.LayerSlug(c.Layer))
	}
	return geo.GenerateParcels(ctx, pool, c.Count)
}
