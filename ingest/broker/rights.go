package broker

import (
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// Right is one thing that the embedded broker lets somebody do.
type Right struct {
	Who     string // device, ingest, channel, bus or admin
	Verb    string // publish or subscribe
	Subject string // as the broker spells a topic; "{thing}" is the device's own name
}

// Rights lists all that the embedded broker lets anybody do, so that it can be
// held against the policy. What is not in it is refused.
func Rights() []Right {
	rights := rightsIn("device", deviceRights("{thing}"))
	for user, who := range map[string]string{UserIngest: "ingest", UserWeb: "channel", userBus: "bus", userAdmin: "admin"} {
		rights = append(rights, rightsIn(who, ownRights[user])...)
	}
	return rights
}

func rightsIn(who string, p *server.Permissions) (rights []Right) {
	for _, subject := range allowedBy(p.Publish) {
		rights = append(rights, Right{who, "publish", writtenSubject(subject)})
	}
	for _, subject := range allowedBy(p.Subscribe) {
		rights = append(rights, Right{who, "subscribe", subject})
	}
	return rights
}

// writtenSubject is what is written for a right that is given on the mapped subject.
func writtenSubject(subject string) string {
	return strings.ReplaceAll(PublicTopic(strings.ReplaceAll(subject, ".", "/")), "/", ".")
}

// allowedBy reads a permission as the server does: one that names no subject
// allows everything that it does not deny.
func allowedBy(p *server.SubjectPermission) []string {
	if p == nil || len(p.Allow) == 0 && !slices.Contains(p.Deny, ">") {
		return []string{">"}
	}
	return p.Allow
}
