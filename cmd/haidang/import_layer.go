package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/imports"
	"haidang/geo/oldtext"
	"haidang/internal/config"
)

// importLayerCmd brings a file into a layer.
type importLayerCmd struct {
	config.Shared    `embed:""`
	config.Importing `embed:""`
	File             string            `arg:"" type:"existingfile" help:"GeoPackage, zipped Shapefile or MapInfo, DXF, DGN v7, GeoJSON, KML, or CSV with X and Y or WKT."`
	Layer            string            `required:"" help:"Code of the layer, such as parcel."`
	New              bool              `help:"Make the layer: of --template, or of the file's own fields."`
	Template         string            `help:"With --new: the template, such as land_use_plan."`
	Title            string            `help:"With --new: the layer's title in Vietnamese."`
	TitleEN          string            `name:"title-en" help:"With --new: the layer's title in English."`
	Owner            string            `help:"With --new: code of the agency that owns the layer." default:"sotnmt"`
	VisibleTo        string            `help:"With --new: who may see the layer, owner (its agency alone) or staff." enum:"owner,staff" default:"owner"`
	SourceLayer      string            `help:"Layer of the file, where it has several."`
	CRS              string            `name:"crs" help:"Coordinate system of the file, such as EPSG:9209, where it does not say or says wrong."`
	SwapXY           bool              `name:"swap-xy" help:"With --crs: X and Y are exchanged in the file, as in the cadastre."`
	Encoding         string            `help:"Of the text: utf-8, tcvn3, vni, windows-1258 or windows-1252, where it is not found out."`
	Key              []string          `help:"Columns that tell which feature is which, such as sheet,number. Empty: the layer's."`
	Map              map[string]string `help:"Column of the layer = field of the file, such as number=SOTHUA; - for none." mapsep:","`
	ValidFrom        string            `help:"Of a dated layer: first day of all features, as 2021-01-31. Or --map valid_from=FIELD."`
	ValidUntil       string            `help:"Of a dated layer: first day on which none of them is in force any more. Or --map valid_until=FIELD."`
	SkipRefused      bool              `help:"Apply what is fine although some features are refused."`
	KeepInvalid      bool              `help:"Refuse invalid geometry instead of mending it."`
	DeleteGone       bool              `help:"Remove features of the layer that the file does not have."`
	Apply            bool              `help:"Change the layer. Without it nothing changes."`
	Refused          int               `help:"How many refused features to list." default:"50"`
}

// Run examines, checks, compares, and applies when told to.
func (c *importLayerCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := geo.ReferenceData(ctx, pool); err != nil { // the first start may not have been yet
			return err
		}
		im, err := imports.New(imports.Config{Pool: pool, Dir: c.Imports(), Limits: importLimits(c.Importing)})
		if err != nil {
			return err
		}
		i, err := im.Take(ctx, console(), c.File, filepath.Base(c.File))
		if err != nil {
			return err
		}
		err = c.stages(ctx, im, i.ID)
		if end := im.Cancel(context.WithoutCancel(ctx), i.ID); haidang.CodeOf(end) != haidang.ErrConflict { // applied: nothing to cancel
			err = errors.Join(err, end)
		}
		return err
	})
}

func (c *importLayerCmd) stages(ctx context.Context, im *imports.Importer, id int64) error {
	tell := teller(os.Stderr)
	if err := im.Examine(ctx, id, tell); err != nil {
		return err
	}
	i, err := im.Get(ctx, id)
	if err != nil {
		return err
	}
	printFindings(os.Stdout, *i.Findings)
	if err := im.Decide(ctx, id, c.options()); err != nil {
		return err
	}
	if err := im.Check(ctx, id, tell); err != nil {
		return err
	}
	if err := c.report(ctx, im, id); err != nil || !c.Apply {
		return err
	}
	if err := im.Apply(ctx, id, tell); err != nil {
		return err
	}
	fmt.Println("applied")
	return nil
}

func (c *importLayerCmd) options() imports.Options {
	o := imports.Options{SourceLayer: c.SourceLayer, Layer: haidang.LayerSlug(c.Layer), CRS: c.CRS, Swapped: c.SwapXY, Encoding: oldtext.Encoding(c.Encoding),
		Map: c.Map, Key: c.Key, SkipRefused: c.SkipRefused, KeepInvalid: c.KeepInvalid, DeleteGone: c.DeleteGone}
	if c.ValidFrom != "" || c.ValidUntil != "" {
		o.Period = &imports.Period{From: c.ValidFrom, Until: c.ValidUntil}
	}
	if c.New {
		o.New = &imports.NewLayer{Template: c.Template, Title: haidang.Text{VI: c.Title, EN: c.TitleEN}, Owner: haidang.AgencyCode(c.Owner), VisibleTo: c.VisibleTo}
		if c.Title == "" && c.Template == "" {
			o.New.Title.VI = c.Layer
		}
	}
	return o
}

