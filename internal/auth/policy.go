package auth

import (
	"slices"

	"haidang"
)

// Role is what somebody is in the house.
type Role string

// The roles a person can be granted.
const (
	RoleViewer   Role = "viewer"   // sees the room
	RoleOperator Role = "operator" // keeps watch: takes alarms, works on reports
	RoleEditor   Role = "editor"   // works for an agency
	RoleReviewer Role = "reviewer" // approves what an agency's editors did
	RoleLeader   Role = "leader"   // sees everything, changes nothing
	RoleAdmin    Role = "admin"    // manages accounts and the system
)

// The roles nobody is granted: they follow from the door one came through.
const (
	RolePublic   Role = "public"   // anybody, also without signing in
	RoleLoopback Role = "loopback" // a process on this machine
	RoleDevice   Role = "device"   // a device signed in to the broker
	RoleChannel  Role = "channel"  // a partner that forwards citizens' reports
	RoleIngest   Role = "ingest"   // our own consumer on the broker
)

// Roles are the roles a person can be granted, the weakest first.
var Roles = []Role{RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin}

// Grantable reports whether a person can be given the role.
func (r Role) Grantable() bool { return slices.Contains(Roles, r) }

// Action is one thing that can be done at a door of the house.
type Action string

// The actions.
const (
	PageView         Action = "page.view"
	HealthRead       Action = "health.read"
	MetricsRead      Action = "metrics.read"
	SessionOpen      Action = "session.open"
	SessionClose     Action = "session.close"
	SessionRead      Action = "session.read"
	SetupFinish      Action = "setup.finish" // needs the one-time token besides
	ReportSubmit     Action = "report.submit"
	ReportTrack      Action = "report.track" // needs the tracking code besides
	CataloguePublic  Action = "catalogue.public"
	TilePublic       Action = "tile.public"
	OGCRead          Action = "ogc.read" // each layer says who may see it
	CatalogueRead    Action = "catalogue.read"
	TileRead         Action = "tile.read"
	LiveRead         Action = "live.read"
	TelemetryRead    Action = "telemetry.read"
	TelemetryFlag    Action = "telemetry.flag"
	DeviceRead       Action = "device.read"
	AlarmRead        Action = "alarm.read"
	AlarmAcknowledge Action = "alarm.acknowledge"
	RequestRead      Action = "request.read"
	RequestWork      Action = "request.work"
	PhotoRead        Action = "photo.read"
	DeadLetterRead   Action = "deadletter.read"
	DeadLetterReplay Action = "deadletter.replay"
	RetentionManage  Action = "retention.manage"
	DeviceManage     Action = "device.manage"
	AccountManage    Action = "account.manage"
	AuditRead        Action = "audit.read"
	LayerManage      Action = "layer.manage"
	CodeListManage   Action = "codelist.manage"
	LayerExport      Action = "layer.export" // and the right on the layer itself
	LayerImport      Action = "layer.import" // bring a file in; into which layers is said by the layers' own rights
	LayerEdit        Action = "layer.edit"   // draft, submit and decide changesets; the layers' rights say whose

	MQTTTelemetryPublish  Action = "mqtt.telemetry.publish"
	MQTTStatusPublish     Action = "mqtt.status.publish"
	MQTTAttributesPublish Action = "mqtt.attributes.publish"
	MQTTCommandsSubscribe Action = "mqtt.commands.subscribe"
	MQTTReportPublish     Action = "mqtt.report.publish"
	MQTTConsume           Action = "mqtt.consume"
	MQTTAnnounce          Action = "mqtt.announce" // what another process of ours has committed
)

// Rule is one row of Policy.
type Rule struct {
	Roles  []Role
	Scoped bool // the grant's agency and unit must also cover the thing acted upon
}

// everywhere says that these roles may, wherever their agency or area is.
func everywhere(roles ...Role) Rule { return Rule{Roles: roles} }

// within says that these roles may, inside the agency and area of their grant.
func within(roles ...Role) Rule { return Rule{Roles: roles, Scoped: true} }

