package broker

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"haidang"
)

// A lane is the way of one partition's messages to ingest: one durable session
// with one subscription, so one window. Which partition a thing or a channel
// belongs to follows from its name and the number of partitions alone.

// PartitionOf returns the partition, from 0 to n-1, of a thing or a channel. It is
// nats-server's own partition(n, token); TestPartitionOf holds them together.
func PartitionOf(name string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int(h.Sum32() % uint32(n))
}

// LaneClientID is the client id of the session of partition k.
func LaneClientID(k int) string { return fmt.Sprintf("%s:%d", UserIngest, k) }

// LaneTopic is the one topic filter of partition k. A message arrives there as
// p/{k}/{name}/{kind}. The session is subscribed before any device is let in; a
// client that finds its session present must not subscribe again, for with each
// SUBSCRIBE the broker sends every retained message once more.
func LaneTopic(k int) string { return fmt.Sprintf("p/%d/+/+", k) }

// PublicTopic is the topic that the sender wrote, for one that a lane received;
// any other topic is returned as it is.
func PublicTopic(topic string) string {
	part := strings.Split(topic, "/")
	if len(part) != 4 || part[0] != "p" {
		return topic
	}
	if part[3] == "reports" {
		return "v1/channels/" + part[2] + "/reports"
	}
	return "v1/things/" + part[2] + "/" + part[3]
}

// MostPartitions bounds how many lanes there may be.
const MostPartitions = 64

// laneOf reads the partition from the client id of a lane below n.
func laneOf(clientID string, n int) (k int, ok bool) {
	text, ok := strings.CutPrefix(clientID, UserIngest+":")
	k, err := strconv.Atoi(text)
	return k, ok && err == nil && k >= 0 && k < n && LaneClientID(k) == clientID
}

// direct is put before a topic that somebody wrote in the form of the lanes.
// Nobody may publish there: what enters a lane has gone through the mapping.
const direct = "direct."

// mapSubjects makes the server spread what devices and channels publish over n
// lanes. The rights are asked about the mapped subject.
func mapSubjects(s *server.Server, n int) error {
	lane := fmt.Sprintf("p.{{partition(%d,1)}}.{{wildcard(1)}}.", n)
	account := s.GlobalAccount()
	return errors.Join(
		account.AddMapping("v1.things.*.telemetry", lane+"telemetry"),
		account.AddMapping("v1.things.*.status", lane+"status"),
		account.AddMapping("v1.things.*.attributes", lane+"attributes"),
		account.AddMapping("v1.channels.*.reports", lane+"reports"),
		account.AddMapping("p.>", direct+"p.>"))
}

// publishRights are the mapped subjects of a thing's own topics. Only the mapping
// leads there, so the partition needs no guarding.
func publishRights(thing haidang.ThingID) *server.SubjectPermission {
	base := "p.*." + string(thing) + "."
	return allow(base+"telemetry", base+"status", base+"attributes")
}

// writtenTopic is the topic that a sender wrote, for the subject it was mapped to.
func writtenTopic(subject string) string {
	if plain, ok := strings.CutPrefix(subject, direct); ok {
		return subjectTopic(plain)
	}
	return PublicTopic(subjectTopic(subject))
}
