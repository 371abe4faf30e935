package geo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
)

const simulatedAttribution = "Hải Đăng, dữ liệu mô phỏng, không dùng để đo đạc"

// demoLayer is a layer of the demo, made of a template and filled once.
type demoLayer struct {
	template string
	slug     haidang.LayerSlug
	owner    haidang.AgencyCode
	open     bool // anybody may see it, and export it
	fill     func(ctx context.Context, tx pgx.Tx, l catalogue.Layer) error
}

var demoLayers = []demoLayer{
	{"road", "road", AgencyTransport, true, drawnRows(demoRoads)},
	{"land_use_plan", "land_use_plan", AgencyEnvironment, true, fillLandUsePlan},
	{"construction_plan", "construction_plan", AgencyConstruction, true, drawnRows(demoPlans)},
	{"industrial_zone", "industrial_zone", "kcn", true, drawnRows(demoZones)},
	{"historic_site", "historic_site", "sovhttdl", true, drawnRows(demoSites)},
	{"telecom_station", "telecom_station", "sotttt", false, drawnRows(demoStations)},
	{"water_resource", "water_resource", AgencyEnvironment, false, drawnRows(demoWells)},
	{"mineral", "mineral", AgencyEnvironment, false, drawnRows(demoMinerals)},
	{"sea_area", "sea_area", AgencyEnvironment, true, drawnRows(demoSeaAreas)},
	{"control_point", "control_point", AgencyEnvironment, false, drawnRows(demoControlPoints)},
	{"corridor", "corridor", AgencyConstruction, false, fillCorridors},
}

// demoParcels is how many parcels the demo has: a town's worth.
const demoParcels = 20_000

// SeedDemoLayers makes the sector layers of the demo, each once, in one transaction
// each: simulated things on the province's real ground. What is there already, by an
// earlier start or by somebody's own hand, is left alone.
func SeedDemoLayers(ctx context.Context, pool *pgxpool.Pool) error {
	for _, d := range demoLayers {
		if err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return d.seed(ctx, tx) }); err != nil {
			return fmt.Errorf("draw the demo's layer %s: %w", d.slug, err)
		}
	}
	err := townParcels(ctx, pool, demoParcels)
	if haidang.CodeOf(err) == haidang.ErrConflict {
		return nil // there are some
	}
	return err
}

func (d demoLayer) seed(ctx context.Context, tx pgx.Tx) error {
	if err := lockUnits(ctx, tx); err != nil {
		return err
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM layer WHERE slug = $1)`, d.slug).Scan(&there); err != nil || there {
		return err
	}
	l, err := catalogue.FromTemplate(d.template, d.slug, d.owner)
	if err != nil {
		return err
	}
	l.Simulated, l.Attribution = true, simulatedAttribution
	if d.open {
		l.Rights = append(catalogue.OpenRights(d.owner), catalogue.Right{Verb: catalogue.Export, Grantee: catalogue.Public})
	}
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil { // it takes the time it takes, also on an old machine
		return err
	}
	if err := catalogue.Create(ctx, tx, l); err != nil {
		return err
	}
	if l, err = catalogue.Get(ctx, tx, d.slug); err != nil {
		return err
	}
	return d.fill(ctx, tx, l)
}

// drawn is one feature: its shape as WKT in WGS 84, and its columns.
type drawn struct {
	wkt   string
	props map[string]any
}

// drawnRows fills a layer with what a function draws.
func drawnRows(draw func() []drawn) func(context.Context, pgx.Tx, catalogue.Layer) error {
	return func(ctx context.Context, tx pgx.Tx, l catalogue.Layer) error { return insertDrawn(ctx, tx, l, draw()) }
}

// insertDrawn writes all features in one statement. The database reads each column
// by the type that it has in the table.
func insertDrawn(ctx context.Context, tx pgx.Tx, l catalogue.Layer, rows []drawn) error {
	var shapes, props []string
	used := map[string]bool{}
	for _, r := range rows {
		encoded, err := json.Marshal(r.props)
		if err != nil {
			return err
		}
		shapes, props = append(shapes, r.wkt), append(props, string(encoded))
		for name := range r.props {
			used[name] = true
		}
	}
	names := columnsOf(l, used)
	table := pgx.Identifier{l.Table}.Sanitize()
	geom := fmt.Sprintf("ST_Transform(ST_GeomFromText(d.wkt, 4326), %d)", l.SRID)
	if strings.HasPrefix(l.Geometry, "Multi") {
		geom = "ST_Multi(" + geom + ")"
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`INSERT INTO %[1]s (%[2]s, geom) SELECT r.%[3]s, %[4]s
		FROM unnest($1::text[], $2::text[]) AS d (wkt, props), LATERAL jsonb_populate_record(NULL::%[1]s, d.props::jsonb) AS r`,
		table, strings.Join(names, ", "), strings.Join(names, ", r."), geom), shapes, props)
	return err
}

// columnsOf quotes the layer's columns that are used, in its order.
func columnsOf(l catalogue.Layer, used map[string]bool) []string {
	var names []string
	for _, c := range l.Columns {
		if used[c.Name] {
			names = append(names, pgx.Identifier{c.Name}.Sanitize())
		}
	}
	return slices.Clip(names)
}

// fillCorridors lays a corridor along every national and provincial road.
func fillCorridors(ctx context.Context, tx pgx.Tx, _ catalogue.Layer) error {
	_, err := tx.Exec(ctx, `INSERT INTO layer_corridor (code, name, kind, width_m, protects, note, geom)
		SELECT 'HL-' || code, 'Hành lang ' || name, 'road', w, name, 'mô phỏng', ST_Multi(ST_Buffer(geom, w, 'endcap=flat'))
		FROM (SELECT *, CASE class WHEN 'national' THEN 17.0 ELSE 13.0 END AS w FROM layer_road WHERE class IN ('national', 'provincial')) r`)
	return err
}