// Policy says who may do what, and whether scope applies. An action without a row is nobody's.
var Policy = map[Action]Rule{
	PageView:        everywhere(RolePublic),
	HealthRead:      everywhere(RolePublic),
	SessionOpen:     everywhere(RolePublic),
	SessionClose:    everywhere(RolePublic),
	SessionRead:     everywhere(RolePublic),
	SetupFinish:     everywhere(RolePublic),
	ReportSubmit:    everywhere(RolePublic),
	ReportTrack:     everywhere(RolePublic),
	CataloguePublic: everywhere(RolePublic),
	TilePublic:      everywhere(RolePublic),
	OGCRead:         everywhere(RolePublic),

	CatalogueRead: everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	TileRead:      everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	LiveRead:      everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	TelemetryRead: everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	DeviceRead:    everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	AlarmRead:     everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),

	AlarmAcknowledge: within(RoleOperator, RoleAdmin),
	RequestRead:      within(RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	PhotoRead:        within(RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	RequestWork:      within(RoleOperator, RoleEditor, RoleAdmin),
	TelemetryFlag:    within(RoleOperator, RoleEditor, RoleAdmin),

	LayerManage:    within(RoleEditor, RoleAdmin),
	CodeListManage: everywhere(RoleAdmin),
	LayerExport:    everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),
	LayerImport:    within(RoleEditor, RoleAdmin),
	LayerEdit:      everywhere(RoleViewer, RoleOperator, RoleEditor, RoleReviewer, RoleLeader, RoleAdmin),

	DeadLetterRead:   everywhere(RoleOperator, RoleAdmin),
	DeadLetterReplay: everywhere(RoleOperator, RoleAdmin),
	RetentionManage:  everywhere(RoleAdmin),
	DeviceManage:     everywhere(RoleAdmin),
	AccountManage:    everywhere(RoleAdmin),
	AuditRead:        everywhere(RoleAdmin),
	MetricsRead:      everywhere(RoleAdmin, RoleLoopback),

	MQTTTelemetryPublish:  everywhere(RoleDevice),
	MQTTStatusPublish:     everywhere(RoleDevice),
	MQTTAttributesPublish: everywhere(RoleDevice),
	MQTTCommandsSubscribe: everywhere(RoleDevice),
	MQTTReportPublish:     everywhere(RoleChannel),
	MQTTConsume:           everywhere(RoleIngest),
	MQTTAnnounce:          everywhere(RoleIngest),
}

// Allows reports whether the role may do the action somewhere. It is the question
// for doors that know no person: the broker, and callers on this machine.
func Allows(role Role, action Action) bool {
	return slices.Contains(Policy[action].Roles, role)
}

// Scope is where the thing acted upon belongs. Empty means that it belongs to
// nobody in particular: then only a grant without that limit covers it.
type Scope struct {
	Agency haidang.AgencyCode
	Unit   haidang.UnitCode
}

// Grant gives a role within an agency and an area; empty means everywhere.
type Grant struct {
	Role   Role               `json:"role"`
	Agency haidang.AgencyCode `json:"agency"`
	Unit   haidang.UnitCode   `json:"unit"`
}

// Covers reports whether the grant's agency and area both hold for the scope.
func (g Grant) Covers(s Scope) bool {
	return (g.Agency == "" || g.Agency == s.Agency) && (g.Unit == "" || g.Unit == s.Unit)
}

// Principal is a person who has signed in. A nil Principal is the public.
type Principal struct {
	Account  haidang.AccountName `json:"account"`
	FullName string              `json:"fullName"`
	Grants   []Grant             `json:"grants"`
}

// May reports whether the person may do the action to a thing of that scope.
// Where the action is not scoped the scope is ignored.
func (p *Principal) May(action Action, scope Scope) bool {
	rule := Policy[action]
	return p.holds(rule, func(g Grant) bool { return !rule.Scoped || g.Covers(scope) })
}

// MaySomewhere reports whether there is any scope for which May would say yes. A
// list asks it first, then May for each row; so does a page that shows a button.
func (p *Principal) MaySomewhere(action Action) bool {
	return p.holds(Policy[action], func(Grant) bool { return true })
}

func (p *Principal) holds(rule Rule, covers func(Grant) bool) bool {
	if slices.Contains(rule.Roles, RolePublic) {
		return true
	}
	return p != nil && slices.ContainsFunc(p.Grants, func(g Grant) bool {
		return g.Role.Grantable() && slices.Contains(rule.Roles, g.Role) && covers(g)
	})
}

// Actions lists, sorted, what the person may do somewhere.
func (p *Principal) Actions() []Action {
	actions := []Action{}
	for action := range Policy {
		if p.MaySomewhere(action) {
			actions = append(actions, action)
		}
	}
	slices.Sort(actions)
	return actions
}

// Require returns nil when the person may, ErrUnauthorised when nobody is signed
// in, and ErrForbidden otherwise.
func (p *Principal) Require(action Action, scope Scope) error {
	switch {
	case p.May(action, scope):
		return nil
	case p == nil:
		return haidang.Refuse(haidang.ErrUnauthorised,
			"Bạn chưa đăng nhập, hoặc phiên đã hết hạn. Hãy đăng nhập rồi thử lại.",
			"You are not signed in, or the session has ended. Sign in, then try again.")
	}
	return haidang.Refuse(haidang.ErrForbidden,
		"Tài khoản của bạn không có quyền làm việc này ở đây. Hãy hỏi quản trị viên.",
		"Your account has no right to do this here. Ask an administrator.")
}
