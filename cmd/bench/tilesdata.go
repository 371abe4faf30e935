package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
	"haidang/geo/catalogue"
)

// parcelData is the generated cadastre.
var parcelData = dataset{layer: "parcel", table: "layer_parcel", class: "land_use", fill: func(ctx context.Context, pool *pgxpool.Pool) error {
	if err := geo.ReferenceData(ctx, pool); err != nil {
		return err
	}
	return geo.GenerateParcels(ctx, pool, parcels)
}}

// liechtenstein is land use, buildings and roads of OpenStreetMap, laid out over the
// province in copies of true size: one copy is too small to be dense.
func liechtenstein(layer, geometry, class, source, where string) dataset {
	return dataset{layer: layer, table: "layer_" + layer, class: class, fill: func(ctx context.Context, pool *pgxpool.Pool) error {
		path := filepath.Join(os.Getenv("HAIDANG_TESTDATA"), "osm", "liechtenstein-2024.osm.pbf")
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("needs HAIDANG_TESTDATA with osm/liechtenstein-2024.osm.pbf: %w", err)
		}
		if err := geo.ReferenceData(ctx, pool); err != nil {
			return err
		}
		if err := stageOSM(ctx, pool, path, class, source, where); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return layOut(ctx, tx, layer, geometry, class) })
	}}
}

// stageOSM fills the table staged with the class and shape of each feature, by ogr2ogr.
func stageOSM(ctx context.Context, pool *pgxpool.Pool, path, class, source, where string) error {
	if _, err := pool.Exec(ctx, `CREATE TABLE staged (class text, shape text)`); err != nil {
		return err
	}
	ogr := exec.CommandContext(ctx, "ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", path, "-dialect", "SQLite", "-sql",
		fmt.Sprintf("SELECT %s AS class, geometry FROM %s WHERE %s", class, source, where))
	out, err := ogr.Output()
	if err != nil {
		return fmt.Errorf("ogr2ogr: %w", err)
	}
	var rows [][]any
	for line := range bytes.Lines(out) {
		var f struct {
			Properties struct{ Class string }
			Geometry   json.RawMessage
		}
		if err := json.Unmarshal(line, &f); err != nil {
			return fmt.Errorf("ogr2ogr's answer: %w", err)
		}
		rows = append(rows, []any{f.Properties.Class, string(f.Geometry)})
	}
	_, err = pool.CopyFrom(ctx, pgx.Identifier{"staged"}, []string{"class", "shape"}, pgx.CopyFromRows(rows))
	return err
}

// layOut makes the layer of 5 × 3 copies, each moved and scaled to its true size here.
func layOut(ctx context.Context, tx pgx.Tx, layer, geometry, class string) error {
	err := catalogue.Create(ctx, tx, catalogue.Layer{Slug: haidang.LayerSlug(layer), Title: haidang.Text{VI: layer, EN: layer}, Sector: "base", Owner: geo.AgencyEnvironment,
		SRID: 959209, Geometry: geometry, MinZoom: 6, MaxZoom: 17, Class: class,
		Columns: []catalogue.Column{{Name: class, Type: catalogue.Text, Label: haidang.Text{VI: class, EN: class}, FromZoom: catalogue.From(0)}}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`WITH flat AS (SELECT class, ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(shape), 4326), 3857) AS g FROM staged),
			corner AS (SELECT ST_XMin(e) AS x, ST_YMin(e) AS y FROM (SELECT ST_Extent(g) AS e FROM flat) x)
		INSERT INTO layer_%s (%s, geom)
		SELECT class, ST_Multi(ST_Transform(ST_Translate(ST_Scale(ST_Translate(g, -x, -y), 0.69, 0.69), 11750000 + i * 14000, 1040000 + j * 26000), 959209))
		FROM flat, corner, generate_series(0, 4) i, generate_series(0, 2) j WHERE ST_IsValid(g)`, layer, class))
	return err
}
