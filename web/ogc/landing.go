package ogc

import "net/http"

// landing is the landing page.
type landing struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Links       []link `json:"links"`
}

// Pages are the links that a person has a use for: each address once, not this one.
func (l landing) Pages() (list []link) {
	for _, one := range l.Links {
		if one.Rel != "self" && one.Rel != "alternate" && one.Rel != relConformance {
			list = append(list, one)
		}
	}
	return list
}

func serveLanding(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	doc := landing{Title: q.say("Hải Đăng: bản đồ số", "Hải Đăng: the digital map"),
		Description: q.say("Các lớp bản đồ của tỉnh theo chuẩn OGC API: đọc bằng QGIS, GDAL, trình duyệt hoặc chương trình khác.",
			"The map layers of the province by the OGC APIs: for QGIS, GDAL, browsers and other programs.")}
	doc.Links = append(q.itself(),
		q.to("service-desc", "/api", mediaOpenAPI, q.say("Mô tả API (OpenAPI 3.0)", "The API's description (OpenAPI 3.0)")),
		q.to("service-doc", "/collections?f=html", mediaHTML, q.say("Trang của các lớp", "Pages of the layers")),
		q.to("conformance", "/conformance", mediaJSON, q.say("Các lớp tuân thủ", "Conformance classes")),
		q.to(relConformance, "/conformance", mediaJSON, q.say("Các lớp tuân thủ", "Conformance classes")),
		q.to("data", "/collections", mediaJSON, q.say("Các lớp bản đồ", "The map layers")),
		q.to("data", "/collections?f=html", mediaHTML, q.say("Các lớp bản đồ, dạng trang", "The map layers, as a page")),
		q.to(relGrids, "/tileMatrixSets", mediaJSON, q.say("Các lưới mảnh bản đồ", "The tile matrix sets")),
		q.to(relStyles, "/styles", mediaJSON, q.say("Kiểu vẽ và chú giải", "Styles and legends")),
		q.to(relFunctions, "/functions", mediaJSON, q.say("Các hàm dùng trong bộ lọc", "The functions of filters")))
	return q.write(w, "landing", doc, doc.Links)
}

// conformance is what the API declares to hold.
type conformance struct {
	ConformsTo []string `json:"conformsTo"`
	Links      []link   `json:"links"`
}

const (
	features1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
	features2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
	features3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
	features4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
	features5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/"
	common1   = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
	tiles1    = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
	cql21     = "http://www.opengis.net/spec/cql2/1.0/conf/"
)

// conforms lists what holds; docs/conformance.md says by which tests.
var conforms = []string{
	common1 + "core", common1 + "landing-page", common1 + "json", common1 + "html", common1 + "oas30",
	features1 + "core", features1 + "oas30", features1 + "html", features1 + "geojson",
	features2 + "crs",
	features3 + "queryables", features3 + "queryables-query-parameters", features3 + "filter", features3 + "features-filter",
	features4 + "create-replace-delete", features4 + "optimistic-locking-etags", features4 + "features",
	features5 + "schemas", features5 + "advanced-property-roles", features5 + "returnables-and-receivables", features5 + "queryables", features5 + "profile-codelists",
	cql21 + "cql2-text", cql21 + "cql2-json", cql21 + "basic-cql2", cql21 + "advanced-comparison-operators", cql21 + "case-insensitive-comparison",
	cql21 + "accent-insensitive-comparison", cql21 + "basic-spatial-functions", cql21 + "basic-spatial-functions-plus", cql21 + "spatial-functions",
	cql21 + "temporal-functions", cql21 + "property-property", cql21 + "arithmetic",
	tiles1 + "core", tiles1 + "tileset", tiles1 + "tilesets-list", tiles1 + "geodata-tilesets", tiles1 + "mvt",
}

func serveConformance(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	doc := conformance{ConformsTo: conforms, Links: q.itself()}
	return q.write(w, "conformance", doc, doc.Links)
}

// functions lists the functions that filters may call: none but those of CQL2 itself.
type functions struct {
	Functions []struct{} `json:"functions"`
	Links     []link     `json:"links"`
}

func serveFunctions(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	doc := functions{Functions: []struct{}{}, Links: q.itself()}
	return q.write(w, "", doc, doc.Links)
}
