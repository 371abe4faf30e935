package broker

import (
	"strconv"
	"strings"
	"testing"
)

// FuzzWhoseLine makes sure that a client id cannot pass for another connection.
func FuzzWhoseLine(f *testing.F) {
	f.Add("x")
	f.Add(`" - mid:9 - "other`)
	f.Fuzz(func(t *testing.T, clientID string) {
		connection, got := whoseLine("127.0.0.1:5000 - mid:7 - " + strconv.Quote(clientID) + publishViolation + "Subject %q")
		if connection != 7 || got != clientID {
			t.Errorf("%q was read as connection %d, client %q", clientID, connection, got)
		}
	})
}

// FuzzPublicTopic: what a lane received is what its sender wrote, and what no lane
// received stays as it is.
func FuzzPublicTopic(f *testing.F) {
	f.Add("p/3/gauge1/telemetry")
	f.Add("p/0/web/reports")
	f.Add("p/3/gauge1/telemetry/")
	f.Add("v1/things/gauge1/status")
	f.Fuzz(func(t *testing.T, topic string) {
		public := PublicTopic(topic)
		if again := PublicTopic(public); again != public {
			t.Errorf("%q became %q, then %q", topic, public, again)
		}
		part := strings.Split(topic, "/")
		if mapped := len(part) == 4 && part[0] == "p"; mapped == (public == topic) {
			t.Errorf("%q became %q", topic, public)
		} else if mapped && !strings.HasSuffix(public, "/"+part[2]+"/"+part[3]) {
			t.Errorf("%q became %q, of somebody else", topic, public)
		}
	})
}
