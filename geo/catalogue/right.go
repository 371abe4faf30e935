package catalogue

import (
	"slices"
	"strings"

	"haidang"
	"haidang/internal/auth"
)

// Verb is one thing that can be done with a layer.
type Verb string

// The verbs. See covers tiles, features and the catalogue's entry.
const (
	See     Verb = "see"
	Edit    Verb = "edit"
	Approve Verb = "review" // approve what others edited
	Export  Verb = "export"
)

// The grantees that are not one of a kind.
const (
	Public = "public" // anybody
	Staff  = "staff"  // anybody who has signed in
)

// Right lets somebody do something with a layer. Grantee is Public, Staff,
// "role:ROLE", "agency:CODE" or "account:NAME". Edit and Approve may be bound to the
// ground of some administrative units, and Edit to some columns; the database sees to
// both (migration 00027).
type Right struct {
	Verb    Verb     `json:"verb"`
	Grantee string   `json:"grantee"`
	Units   []string `json:"units,omitempty" maxItems:"200" doc:"Codes of administrative units that an edit must lie in, before and after; none: anywhere"`
	Columns []string `json:"columns,omitempty" maxItems:"120" doc:"Columns, and geometry, that may be changed; such a right neither adds nor deletes; none: all"`
}

// OpenRights let everybody see a layer, and its owner do the rest.
func OpenRights(owner haidang.AgencyCode) []Right { return rights(Public, owner) }

// StaffRights let all staff see a layer, and its owner do the rest.
func StaffRights(owner haidang.AgencyCode) []Right { return rights(Staff, owner) }

// OwnerRights let only the owner see a layer and do the rest.
func OwnerRights(owner haidang.AgencyCode) []Right { return rights("agency:"+string(owner), owner) }

func rights(see string, owner haidang.AgencyCode) []Right {
	agency := "agency:" + string(owner)
	return []Right{{Verb: See, Grantee: see}, {Verb: Edit, Grantee: agency}, {Verb: Approve, Grantee: agency}, {Verb: Export, Grantee: agency}}
}

// Allows reports whether the person may do that with the layer; a nil principal is
// the public. An administrator may do everything; whoever may do anything else with a
// layer may also see it.
func (l Layer) Allows(p *auth.Principal, v Verb) bool {
	if p != nil && slices.ContainsFunc(p.Grants, func(g auth.Grant) bool { return g.Role == auth.RoleAdmin }) {
		return true
	}
	return slices.ContainsFunc(l.Rights, func(r Right) bool { return (r.Verb == v || v == See) && r.holds(p) })
}

// AllowsAll reports whether the person may do that with all of the layer: by a right that
// is bound to no ground and no columns, and a grant that no unit narrows. It is for what
// changes a layer past the database's own look at every edit.
func (l Layer) AllowsAll(p *auth.Principal, v Verb) bool {
	if p == nil || slices.ContainsFunc(p.Grants, func(g auth.Grant) bool { return g.Role == auth.RoleAdmin }) {
		return p != nil
	}
	free := *p
	free.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(g auth.Grant) bool { return g.Unit != "" })
	return slices.ContainsFunc(l.Rights, func(r Right) bool {
		return r.Verb == v && len(r.Units) == 0 && len(r.Columns) == 0 && r.holds(&free)
	})
}

// Open reports whether anybody may see the layer.
func (l Layer) Open() bool { return l.Allows(nil, See) }

// Require returns nil when the person may. Otherwise ErrNotFound for a layer that the
// person may not even see, ErrUnauthorised when nobody is signed in, or ErrForbidden.
func (l Layer) Require(p *auth.Principal, v Verb) error {
	switch {
	case l.Allows(p, v):
		return nil
	case !l.Allows(p, See):
		return NotFound(l.Slug)
	case p == nil:
		return haidang.Refuse(haidang.ErrUnauthorised, "Bạn chưa đăng nhập, hoặc phiên đã hết hạn. Hãy đăng nhập rồi thử lại.",
			"You are not signed in, or the session has ended. Sign in, then try again.")
	}
	return haidang.Refuse(haidang.ErrForbidden,
		"Bạn không có quyền làm việc này với lớp "+l.Title.VI+". Hãy hỏi cơ quan chủ quản của lớp.",
		"You have no right to do this with the layer "+l.Title.EN+". Ask the agency that owns it.")
}

// holds reports whether the right's grantee includes the person. A grant of the role
// leader or viewer at an agency lets nobody edit in its name.
func (r Right) holds(p *auth.Principal) bool {
	if r.Grantee == Public {
		return true
	}
	if p == nil {
		return false
	}
	kind, name, _ := strings.Cut(r.Grantee, ":")
	switch kind {
	case Staff:
		return true
	case "account":
		return name == string(p.Account)
	case "role":
		return slices.ContainsFunc(p.Grants, func(g auth.Grant) bool { return string(g.Role) == name })
	case "agency":
		return slices.ContainsFunc(p.Grants, func(g auth.Grant) bool {
			return (string(g.Agency) == name || g.Agency == "") && slices.Contains(verbRoles[r.Verb], g.Role)
		})
	}
	return false
}

// verbRoles are the roles at an agency by which the agency's right reaches a person.
var verbRoles = map[Verb][]auth.Role{
	See:     auth.Roles,
	Edit:    {auth.RoleEditor},
	Approve: {auth.RoleReviewer},
	Export:  {auth.RoleEditor, auth.RoleReviewer, auth.RoleLeader, auth.RoleOperator},
}

// NotFound says that there is no such layer, or none that may be seen.
func NotFound(slug haidang.LayerSlug) error {
	return haidang.Refuse(haidang.ErrNotFound, "Không có lớp bản đồ "+string(slug)+", hoặc bạn không có quyền xem.",
		"There is no map layer "+string(slug)+", or you may not see it.")
}
