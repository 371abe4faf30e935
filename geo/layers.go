package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// catalogueRow is one row of the table layer.
type catalogueRow struct {
	slug             haidang.LayerSlug
	title            haidang.Text
	sector           string
	owner            haidang.AgencyCode
	table            string
	srid             int
	geometry         string
	minZoom, maxZoom int
	columns          []Column
	bands            []int16
	dated, public    bool
	simulated        bool
	attribution      string
}

// Column is a column of a layer's table that its tiles carry from a zoom on.
type Column struct {
	Name     string `json:"name"`
	FromZoom int    `json:"from_zoom"`
}

// sectorBase marks the layers of the base map, which belong to no sector.
const sectorBase = "base"

const drawnByHand = "Hải Đăng, vẽ gần đúng, không dùng để đo đạc"

var baseCatalogue = []catalogueRow{
	{slug: "land", title: haidang.Text{VI: "Đất liền", EN: "Land"}, sector: sectorBase, owner: AgencyEnvironment,
		table: "base_land", srid: 3857, geometry: "MultiPolygon", maxZoom: 14, bands: bandStarts(), dated: true, public: true,
		columns: []Column{{"kind", 0}, {"approximate", 0}}, attribution: drawnByHand},
	{slug: "water", title: haidang.Text{VI: "Sông, kênh", EN: "Rivers and canals"}, sector: sectorBase, owner: AgencyAgriculture,
		table: "base_water", srid: 4326, geometry: "Geometry", maxZoom: 14, public: true,
		columns: []Column{{"kind", 0}, {"grade", 0}, {"name", 8}, {"approximate", 0}}, attribution: drawnByHand},
	{slug: "unit", title: haidang.Text{VI: "Ranh giới xã, phường", EN: "Communes and wards"}, sector: sectorBase, owner: AgencyEnvironment,
		table: "base_unit", srid: 4326, geometry: "MultiPolygon", maxZoom: 16, bands: bandStarts(), dated: true, public: true,
		columns: []Column{{"code", 0}, {"name", 0}, {"level", 0}, {"approximate", 0}}},
	{slug: "unit_label", title: haidang.Text{VI: "Tên xã, phường", EN: "Names of communes and wards"}, sector: sectorBase, owner: AgencyEnvironment,
		table: "base_unit_label", srid: 4326, geometry: "Point", maxZoom: 14, dated: true, public: true,
		columns: []Column{{"code", 0}, {"name", 0}, {"name_km", 0}, {"kind", 0}}},
}

var irrigationRow = catalogueRow{slug: "irrigation", title: haidang.Text{VI: "Thuỷ lợi", EN: "Irrigation"}, sector: haidang.SectorSluice,
	owner: AgencyAgriculture, table: "layer_irrigation", srid: 959209, geometry: "Geometry", minZoom: 7, maxZoom: 16, simulated: true,
	columns: []Column{{"kind", 0}, {"grade", 0}, {"code", 10}, {"name", 10}}, attribution: "Hải Đăng, dữ liệu mô phỏng"}

var parcelRow = catalogueRow{slug: "parcel", title: haidang.Text{VI: "Thửa đất", EN: "Parcels"}, sector: sectorBase,
	owner: AgencyEnvironment, table: "layer_parcel", srid: 959209, geometry: "Polygon", minZoom: 12, maxZoom: 17, simulated: true,
	columns: []Column{{"land_use", 12}, {"area_m2", 15}, {"sheet", 16}, {"number", 16}}, attribution: "Hải Đăng, thửa đất sinh tự động"}

func bandStarts() []int16 {
	starts := make([]int16, len(bands))
	for i, b := range bands {
		starts[i] = int16(b.from)
	}
	return starts
}

// writeCatalogue adds or corrects rows of the catalogue; versions stay.
func writeCatalogue(ctx context.Context, tx pgx.Tx, rows ...catalogueRow) error {
	for _, l := range rows {
		bands := l.bands
		if bands == nil {
			bands = []int16{}
		}
		_, err := tx.Exec(ctx, `INSERT INTO layer (slug, title_vi, title_en, sector, owner_agency, table_name, storage_srid, geometry_type,
				min_zoom, max_zoom, columns, zoom_bands, dated, public, attribution, simulated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (slug) DO UPDATE SET title_vi = excluded.title_vi, title_en = excluded.title_en, min_zoom = excluded.min_zoom,
				max_zoom = excluded.max_zoom, columns = excluded.columns, zoom_bands = excluded.zoom_bands, attribution = excluded.attribution`,
			l.slug, l.title.VI, l.title.EN, l.sector, l.owner, l.table, l.srid, l.geometry,
			l.minZoom, l.maxZoom, l.columns, bands, l.dated, l.public, l.attribution, l.simulated)
		if err != nil {
			return fmt.Errorf("write layer %s to the catalogue: %w", l.slug, err)
		}
	}
	return nil
}
