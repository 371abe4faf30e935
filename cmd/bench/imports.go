package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
	"haidang/geo/imports"
	"haidang/internal/postgres"
)

// importBench measures features/s from a GeoPackage of parcels into a layer: copied,
// examined, checked feature by feature, applied. The floor is bare ogr2ogr from the
// same file into a table of the same server, which does none of that.
type importBench struct {
	*workshop
	patient *pgxpool.Pool
	im      *imports.Importer
	file    string
	extras  map[string][]float64
}

func prepareImport(ctx context.Context) (*bench, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	b := &importBench{workshop: w, extras: map[string][]float64{}, file: filepath.Join(w.dir, "parcels.gpkg")}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.end())
	}
	return &bench{floor: b.bare, value: b.whole, extras: b.extras, close: b.end}, nil
}

func (b *importBench) prepare(ctx context.Context) (err error) {
	if err := geo.ReferenceData(ctx, b.pool); err != nil {
		return err
	}
	if b.patient, err = postgres.Open(ctx, b.cluster.URL(), postgres.WithoutStatementTimeout()); err != nil {
		return err
	}
	if err := os.Chmod(b.dir, 0o711); err != nil {
		return err
	}
	if b.im, err = imports.New(imports.Config{Pool: b.patient, Dir: filepath.Join(b.dir, "imports")}); err != nil {
		return err
	}
	return writeParcels(ctx, b.file)
}

// writeParcels makes the GeoPackage by way of GeoJSON.
func writeParcels(ctx context.Context, to string) error {
	from := strings.TrimSuffix(to, ".gpkg") + ".geojsonl"
	f, err := os.Create(from)
	if err != nil {
		return err
	}
	defer os.Remove(from)
	out := bufio.NewWriter(f)
	for p := range geo.Parcels(parcels) {
		var ring []string
		for _, v := range p.Outline {
			ring = append(ring, fmt.Sprintf("[%.3f,%.3f]", v[0], v[1]))
		}
		fmt.Fprintf(out, `{"type":"Feature","properties":{"sheet":%d,"number":%d,"land_use":%q,"owner":"Nguyễn Văn Tám"},"geometry":{"type":"Polygon","coordinates":[[%s]]}}`+"\n",
			p.Sheet, p.Number, p.LandUse, strings.Join(ring, ","))
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		return err
	}
	return ogr2ogr(ctx, to, from, "-nln", "parcels", "-a_srs", "EPSG:9209")
}

func ogr2ogr(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "ogr2ogr", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ogr2ogr: %w: %s", err, out)
	}
	return nil
}

// bare is ogr2ogr's own way into PostgreSQL, by COPY, with its spatial index.
func (b *importBench) bare(ctx context.Context) (float64, error) {
	u, err := url.Parse(b.cluster.URL())
	if err != nil {
		return 0, err
	}
	q := u.Query()
	target := fmt.Sprintf("PG:host=%s port=%s user=%s dbname=%s", q.Get("host"), q.Get("port"), q.Get("user"), strings.TrimPrefix(u.Path, "/"))
	begin := time.Now()
	err = ogr2ogr(ctx, "-f", "PostgreSQL", target, b.file, "-nln", "bare", "-a_srs", "EPSG:5897", "-lco", "OVERWRITE=YES", "--config", "PG_USE_COPY", "YES")
	took := time.Since(begin)
	if err == nil {
		_, err = b.patient.Exec(ctx, `DROP TABLE bare`)
	}
	return parcels / took.Seconds(), err
}

// whole is every stage of an import into a new layer; then the same file comes once
// more, which must change nothing.
func (b *importBench) whole(ctx context.Context) (float64, error) {
	begin := time.Now()
	o := imports.Options{Layer: "bench_parcel", Key: []string{"sheet", "number"},
		New: &imports.NewLayer{Title: haidang.Text{VI: "Thửa", EN: "Parcels"}, Owner: geo.AgencyEnvironment}}
	if _, err := b.once(ctx, o, "first"); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	again := time.Now()
	report, err := b.once(ctx, imports.Options{Layer: "bench_parcel"}, "again")
	if err != nil {
		return 0, err
	}
	if report.Same != parcels || report.Added+report.Changed+report.Gone != 0 {
		return 0, fmt.Errorf("the same file again is %+v", report)
	}
	b.extras["again rows/s"] = append(b.extras["again rows/s"], parcels/time.Since(again).Seconds())
	err = pgx.BeginFunc(ctx, b.patient, func(tx pgx.Tx) error { return catalogue.Drop(ctx, tx, "bench_parcel") })
	return parcels / took.Seconds(), err
}

func (b *importBench) once(ctx context.Context, o imports.Options, name string) (imports.Report, error) {
	quiet := func(string, int64, int64) {}
	i, err := b.im.Take(ctx, "bench", b.file, "parcels.gpkg")
	if err != nil {
		return imports.Report{}, err
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"examine", func() error { return b.im.Examine(ctx, i.ID, quiet) }},
		{"check", func() error {
			if err := b.im.Decide(ctx, i.ID, o); err != nil {
				return err
			}
			return b.im.Check(ctx, i.ID, quiet)
		}},
		{"apply", func() error { return b.im.Apply(ctx, i.ID, quiet) }},
	} {
		begin := time.Now()
		if err := step.do(); err != nil {
			return imports.Report{}, err
		}
		b.extras[name+" "+step.name+" s"] = append(b.extras[name+" "+step.name+" s"], time.Since(begin).Seconds())
	}
	i, err = b.im.Get(ctx, i.ID)
	if err != nil {
		return imports.Report{}, err
	}
	return *i.Report, nil
}

func (b *importBench) end() error {
	if b.patient != nil {
		b.patient.Close()
	}
	return b.close()
}
