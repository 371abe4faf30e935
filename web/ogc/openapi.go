package ogc

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"haidang/geo/catalogue"
)

// openAPI is the hand-kept document: everything but what the layers add.
//
//go:embed openapi.json
var openAPI []byte

// object is a JSON object.
type object = map[string]any

// serveOpenAPI answers with the document, in which every layer's items have a path
// of their own that lists the attributes to filter by: GDAL and QGIS look there.
func serveOpenAPI(q *ask, w http.ResponseWriter) error {
	if err := q.knows(); err != nil {
		return err
	}
	var doc object
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return fmt.Errorf("read openapi.json: %w", err)
	}
	layers, err := q.seen()
	if err != nil {
		return err
	}
	doc["servers"] = []object{{"url": q.base}}
	paths := doc["paths"].(object)
	ids := []any{}
	for _, l := range layers {
		ids = append(ids, string(l.Slug))
		if hasFeatures(l) {
			items := object{"get": q.itemsOperation(l, paths)}
			if q.mayEdit(q.who, l) {
				items["post"] = q.addOperation(l, paths)
			}
			paths["/collections/"+string(l.Slug)+"/items"] = items
		}
	}
	if len(ids) > 0 {
		doc["components"].(object)["parameters"].(object)["collectionId"].(object)["schema"].(object)["enum"] = ids
	}
	return q.write(w, "", doc, nil)
}

// itemsOperation describes reading the features of one layer.
func (q *ask) itemsOperation(l catalogue.Layer, paths object) object {
	general := paths["/collections/{collectionId}/items"].(object)["get"].(object)
	parameters := slices.DeleteFunc(slices.Clone(general["parameters"].([]any)[1:]), func(p any) bool { // without collectionId
		return p.(object)["$ref"] == "#/components/parameters/sortby"
	})
	parameters = append(parameters, sortbyParameter(l))
	for _, c := range queryables(l) {
		kind, format := typeOf(c.Type)
		schema := object{"type": kind}
		if format != "" {
			schema["format"] = format
		}
		parameters = append(parameters, object{"name": c.Name, "in": "query", "required": false, "description": c.Label.In(q.spoken()),
			"schema": schema, "style": "form", "explode": false})
	}
	return object{"tags": general["tags"], "summary": l.Title.In(q.spoken()), "operationId": "getFeatures_" + string(l.Slug),
		"parameters": parameters, "responses": general["responses"]}
}

// addOperation describes adding a feature to one layer.
func (q *ask) addOperation(l catalogue.Layer, paths object) object {
	add := maps.Clone(paths["/collections/{collectionId}/items"].(object)["post"].(object))
	add["summary"], add["operationId"] = l.Title.In(q.spoken()), "addFeature_"+string(l.Slug)
	add["parameters"] = add["parameters"].([]any)[1:] // without collectionId
	return add
}

// sortbyParameter lists what the features of a layer can be sorted by.
func sortbyParameter(l catalogue.Layer) object {
	var terms []string
	for _, name := range sortables(l) {
		terms = append(terms, name, "+"+name, "-"+name)
	}
	return object{"name": "sortby", "in": "query", "required": false, "description": "Properties to sort by, - before the name turns the order round",
		"schema": object{"type": "array", "minItems": 1, "maxItems": 5, "items": object{"type": "string", "enum": terms}}, "style": "form", "explode": false}
}
