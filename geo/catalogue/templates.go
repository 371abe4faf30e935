package catalogue

import (
	"haidang"
	"haidang/geo/crs"
)

// Templates returns the kinds of layers that the province's agencies keep, in the
// order of the mission's list.
func Templates() []Template {
	return append(append(landTemplates(), workTemplates()...), natureTemplates()...)
}

// template is a layer in the zone of the province's cadastre, described by its columns.
func template(name, sector, vi, en, geometry string, from, to int, columns ...Column) Template {
	return Template{Name: name, Layer: Layer{Kind: Vector, Title: haidang.Text{VI: vi, EN: en}, Sector: sector, Template: name,
		SRID: crs.Province().SRID, Geometry: geometry, MinZoom: from, MaxZoom: to, Columns: columns, Review: ReviewNone}}
}

// about says what the layer is for, how often it changes and by what it is known.
func (t Template) about(vi, en, rhythm string, key ...string) Template {
	t.Layer.Description, t.Layer.UpdateRhythm, t.Layer.Key = haidang.Text{VI: vi, EN: en}, rhythm, key
	return t
}

// shown says what colours the layer, what is written on it and what is searched.
func (t Template) shown(class, label string, search []string, style Style) Template {
	t.Layer.Class, t.Layer.Label, t.Layer.Search, t.Layer.Style = class, label, search, style
	return t
}

// themed puts the layer under a theme of its sector.
func (t Template) themed(theme string) Template {
	t.Layer.Theme = theme
	return t
}

// dated marks features as in force on some days only.
func (t Template) dated() Template {
	t.Layer.Dated = true
	return t
}

// coverage marks polygons that share borders and do not overlap. legal names the column
// with their area on paper, "" for none.
func (t Template) coverage(legal string) Template {
	t.Layer.Coverage, t.Layer.Topology = true, CoverageTopology(legal)
	return t
}

// reviewed wants that a reviewer agrees to every edit.
func (t Template) reviewed() Template {
	t.Layer.Review = ReviewApprove
	return t
}

// never keeps a column out of tiles.
const never = -1

func col(name string, kind ColumnType, vi, en string, fromZoom int) Column {
	c := Column{Name: name, Type: kind, Label: haidang.Text{VI: vi, EN: en}}
	if fromZoom >= 0 {
		c.FromZoom = From(fromZoom)
	}
	return c
}

func textCol(name, vi, en string, fromZoom int) Column { return col(name, Text, vi, en, fromZoom) }

// measure is a number with a unit (UCUM).
func measure(name, vi, en, unit string, fromZoom int) Column {
	c := col(name, Number, vi, en, fromZoom)
	c.Unit = unit
	return c
}

func coded(name, list, vi, en string, fromZoom int) Column {
	c := col(name, CodeType, vi, en, fromZoom)
	c.CodeList = list
	return c
}

func (c Column) needed() Column {
	c.Required = true
	return c
}

// The columns that many layers have.
func codeCol() Column { return textCol("code", "Mã", "Code", 10).needed() }
func nameCol() Column { return textCol("name", "Tên", "Name", 10) }
func noteCol() Column { return textCol("note", "Ghi chú", "Note", never) }
func decisionCol() Column {
	return textCol("decision", "Văn bản, quyết định", "Decision", never)
}
func decidedCol() Column {
	return col("decided_on", Date, "Ngày ban hành", "Decided on", never)
}
func unitCol() Column { return textCol("unit_code", "Mã xã, phường", "Code of the commune", 14) }
func statusCol(fromZoom int) Column {
	return coded("status", "project_status", "Tình trạng", "Status", fromZoom)
}
