package auth

import (
	"slices"
	"testing"

	"haidang"
)

func person(grants ...Grant) *Principal { return &Principal{Account: "lan", Grants: grants} }

func TestMay(t *testing.T) {
	t.Parallel()
	everywhere := person(Grant{Role: RoleOperator})
	agency := person(Grant{Role: RoleEditor, Agency: "sogtvt"})
	both := person(Grant{Role: RoleEditor, Agency: "sogtvt", Unit: "31507"})
	two := person(Grant{Role: RoleViewer}, Grant{Role: RoleEditor, Unit: "31507"})
	for _, c := range []struct {
		name   string
		who    *Principal
		action Action
		scope  Scope
		want   bool
	}{
		{"public opens a page", nil, PageView, Scope{}, true},
		{"public does not see alarms", nil, AlarmRead, Scope{}, false},
		{"nobody does what has no row", person(Grant{Role: RoleAdmin}), "house.burn", Scope{}, false},
		{"no grant, no right", person(), AlarmRead, Scope{}, false},
		{"everywhere covers an agency", everywhere, RequestWork, Scope{"sogtvt", "31507"}, true},
		{"everywhere covers nobody's", everywhere, RequestWork, Scope{}, true},
		{"own agency", agency, RequestWork, Scope{"sogtvt", "31507"}, true},
		{"another agency", agency, RequestWork, Scope{"soyte", "31507"}, false},
		{"an agency's grant does not cover nobody's", agency, RequestWork, Scope{}, false},
		{"agency and area", both, RequestWork, Scope{"sogtvt", "31507"}, true},
		{"agency without the area", both, RequestWork, Scope{"sogtvt", "31510"}, false},
		{"area without the agency", both, RequestWork, Scope{"soyte", "31507"}, false},
		{"what is not scoped ignores scope", agency, AlarmRead, Scope{"soyte", ""}, true},
		{"an editor takes no alarm", agency, AlarmAcknowledge, Scope{"sogtvt", ""}, false},
		{"grants add up", two, RequestWork, Scope{"soyte", "31507"}, true},
		{"grants do not mix", two, RequestWork, Scope{"soyte", "31510"}, false},
		{"a leader changes nothing", person(Grant{Role: RoleLeader}), RequestWork, Scope{}, false},
		{"a role from a door cannot be granted", person(Grant{Role: RoleDevice}), MQTTTelemetryPublish, Scope{}, false},
		{"nor being the public", person(Grant{Role: RoleLoopback}), MetricsRead, Scope{}, false},
	} {
		if got := c.who.May(c.action, c.scope); got != c.want {
			t.Errorf("%s: May(%s, %v) = %v", c.name, c.action, c.scope, got)
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	var nobody *Principal
	if err := nobody.Require(AlarmRead, Scope{}); haidang.CodeOf(err) != haidang.ErrUnauthorised {
		t.Errorf("nobody: %v", err)
	}
	if err := person(Grant{Role: RoleViewer}).Require(AccountManage, Scope{}); haidang.CodeOf(err) != haidang.ErrForbidden {
		t.Errorf("viewer: %v", err)
	}
	if err := person(Grant{Role: RoleAdmin}).Require(AccountManage, Scope{}); err != nil {
		t.Errorf("admin: %v", err)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	var nobody *Principal
	public, admin := nobody.Actions(), person(Grant{Role: RoleAdmin}).Actions()
	if !slices.Contains(public, ReportSubmit) || slices.Contains(public, LiveRead) || !slices.IsSorted(public) {
		t.Errorf("public: %v", public)
	}
	if !slices.Contains(admin, AccountManage) || slices.Contains(admin, MQTTConsume) {
		t.Errorf("admin: %v", admin)
	}
	if got := person(Grant{Role: RoleEditor, Agency: "sogtvt"}).Actions(); !slices.Contains(got, RequestWork) {
		t.Errorf("a scoped editor works somewhere: %v", got)
	}
}

// Every row names roles that exist, and no row gives people what is a machine's.
func TestPolicyIsSound(t *testing.T) {
	t.Parallel()
	known := append(slices.Clone(Roles), RolePublic, RoleLoopback, RoleDevice, RoleChannel, RoleIngest)
	for action, rule := range Policy {
		if len(rule.Roles) == 0 {
			t.Errorf("%s is nobody's", action)
		}
		machines := 0
		for _, role := range rule.Roles {
			if !slices.Contains(known, role) {
				t.Errorf("%s: unknown role %s", action, role)
			}
			if slices.Contains([]Role{RoleDevice, RoleChannel, RoleIngest}, role) {
				machines++
			}
		}
		if machines != 0 && machines != len(rule.Roles) {
			t.Errorf("%s is given to people and machines", action)
		}
	}
	if !Allows(RoleDevice, MQTTTelemetryPublish) || Allows(RoleDevice, MQTTConsume) || Allows(RoleDevice, MQTTReportPublish) || !Allows(RoleLoopback, MetricsRead) {
		t.Error("the machines' rows are wrong")
	}
}
