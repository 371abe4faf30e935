package ogc

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// sortables are the properties that items can be sorted by.
func sortables(l catalogue.Layer) []string {
	return append([]string{features.FID}, names(columnsOf(l))...)
}

// sortby reads what to sort by, such as "kind,-depth". A plus means what no sign does;
// in an address it is a space.
func (q *ask) sortby(l catalogue.Layer) (list []features.Sort, err error) {
	if !q.query.Has("sortby") {
		return nil, nil
	}
	known := sortables(l)
	for part := range strings.SplitSeq(q.query.Get("sortby"), ",") {
		name := strings.TrimSpace(part)
		desc := strings.HasPrefix(name, "-")
		if name = strings.TrimLeft(name, "+-"); !slices.Contains(known, name) {
			all := strings.Join(known, ", ")
			return nil, haidang.RefuseField("sortby", fmt.Sprintf("Không sắp xếp được theo %.60q; có: %s. Dấu - trước tên: giảm dần.", name, all),
				fmt.Sprintf("Items cannot be sorted by %.60q; there are: %s. A - before the name turns the order round.", name, all))
		}
		list = append(list, features.Sort{Property: name, Desc: desc})
	}
	return list, nil
}

// newCursor says where the next page begins: after the feature of that number, which
// was sorted by those values.
func newCursor(after int64, sorted []*string) string {
	data := binary.AppendVarint(nil, after)
	if sorted != nil {
		values, _ := json.Marshal(sorted) // texts always can
		data = append(data, values...)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// cursor reads where the page begins, in an answer that is sorted by so many properties.
func (q *ask) cursor(sorts int) (after int64, sorted []*string, err error) {
	if !q.query.Has("cursor") {
		return 0, nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(q.query.Get("cursor"))
	after, n := binary.Varint(data)
	if err == nil && n > 0 && n < len(data) {
		err = json.Unmarshal(data[n:], &sorted)
	}
	if err != nil || n <= 0 || after < 1 || len(sorted) != sorts {
		return 0, nil, haidang.RefuseField("cursor", "cursor bị hỏng. Hãy lấy liên kết next của trang trước.", "The cursor is broken. Take the link next of the page before.")
	}
	return after, sorted, nil
}
