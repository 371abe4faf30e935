package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"haidang/ingest/broker"
	"haidang/internal/auth"
)

// TestEveryDoorHasARow walks all routes, all kinds of the live state and all topics.
func TestEveryDoorHasARow(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	routes := h.Routes()
	if len(routes) < 35 {
		t.Fatalf("only %d routes: the walk does not see them all", len(routes))
	}
	seen := map[auth.Action]bool{}
	for _, r := range routes {
		if _, ok := auth.Policy[r.Action]; !ok {
			t.Errorf("route %s: action %q has no row", r.Pattern, r.Action)
		}
		seen[r.Action] = true
	}
	for _, k := range []kind{kindThing, kindAlarm, kindRequest} {
		action, ok := kindActions[k]
		if _, row := auth.Policy[action]; !ok || !row {
			t.Errorf("kind %s: action %q has no row", k, action)
		}
		seen[action] = true
	}
	for action := range auth.Policy {
		if !seen[action] && !strings.HasPrefix(string(action), "mqtt.") && action != auth.TileRead {
			t.Errorf("action %s is at no door", action)
		}
	}
	for path, item := range h.doors.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil && !slices.ContainsFunc(routes, func(r Route) bool { return r.Pattern == method+" "+path }) {
				t.Errorf("the document has %s %s, which is no route", method, path)
			}
		}
	}
}

// TestNoDoorWithoutAction shows that a route cannot be registered without an action, by huma or by hand.
func TestNoDoorWithoutAction(t *testing.T) {
	t.Parallel()
	for _, action := range []auth.Action{"", "made.up"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a route with action %q was registered", action)
				}
			}()
			d := &doors{mux: http.NewServeMux()}
			d.handle(action, "GET /x", serveAlive)
		}()
	}
}

// placeholders fills the wildcards of routes with something that is well formed and not there.
var placeholders = strings.NewReplacer("{$}", "", "{name...}", "none.js", "{code}", "0000000000", "{sha}", strings.Repeat("0", 64),
	"{layer}", "land", "{slug}", "nothing", "{list}", "nothing", "{z}", "0", "{x}", "0", "{y}", "0", "{id}", "999999", "{fid}", "999999", "{name}", "nobody", "{thing}", "nothing", "{type}", "nothing", "{property}", "nothing", "{page...}", "nothing",
	"{collection}", "nothing", "{item}", "0", "{grid}", "nothing", "{matrix}", "0", "{row}", "0", "{column}", "0")

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// TestRolesAtDoors asks every route as every role and as nobody, and compares what
// is really served with the policy: 401 for nobody, 403 without the right, anything
// else with it.
func TestRolesAtDoors(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	roles := append([]auth.Role{auth.RolePublic}, auth.Roles...)
	for _, role := range roles {
		c := h.visitor(t)
		if role != auth.RolePublic {
			c = h.as(t, string(role))
		}
		c.head.Set("X-Forwarded-For", "203.0.113.9") // not a process on this machine
		for _, r := range h.Routes() {
			if r.Action == auth.SessionClose {
				continue // it would end the walk
			}
			method, path, _ := strings.Cut(placeholders.Replace(r.Pattern), " ")
			if wildcard.MatchString(path) {
				t.Fatalf("no placeholder for %s", r.Pattern)
			}
			may := auth.Allows(auth.RolePublic, r.Action) || auth.Allows(role, r.Action)
			answer := c.request(method, path, bodyFor(method))
			code := problemCode(read(t, answer))
			switch {
			case may && (code == "forbidden" && r.Action != auth.SetupFinish || answer.StatusCode == http.StatusUnauthorized && r.Action != auth.SessionOpen):
				t.Errorf("%s as %s: %d %s, but the policy allows it", r.Pattern, role, answer.StatusCode, code)
			case !may && role == auth.RolePublic && answer.StatusCode != http.StatusUnauthorized:
				t.Errorf("%s as nobody: %d, want 401", r.Pattern, answer.StatusCode)
			case !may && role != auth.RolePublic && answer.StatusCode != http.StatusForbidden:
				t.Errorf("%s as %s: %d, want 403", r.Pattern, role, answer.StatusCode)
			}
		}
	}
}

func bodyFor(method string) any {
	if method == "GET" || method == "DELETE" {
		return nil
	}
	return map[string]any{}
}

var codeInProblem = regexp.MustCompile(`"code":"([a-z_]+)"`)

func problemCode(body string) string {
	if m := codeInProblem.FindStringSubmatch(body); m != nil {
		return m[1]
	}
	return ""
}

// topicActions is the policy's row for every right the broker gives.
var topicActions = map[broker.Right]auth.Action{
	{Who: "device", Verb: "publish", Subject: "v1.things.{thing}.telemetry"}:  auth.MQTTTelemetryPublish,
	{Who: "device", Verb: "publish", Subject: "v1.things.{thing}.status"}:     auth.MQTTStatusPublish,
	{Who: "device", Verb: "publish", Subject: "v1.things.{thing}.attributes"}: auth.MQTTAttributesPublish,
	{Who: "device", Verb: "subscribe", Subject: "v1.things.{thing}.commands"}: auth.MQTTCommandsSubscribe,
	{Who: "device", Verb: "subscribe", Subject: "$MQTT.sub.>"}:                auth.MQTTCommandsSubscribe, // how the broker delivers
	{Who: "ingest", Verb: "subscribe", Subject: "p.*.*.*"}:                    auth.MQTTConsume,
	{Who: "ingest", Verb: "subscribe", Subject: "$MQTT.sub.>"}:                auth.MQTTConsume,
	{Who: "ingest", Verb: "publish", Subject: "hd.live.>"}:                    auth.MQTTAnnounce,
	{Who: "channel", Verb: "publish", Subject: "v1.channels.*.reports"}:       auth.MQTTReportPublish,
	{Who: "bus", Verb: "publish", Subject: "hd.>"}:                            "", // in this process only, through no door
	{Who: "bus", Verb: "publish", Subject: "_INBOX.>"}:                        "",
	{Who: "bus", Verb: "subscribe", Subject: "hd.>"}:                          "",
	{Who: "bus", Verb: "subscribe", Subject: "_INBOX.>"}:                      "",
	{Who: "admin", Verb: "publish", Subject: "$JS.API.>"}:                     "", // in this process only too
	{Who: "admin", Verb: "publish", Subject: "$MQTT.msgs.p.>"}:                "",
	{Who: "admin", Verb: "subscribe", Subject: "_INBOX.>"}:                    "",
}

// TestEveryTopicHasARow asks the broker which subjects anybody is given, and fails
// on one that has no row, or whose row does not name that role.
func TestEveryTopicHasARow(t *testing.T) {
	t.Parallel()
	rights := broker.Rights()
	if len(rights) != len(topicActions) {
		t.Errorf("the broker gives %d rights, %d have a row here", len(rights), len(topicActions))
	}
	for _, right := range rights {
		action, ok := topicActions[right]
		if !ok || action != "" && !auth.Allows(auth.Role(right.Who), action) {
			t.Errorf("no row says that the %s may %s %s", right.Who, right.Verb, right.Subject)
		}
	}
}
