package mapserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"haidang"
)

// Bounds of a request.
const (
	maxQuery = 8 << 10 // bytes
	maxImage = 2048    // pixels, either side
	maxNames = 12      // layers at once
)

// Kind is one of the two services.
type Kind string

// The services.
const (
	WMS Kind = "WMS"
	WFS Kind = "WFS"
)

// requests are what may be asked of each service, in small letters.
var requests = map[Kind][]string{
	WMS: {"getcapabilities", "getmap", "getfeatureinfo", "getlegendgraphic", "getmetadata"},
	WFS: {"getcapabilities", "describefeaturetype", "getfeature", "getpropertyvalue", "liststoredqueries", "describestoredqueries", "getmetadata"},
}

// parameters are those that the standards name and that can do no harm. Whatever
// else comes along is left out: mapfiles, styles from elsewhere, templates.
var parameters = map[Kind][]string{
	WMS: {"service", "version", "request", "layers", "styles", "crs", "srs", "bbox", "width", "height", "format", "transparent", "bgcolor",
		"exceptions", "query_layers", "info_format", "feature_count", "i", "j", "x", "y", "layer", "style", "updatesequence", "sld_version", "dpi", "map_resolution"},
	WFS: {"service", "version", "acceptversions", "sections", "acceptformats", "updatesequence", "request", "typename", "typenames", "outputformat",
		"featureid", "resourceid", "count", "maxfeatures", "startindex", "srsname", "bbox", "filter", "propertyname", "resulttype", "sortby",
		"valuereference", "layer", "storedquery_id", "namespace", "namespaces", "id"},
}

// query returns the parameters that MapServer is given, or ErrInvalid.
func query(k Kind, r *http.Request) (string, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return "", haidang.RefuseField("query", "Câu hỏi quá dài.", "The query is too long.")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", haidang.RefuseField("query", "Câu hỏi sai dạng.", "The query is malformed.")
	}
	kept := url.Values{}
	for name, list := range values {
		if name = strings.ToLower(name); slices.Contains(parameters[k], name) && len(list) > 0 && kept.Get(name) == "" {
			kept.Set(name, list[0])
		}
	}
	if kept.Get("service") == "" {
		kept.Set("service", string(k))
	}
	return kept.Encode(), check(k, kept)
}

func check(k Kind, kept url.Values) error {
	asked := strings.ToLower(kept.Get("request"))
	switch {
	case !strings.EqualFold(kept.Get("service"), string(k)):
		return haidang.RefuseField("service", fmt.Sprintf("Ở đây chỉ có SERVICE=%s.", k), fmt.Sprintf("Here is SERVICE=%s only.", k))
	case !slices.Contains(requests[k], asked):
		return haidang.RefuseField("request", fmt.Sprintf("REQUEST là một trong: %s.", strings.Join(requests[k], ", ")),
			fmt.Sprintf("REQUEST is one of: %s.", strings.Join(requests[k], ", ")))
	}
	for _, name := range []string{"layers", "query_layers", "typename", "typenames"} {
		if strings.Count(kept.Get(name), ",") >= maxNames {
			return haidang.RefuseField(name, fmt.Sprintf("Tối đa %d lớp một lần.", maxNames), fmt.Sprintf("At most %d layers at once.", maxNames))
		}
	}
	for _, name := range []string{"width", "height"} {
		if text := kept.Get(name); text != "" {
			if n, err := strconv.Atoi(text); err != nil || n < 1 || n > maxImage {
				return haidang.RefuseField(name, fmt.Sprintf("Cần số nguyên từ 1 đến %d.", maxImage), fmt.Sprintf("A whole number of 1 to %d is needed.", maxImage))
			}
		}
	}
	return nil
}
