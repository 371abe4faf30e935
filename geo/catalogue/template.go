package catalogue

import (
	"slices"

	"haidang"
)

// Template is a layer described ahead: what its kind usually holds. Owner, rights
// and slug are for whoever makes a layer of it.
type Template struct {
	Name  string `json:"name"`
	Layer Layer  `json:"layer"`
}

// FromTemplate returns the layer that a template describes, seen by staff and kept by
// its owner, or ErrNotFound.
func FromTemplate(name string, slug haidang.LayerSlug, owner haidang.AgencyCode) (Layer, error) {
	for _, t := range Templates() {
		if t.Name == name {
			l := t.Layer
			l.Slug, l.Owner, l.Template, l.Columns = slug, owner, name, slices.Clone(l.Columns)
			l.Rights = StaffRights(owner)
			return l, nil
		}
	}
	return Layer{}, haidang.Refuse(haidang.ErrNotFound, "Không có mẫu lớp "+name+".", "There is no layer template "+name+".")
}
