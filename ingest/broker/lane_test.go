package broker

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// TestPartitionOf holds our partition to the server's own.
func TestPartitionOf(t *testing.T) {
	for _, n := range []int{1, 4, 7, 64} {
		transform, err := server.NewSubjectTransform("v1.things.*.telemetry", fmt.Sprintf("p.{{partition(%d,1)}}.{{wildcard(1)}}.telemetry", n))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			name := fmt.Sprintf("gauge-%d", i)
			got, err := transform.Match("v1.things." + name + ".telemetry")
			if want := fmt.Sprintf("p.%d.%s.telemetry", PartitionOf(name, n), name); err != nil || got != want {
				t.Fatalf("the server maps %s to %s (error %v), we to %s", name, got, err, want)
			}
		}
	}
}

func TestLaneOf(t *testing.T) {
	for clientID, want := range map[string]bool{LaneClientID(0): true, LaneClientID(3): true, LaneClientID(4): false, UserIngest: false,
		"haidang:ingest:-1": false, "haidang:ingest:03": false, "haidang:ingest:": false, "haidang:web": false} {
		if k, got := laneOf(clientID, 4); got != want {
			t.Errorf("%s was read as lane %d (%v), want %v", clientID, k, got, want)
		}
	}
}

func TestPublicTopic(t *testing.T) {
	for topic, want := range map[string]string{
		"p/3/gauge1/telemetry":     "v1/things/gauge1/telemetry",
		"p/0/web/reports":          "v1/channels/web/reports",
		"v1/things/gauge1/status":  "v1/things/gauge1/status",
		"p/0/gauge1/telemetry/all": "p/0/gauge1/telemetry/all",
		"":                         "",
	} {
		if got := PublicTopic(topic); got != want {
			t.Errorf("%s is shown as %s, want %s", topic, got, want)
		}
	}
}
