package geo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"haidang"
)

// maxAreasBytes bounds a file of areas: the 3,321 communes of the country fit several times.
const maxAreasBytes = 512 << 20

// The region of Vietnam with its islands, WGS 84 degrees.
var region = orb.Bound{Min: orb.Point{102, 6.5}, Max: orb.Point{118, 23.5}}

// area is one feature of the file that passed every check that needs no database.
type area struct {
	feature int // 1 is the first
	code    haidang.UnitCode
	name    string
	shape   orb.MultiPolygon
}

// readAreas reads a FeatureCollection. The remarks are the features it refuses;
// the error is for a file that is not one at all.
func readAreas(r io.Reader, nameField, codeField string) ([]area, []Remark, error) {
	features, err := decodeAreas(r)
	if err != nil {
		return nil, nil, err
	}
	if err := wantFields(features, "name-field", nameField); err != nil {
		return nil, nil, err
	}
	if err := wantFields(features, "code-field", codeField); err != nil {
		return nil, nil, err
	}
	var areas []area
	var refused []Remark
	first := map[haidang.UnitCode]int{}
	for i, f := range features {
		a, text := readArea(f, nameField, codeField)
		a.feature = i + 1
		if seen := first[a.code]; text == nil && seen > 0 {
			text = textf("Mã trùng với đối tượng thứ %d; mỗi mã chỉ được có một lần.", "Same code as feature %d; each code may occur once.", seen)
		}
		if text != nil {
			refused = append(refused, Remark{a.feature, a.code, *text})
			continue
		}
		first[a.code] = a.feature
		areas = append(areas, a)
	}
	return areas, refused, nil
}

func decodeAreas(r io.Reader) ([]*geojson.Feature, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxAreasBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read areas: %w", err)
	}
	if len(data) > maxAreasBytes {
		return nil, haidang.Refuse(haidang.ErrTooLarge,
			"Tệp lớn hơn 512 MiB; hãy chia thành nhiều tệp.", "The file is larger than 512 MiB; split it.")
	}
	collection, err := geojson.UnmarshalFeatureCollection(data)
	if err != nil {
		return nil, &haidang.Error{Code: haidang.ErrInvalid, Field: "file", Cause: err, Text: haidang.Text{
			VI: "Tệp không phải GeoJSON FeatureCollection. Trong QGIS: Xuất → Lưu đối tượng → GeoJSON, EPSG:4326.",
			EN: "The file is not a GeoJSON FeatureCollection. In QGIS: Export → Save Features As → GeoJSON, EPSG:4326."}}
	}
	if name := foreignCRS(collection); name != "" {
		return nil, haidang.RefuseField("file",
			fmt.Sprintf("Tệp khai báo hệ toạ độ %s; hãy xuất lại ở WGS 84 (EPSG:4326).", name),
			fmt.Sprintf("The file declares the coordinate system %s; export it again in WGS 84 (EPSG:4326).", name))
	}
	if len(collection.Features) == 0 {
		return nil, haidang.RefuseField("file", "Tệp không có đối tượng nào.", "The file has no features.")
	}
	for i, f := range collection.Features {
		if f == nil { // JSON null: refused later like any feature without a name
			collection.Features[i] = &geojson.Feature{}
		}
	}
	return collection.Features, nil
}

// foreignCRS returns the coordinate system of the old "crs" member (GeoJSON
// 2008) when it is neither WGS 84 nor CRS 84.
func foreignCRS(c *geojson.FeatureCollection) string {
	member, _ := c.ExtraMembers["crs"].(map[string]any)
	properties, _ := member["properties"].(map[string]any)
	name, _ := properties["name"].(string)
	if name == "" || strings.HasSuffix(name, "CRS84") || strings.HasSuffix(name, ":4326") {
		return ""
	}
	return name
}

