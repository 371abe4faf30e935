package geo

import (
	"context"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// sectorBase marks the layers of the base map, which belong to no sector.
const sectorBase = haidang.SectorBase

const drawnByHand = "Hải Đăng, vẽ gần đúng, không dùng để đo đạc"

// column is a column that tiles carry from a zoom on.
func column(name string, t catalogue.ColumnType, vi, en string, fromZoom int) catalogue.Column {
	return catalogue.Column{Name: name, Type: t, Label: haidang.Text{VI: vi, EN: en}, FromZoom: catalogue.From(fromZoom)}
}

var (
	kindColumn        = column("kind", catalogue.Text, "Loại", "Kind", 0)
	gradeColumn       = column("grade", catalogue.Integer, "Cấp", "Grade", 0)
	approximateColumn = column("approximate", catalogue.Boolean, "Gần đúng", "Approximate", 0)
	codeColumn        = column("code", catalogue.Text, "Mã", "Code", 0)
	nameColumn        = column("name", catalogue.Text, "Tên", "Name", 0)
)

// from returns the column for tiles from another zoom on.
func from(c catalogue.Column, zoom int) catalogue.Column {
	c.FromZoom = catalogue.From(zoom)
	return c
}

var baseCatalogue = []catalogue.Layer{
	{Slug: "land", Title: haidang.Text{VI: "Đất liền", EN: "Land"}, Sector: sectorBase, Owner: AgencyEnvironment,
		Table: "base_land", SRID: 3857, Geometry: "MultiPolygon", MaxZoom: 14, Bands: bandStarts(), Dated: true,
		Columns: []catalogue.Column{kindColumn, approximateColumn}, Attribution: drawnByHand, Rights: catalogue.OpenRights(AgencyEnvironment)},
	{Slug: "water", Title: haidang.Text{VI: "Sông, kênh", EN: "Rivers and canals"}, Sector: sectorBase, Owner: AgencyAgriculture,
		Table: "base_water", SRID: 4326, Geometry: "Geometry", MaxZoom: 14,
		Columns: []catalogue.Column{kindColumn, gradeColumn, from(nameColumn, 8), approximateColumn}, Search: []string{"name"}, Label: "name",
		Attribution: drawnByHand, Rights: catalogue.OpenRights(AgencyAgriculture)},
	{Slug: "unit", Title: haidang.Text{VI: "Ranh giới xã, phường", EN: "Communes and wards"}, Sector: sectorBase, Owner: AgencyEnvironment,
		Table: "base_unit", SRID: 4326, Geometry: "MultiPolygon", MaxZoom: 16, Bands: bandStarts(), Dated: true,
		Columns: []catalogue.Column{codeColumn, nameColumn, {Name: "name_km", Type: catalogue.Text, Label: haidang.Text{VI: "Tên Khmer", EN: "Khmer name"}},
			column("level", catalogue.Integer, "Cấp hành chính", "Level", 0), approximateColumn},
		Key: []string{"code"}, Search: []string{"name", "name_km", "code"}, Rights: catalogue.OpenRights(AgencyEnvironment)},
	{Slug: "unit_label", Title: haidang.Text{VI: "Tên xã, phường", EN: "Names of communes and wards"}, Sector: sectorBase, Owner: AgencyEnvironment,
		Table: "base_unit_label", SRID: 4326, Geometry: "Point", MaxZoom: 14, Dated: true,
		Columns: []catalogue.Column{codeColumn, nameColumn, column("name_km", catalogue.Text, "Tên Khmer", "Khmer name", 0), kindColumn},
		Label:   "name", Rights: catalogue.OpenRights(AgencyEnvironment)},
}

var irrigationLayer = catalogue.Layer{Slug: "irrigation", Title: haidang.Text{VI: "Thuỷ lợi", EN: "Irrigation"}, Sector: haidang.SectorSluice,
	Owner: AgencyAgriculture, Template: "irrigation", Table: "layer_irrigation", SRID: 959209, Geometry: "Geometry", MinZoom: 7, MaxZoom: 16, Simulated: true,
	Columns: []catalogue.Column{
		{Name: "kind", Type: catalogue.CodeType, CodeList: "irrigation_work", Label: kindColumn.Label, Required: true, FromZoom: catalogue.From(0)},
		gradeColumn, from(codeColumn, 10), from(nameColumn, 10)},
	Key: []string{"code"}, Class: "kind", Label: "name", Search: []string{"code", "name"},
	Style:       catalogue.Style{Line: "#5b7f9e", Width: 1.5, Point: "#3f5d78", Radius: 4, LabelFrom: 12},
	Attribution: "Hải Đăng, dữ liệu mô phỏng", Rights: catalogue.StaffRights(AgencyAgriculture)}

var parcelLayer = catalogue.Layer{Slug: "parcel", Title: haidang.Text{VI: "Thửa đất", EN: "Parcels"}, Sector: haidang.SectorLand, Theme: "cadastre",
	Owner: AgencyEnvironment, Template: "parcel", Table: "layer_parcel", SRID: 959209, Geometry: "Polygon", MinZoom: 6, MaxZoom: 17, Simulated: true, Coverage: true,
	Columns: []catalogue.Column{
		column("sheet", catalogue.Integer, "Tờ bản đồ", "Map sheet", 16), column("number", catalogue.Integer, "Số thửa", "Parcel number", 16),
		{Name: "land_use", Type: catalogue.CodeType, CodeList: "land_use", Label: haidang.Text{VI: "Loại đất", EN: "Land use"}, Required: true, FromZoom: catalogue.From(0)},
		{Name: "area_m2", Type: catalogue.Number, Unit: "m2", Label: haidang.Text{VI: "Diện tích", EN: "Area"}, FromZoom: catalogue.From(15)}},
	Key: []string{"sheet", "number"}, Class: "land_use", Label: "number", Search: []string{"sheet", "number"},
	Style:       catalogue.Style{Fill: "#e9e7d8", Line: "#8a8f98", Opacity: 0.7, LabelFrom: 17},
	Topology:    catalogue.CoverageTopology("area_m2"),
	Attribution: "Hải Đăng, thửa đất sinh tự động", Rights: catalogue.StaffRights(AgencyEnvironment)}

func bandStarts() []int16 {
	starts := make([]int16, len(bands))
	for i, b := range bands {
		starts[i] = int16(b.from)
	}
	return starts
}

// writeCatalogue adds or corrects the entries of the base map, which is the house's own.
func writeCatalogue(ctx context.Context, tx pgx.Tx, layers ...catalogue.Layer) error {
	for _, l := range layers {
		if err := catalogue.Register(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
