package catalogue

import (
	"fmt"
	"regexp"
	"slices"

	"haidang"
)

// Bounds of an entry.
const (
	maxColumns = 120
	maxZoom    = 22
	maxTitle   = 200
	maxProse   = 4000
	maxUnit    = 40
)

var (
	slugForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
	nameForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)
	colourForm  = regexp.MustCompile(`^(#[0-9a-f]{6})?$`)
	granteeForm = regexp.MustCompile(`^(public|staff|role:[a-z]+|agency:[a-z0-9._-]+|account:[a-z0-9._-]+)$`)
	geometries  = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "Geometry"}
	// reserved are the columns that every table has by itself, ours and PostgreSQL's, and
	// "n", which numbers the features of a file on their way in.
	reserved = []string{"fid", "row_version", "geom", "geom_3857", "period", "band", "id", "geometry", "n",
		"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
)

// Reserved reports whether no column of a layer may have that name.
func Reserved(name string) bool { return slices.Contains(reserved, name) }

// Validate returns ErrInvalid with the field that cannot be.
func (l Layer) Validate() error {
	for _, check := range []func() error{l.checkNames, l.checkShape, l.checkColumns, l.checkReferences, l.Style.check, l.checkTopology, l.checkRights} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (l Layer) checkNames() error {
	switch {
	case !slugForm.MatchString(string(l.Slug)):
		return haidang.RefuseField("slug", "Mã lớp gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ, tối đa 41 ký tự.",
			"A layer's code is lower-case letters, digits and underscores, begins with a letter, and has at most 41 characters.")
	case l.Title.VI == "" || l.Title.EN == "" || len(l.Title.VI) > maxTitle || len(l.Title.EN) > maxTitle:
		return haidang.RefuseField("title", fmt.Sprintf("Cần tên lớp bằng tiếng Việt và tiếng Anh, tối đa %d byte.", maxTitle),
			fmt.Sprintf("A layer needs a title in Vietnamese and in English, at most %d bytes each.", maxTitle))
	case l.Owner == "":
		return haidang.RefuseField("owner", "Cần cơ quan chủ quản của lớp.", "A layer needs an agency that owns it.")
	}
	for name, text := range map[string]string{"description.vi": l.Description.VI, "description.en": l.Description.EN, "licence": l.Licence,
		"updateRhythm": l.UpdateRhythm, "attribution": l.Attribution, "theme": l.Theme, "sector": l.Sector} {
		if len(text) > maxProse {
			return haidang.RefuseField(name, fmt.Sprintf("Quá dài: tối đa %d byte.", maxProse), fmt.Sprintf("Too long: at most %d bytes.", maxProse))
		}
	}
	return nil
}

func (l Layer) checkShape() error {
	switch {
	case l.Kind != Vector && l.Kind != Raster && l.Kind != "":
		return haidang.RefuseField("kind", "Loại lớp là vector hoặc raster.", "The kind of a layer is vector or raster.")
	case l.Kind != Raster && !slices.Contains(geometries, l.Geometry):
		return haidang.RefuseField("geometry", fmt.Sprintf("Kiểu hình học là một trong %v.", geometries), fmt.Sprintf("The geometry type is one of %v.", geometries))
	case l.MinZoom < 0 || l.MaxZoom > maxZoom || l.MinZoom > l.MaxZoom:
		return haidang.RefuseField("minZoom", fmt.Sprintf("Mức phóng từ 0 đến %d, mức đầu không lớn hơn mức cuối.", maxZoom),
			fmt.Sprintf("Zooms are 0 to %d, the first not above the last.", maxZoom))
	case l.Review != "" && l.Review != ReviewNone && l.Review != ReviewApprove:
		return haidang.RefuseField("review", "Cách duyệt là none hoặc approve.", "The review policy is none or approve.")
	}
	return nil
}

func (l Layer) checkColumns() error {
	if len(l.Columns) > maxColumns {
		return haidang.RefuseField("columns", fmt.Sprintf("Tối đa %d cột.", maxColumns), fmt.Sprintf("At most %d columns.", maxColumns))
	}
	seen := map[string]bool{}
	for _, c := range l.Columns {
		field := "columns." + c.Name
		switch {
		case !nameForm.MatchString(c.Name) || Reserved(c.Name) && l.Table == "layer_"+string(l.Slug):
			return haidang.RefuseField(field, fmt.Sprintf("Tên cột %q không dùng được: chữ thường không dấu, số, gạch dưới; không phải %v.", c.Name, reserved),
				fmt.Sprintf("The column name %q cannot be used: lower-case letters, digits, underscores; none of %v.", c.Name, reserved))
		case seen[c.Name]:
			return haidang.RefuseField(field, fmt.Sprintf("Cột %s có hai lần.", c.Name), fmt.Sprintf("Column %s is there twice.", c.Name))
		case sqlTypes[c.Type] == "":
			return haidang.RefuseField(field, fmt.Sprintf("Kiểu %q của cột %s không có.", c.Type, c.Name), fmt.Sprintf("Column %s has the unknown type %q.", c.Name, c.Type))
		case len(c.Label.VI) > maxTitle || len(c.Label.EN) > maxTitle || len(c.Unit) > maxUnit:
			return haidang.RefuseField(field, fmt.Sprintf("Cột %s: tên tối đa %d byte, đơn vị tối đa %d.", c.Name, maxTitle, maxUnit),
				fmt.Sprintf("Column %s: a label has at most %d bytes, a unit %d.", c.Name, maxTitle, maxUnit))
		case c.FromZoom != nil && (*c.FromZoom < 0 || *c.FromZoom > maxZoom):
			return haidang.RefuseField(field, fmt.Sprintf("Cột %s: mức phóng từ 0 đến %d.", c.Name, maxZoom), fmt.Sprintf("Column %s: the zoom is 0 to %d.", c.Name, maxZoom))
		case c.Type != CodeType && c.CodeList != "":
			return haidang.RefuseField(field, fmt.Sprintf("Cột %s có danh mục thì phải có kiểu code.", c.Name), fmt.Sprintf("Column %s has a code list, so its type must be code.", c.Name))
		case c.Type == CodeType && c.CodeList == "":
			return haidang.RefuseField(field, fmt.Sprintf("Cột %s cần một danh mục.", c.Name), fmt.Sprintf("Column %s needs a code list.", c.Name))
		}
		seen[c.Name] = true
	}
	return nil
}

// checkReferences wants that whatever names a column names one of the layer's.
func (l Layer) checkReferences() error {
	named := map[string][]string{"key": l.Key, "search": l.Search}
	if l.Class != "" {
		named["class"] = []string{l.Class}
	}
	if l.Label != "" {
		named["label"] = []string{l.Label}
	}
	for field, names := range named {
		for _, name := range names {
			if _, ok := l.Column(name); !ok {
				return haidang.RefuseField(field, fmt.Sprintf("Lớp không có cột %q.", name), fmt.Sprintf("The layer has no column %q.", name))
			}
		}
	}
	return nil
}

func (s Style) check() error {
	for name, colour := range map[string]string{"fill": s.Fill, "line": s.Line, "point": s.Point} {
		if !colourForm.MatchString(colour) {
			return haidang.RefuseField("style."+name, fmt.Sprintf("Màu %q phải có dạng #rrggbb, chữ thường.", colour), fmt.Sprintf("The colour %q must have the form #rrggbb in lower case.", colour))
		}
	}
	if s.Opacity < 0 || s.Opacity > 1 || s.Width < 0 || s.Width > 50 || s.Radius < 0 || s.Radius > 50 || len(s.Dash) > 8 || s.LabelFrom < 0 || s.LabelFrom > maxZoom {
		return haidang.RefuseField("style", "Độ mờ 0-1, bề rộng và bán kính 0-50, nét đứt tối đa 8 đoạn, mức chữ 0-22.",
			"Opacity is 0-1, width and radius 0-50, at most 8 dashes, the label's zoom 0-22.")
	}
	return nil
}

func (l Layer) checkRights() error {
	for i, r := range l.Rights {
		if slices.ContainsFunc(l.Rights[:i], func(s Right) bool { return s.Verb == r.Verb && s.Grantee == r.Grantee }) {
			return haidang.RefuseField("rights", fmt.Sprintf("Quyền %s cho %q ghi hai lần. Mỗi nơi một quyền: hãy gộp địa bàn và cột vào đó, hoặc cho từng tài khoản.", r.Verb, r.Grantee),
				fmt.Sprintf("The right %s is given to %q twice. Each has it once: put the areas and columns into that one, or give it by account.", r.Verb, r.Grantee))
		}
		if verbRoles[r.Verb] == nil || !granteeForm.MatchString(r.Grantee) || r.Grantee == Public && r.Verb != See && r.Verb != Export {
			return haidang.RefuseField("rights", fmt.Sprintf("Quyền %s cho %q không hợp lệ.", r.Verb, r.Grantee), fmt.Sprintf("The right %s for %q is not possible.", r.Verb, r.Grantee))
		}
		if len(r.Units) > 0 && r.Verb != Edit && r.Verb != Approve || len(r.Columns) > 0 && r.Verb != Edit {
			return haidang.RefuseField("rights", "Chỉ quyền sửa và duyệt giới hạn được theo địa bàn, và chỉ quyền sửa theo cột.",
				"Only the rights to edit and to review can be bound to an area, and only the right to edit to columns.")
		}
		for _, name := range r.Columns {
			if _, ok := l.Column(name); !ok && name != "geometry" {
				return haidang.RefuseField("rights", fmt.Sprintf("Quyền theo cột: lớp không có cột %.60q.", name), fmt.Sprintf("A right by column: the layer has no column %.60q.", name))
			}
		}
	}
	return nil
}