// wantFields refuses a field name that no feature has, and lists those there are.
func wantFields(features []*geojson.Feature, option, field string) error {
	names := map[string]bool{}
	for _, f := range features {
		for name := range f.Properties {
			names[name] = true
		}
	}
	if names[field] {
		return nil
	}
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	have := strings.Join(list[:min(len(list), 20)], ", ")
	return haidang.RefuseField(option,
		fmt.Sprintf("Không đối tượng nào có trường %q. Các trường có trong tệp: %s.", field, have),
		fmt.Sprintf("No feature has the field %q. The file has: %s.", field, have))
}

func readArea(f *geojson.Feature, nameField, codeField string) (area, *haidang.Text) {
	a := area{code: haidang.UnitCode(fieldText(f.Properties[codeField])), name: fieldText(f.Properties[nameField])}
	switch {
	case a.code == "" || len(a.code) > 32:
		return a, textf("Trường %q phải có mã, tối đa 32 ký tự.", "Field %q must hold a code of at most 32 characters.", codeField)
	case a.name == "" || len(a.name) > 200:
		return a, textf("Trường %q phải có tên, tối đa 200 byte.", "Field %q must hold a name of at most 200 bytes.", nameField)
	}
	shape, err := asMultiPolygon(f.Geometry)
	if err != nil {
		return a, textf("Hình phải là Polygon hoặc MultiPolygon; ở đây là %s.", "The geometry must be a Polygon or MultiPolygon; here it is %s.", err)
	}
	a.shape = shape
	return a, checkPlace(shape)
}

// fieldText reads a property as text. Codes are often written as JSON numbers.
func fieldText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func asMultiPolygon(g orb.Geometry) (orb.MultiPolygon, error) {
	switch g := g.(type) {
	case orb.Polygon:
		return checkRings(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		return checkRings(g)
	case nil:
		return nil, errors.New("null")
	}
	return nil, errors.New(g.GeoJSONType())
}

// checkRings refuses what no repair can make an area of.
func checkRings(m orb.MultiPolygon) (orb.MultiPolygon, error) {
	for _, p := range m {
		for _, ring := range p {
			if len(ring) < 4 {
				return nil, errors.New("a ring of fewer than 4 points")
			}
		}
	}
	if len(m) == 0 || slices.ContainsFunc(m, func(p orb.Polygon) bool { return len(p) == 0 }) {
		return nil, errors.New("empty")
	}
	return m, nil
}

// checkPlace refuses coordinates outside the region of Vietnam, with the likely cause.
func checkPlace(m orb.MultiPolygon) *haidang.Text {
	b := m.Bound()
	swapped := orb.Bound{Min: orb.Point{b.Min[1], b.Min[0]}, Max: orb.Point{b.Max[1], b.Max[0]}}
	within := func(b orb.Bound) bool { return region.Contains(b.Min) && region.Contains(b.Max) }
	switch {
	case within(b):
		return nil
	case within(swapped):
		return textf("Kinh độ và vĩ độ bị đổi chỗ (%.4f, %.4f); GeoJSON ghi kinh độ trước.",
			"Longitude and latitude are swapped (%.4f, %.4f); GeoJSON writes the longitude first.", b.Min[0], b.Min[1])
	case b.Max[0] > 360 || b.Max[1] > 360:
		return textf("Toạ độ là mét (%.0f, %.0f), không phải độ; hãy chuyển từ VN-2000 sang WGS 84 (EPSG:4326) rồi nhập lại.",
			"The coordinates are metres (%.0f, %.0f), not degrees; convert from VN-2000 to WGS 84 (EPSG:4326) and import again.", b.Min[0], b.Min[1])
	}
	return textf("Nằm ngoài khu vực Việt Nam (%.4f, %.4f); hãy kiểm tra hệ toạ độ, cần WGS 84 (EPSG:4326).",
		"Outside the region of Vietnam (%.4f, %.4f); check the coordinate system, WGS 84 (EPSG:4326) is needed.", b.Min[0], b.Min[1])
}

func textf(vi, en string, args ...any) *haidang.Text {
	return &haidang.Text{VI: fmt.Sprintf(vi, args...), EN: fmt.Sprintf(en, args...)}
}
