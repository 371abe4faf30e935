package ogc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
)

// difference is what is to change for the feature to be as it was sent. What the sender
// changed before and is still to be reviewed counts as seen, as long as it can be told
// that it was: who has read the layer again since sends back what was before. Then nothing
// is done, and what is new is kept.
func (q *ask) difference(l catalogue.Layer, f *sentFeature) (changesets.Edit, error) {
	seen, fid, err := q.seenBefore(l, f)
	if err != nil {
		return changesets.Edit{}, err
	}
	edit, err := q.from(l, f, fid, seen)
	if err != nil || !f.alone && !seen.Waits {
		return edit, err
	}
	read, err := q.config.Changesets.Seen(q.r.Context(), "", l, fid, f.version, f.crs.SRID)
	if err != nil || read == nil { // it was never read: the sender made it
		return edit, err
	}
	mine, err := q.from(l, f, fid, read)
	if err != nil {
		return mine, err
	}
	mine.Alone = true
	back := takenBack(l, edit, mine)
	if seen.Gone || !f.alone && len(back) > 0 {
		return mine, q.config.Changesets.Keep(q.r.Context(), q.who.Account, l, mine, unread(back))
	}
	if f.alone {
		edit = mine
	}
	return edit, nil
}

// from is what is to change of what was seen.
func (q *ask) from(l catalogue.Layer, f *sentFeature, fid int64, seen *changesets.Seen) (edit changesets.Edit, err error) {
	edit = changesets.Edit{Op: changesets.Update, FID: fid, BaseVersion: seen.Version, Properties: f.changed(l, seen.Properties)}
	if f.shape != nil {
		edit.Geometry, err = q.asStored(l, f, seen)
	}
	return edit, err
}

// takenBack are the labels of what was sent as it was before its sender changed it.
func takenBack(l catalogue.Layer, edit, mine changesets.Edit) (labels []haidang.Text) {
	for _, name := range slices.Sorted(maps.Keys(edit.Properties)) {
		if _, new := mine.Properties[name]; !new {
			label := haidang.Text{VI: name, EN: name}
			if c, ok := column(l, name); ok && c.Label.VI != "" {
				label = c.Label
			}
			labels = append(labels, label)
		}
	}
	if edit.Geometry != nil && mine.Geometry == nil {
		labels = append(labels, haidang.Text{VI: "hình", EN: "the geometry"})
	}
	return labels
}

func unread(labels []haidang.Text) *haidang.Error {
	if len(labels) == 0 {
		labels = []haidang.Text{{VI: "xoá", EN: "its deletion"}}
	}
	var vi, en []string
	for _, t := range labels {
		vi, en = append(vi, t.VI), append(en, t.EN)
	}
	return &haidang.Error{Code: haidang.ErrConflict, Field: "conflicts", Text: haidang.Text{
		VI: fmt.Sprintf("Đối tượng này có thay đổi của bạn đang chờ duyệt mà bản đồ chưa cho thấy: %s. Không rõ bạn giữ hay bỏ thay đổi ấy, nên chưa đổi gì. Hãy làm tiếp ở Thay đổi trên trang bản đồ.", strings.Join(vi, ", ")),
		EN: fmt.Sprintf("Something of yours on this feature waits for its review and is not on the map yet: %s. Whether you keep it or take it back cannot be told, so nothing was changed. Go on under Changes on the map page.", strings.Join(en, ", "))}}
}