// teller writes progress over itself.
func teller(w io.Writer) imports.Teller {
	return func(stage string, done, total int64) {
		switch {
		case total > 0 && done > 0:
			fmt.Fprintf(w, "\r%s: %d of %d   ", stage, done, total)
		case done > 0:
			fmt.Fprintf(w, "\r%s: %d   ", stage, done)
		}
		if done == total {
			fmt.Fprint(w, "\r\033[K")
		}
	}
}

func printFindings(w io.Writer, f imports.Findings) {
	fmt.Fprintf(w, "%s, %d layers\n", f.Format, len(f.Layers))
	for _, l := range f.Layers {
		fmt.Fprintf(w, "layer %s: %d features, %d vertices", l.Name, l.Features, l.Vertices)
		for _, k := range slices.Sorted(maps.Keys(l.Geometries)) {
			fmt.Fprintf(w, ", %d %s", l.Geometries[k], k)
		}
		fmt.Fprintln(w)
		if l.Problem.EN != "" {
			fmt.Fprintf(w, "  %s\n  %s\n", l.Problem.EN, l.Problem.VI)
		}
		for _, field := range l.Fields {
			fmt.Fprintf(w, "  %-24s %-8s %s\n", field.Name, field.Type, strings.Join(field.Samples, " | "))
		}
		printPlace(w, l)
	}
}

func printPlace(w io.Writer, l imports.SourceLayer) {
	if l.CRS.Chosen != "" {
		fmt.Fprintf(w, "  coordinate system %s\n", l.CRS.Chosen)
	}
	if l.CRS.Remark.EN != "" {
		fmt.Fprintf(w, "  %s\n  %s\n", l.CRS.Remark.EN, l.CRS.Remark.VI)
	}
	for _, c := range l.CRS.Candidates {
		if l.CRS.Chosen == "" {
			fmt.Fprintf(w, "    %s swapped=%v: %.0f %% in the province, middle at %.5f, %.5f %s\n", c.CRS, c.Swapped, 100*c.Inside, c.Lon, c.Lat, c.Where)
		}
	}
	for n, g := range l.Encoding.Guesses {
		if len(g.Samples) == 0 || n > 2 || l.Encoding.Chosen != "" && l.Encoding.Chosen != g.Encoding {
			continue
		}
		fmt.Fprintf(w, "  text as %s (%.0f %% syllables):\n", g.Encoding, 100*g.Share)
		for _, s := range g.Samples {
			fmt.Fprintf(w, "    %s → %s\n", s.Before, s.After)
		}
	}
}

// report prints what was refused and what would change.
func (c *importLayerCmd) report(ctx context.Context, im *imports.Importer, id int64) error {
	i, err := im.Get(ctx, id)
	if err != nil {
		return err
	}
	remarks, err := im.Remarks(ctx, id, "", 0, c.Refused)
	if err != nil {
		return err
	}
	for _, r := range remarks {
		fmt.Printf("feature %d (%s) %s %s: %s\n         %s\n", r.Feature, r.Key, strings.ToUpper(r.Kind), r.Field, r.Text.EN, r.Text.VI)
	}
	r := i.Report
	for _, m := range r.Mapped {
		fmt.Printf("  %s ← %s\n", m.Column, m.Field)
	}
	if len(r.Unused) > 0 {
		fmt.Printf("  not used: %s\n", strings.Join(r.Unused, ", "))
	}
	for _, t := range r.Warnings {
		fmt.Printf("WARNING: %s\n         %s\n", t.EN, t.VI)
	}
	fmt.Printf("%d features read: %d fine (%d mended), %d refused\n", r.Read, r.Fine, r.Mended, r.Refused)
	fmt.Printf("%d added, %d changed, %d gone, %d the same\n", r.Added, r.Changed, r.Gone, r.Same)
	for _, column := range slices.Sorted(maps.Keys(r.Columns)) {
		fmt.Printf("  %s differs in %d\n", column, r.Columns[column])
	}
	return nil
}
