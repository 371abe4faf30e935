package outside

import (
	"slices"
	"strings"

	"haidang"
)

// Verbs of a right.
const (
	Publish   = "publish"
	Subscribe = "subscribe" // and to be delivered
)

// deviceTopics are the topics of a device under a verb, just as on the embedded
// broker. "{thing}" stands for its name.
var deviceTopics = map[string][]string{
	Publish:   {"v1/things/{thing}/telemetry", "v1/things/{thing}/status", "v1/things/{thing}/attributes"},
	Subscribe: {"v1/things/{thing}/commands"},
}

// ingestTopics are what ingest's session subscribes to on a broker that is not ours.
var ingestTopics = []string{"v1/things/+/telemetry", "v1/things/+/status", "v1/things/+/attributes", "v1/channels/+/reports"}

// OwnTopics are the filters that our own user needs under a verb: ingest's and the
// reports' topics, commands to devices, and the topics of the probes.
func OwnTopics(verb string) []string {
	filters := []string{"v1/things/+/commands", probeTopics + "#"}
	if verb == Publish {
		return append([]string{"v1/channels/+/reports"}, filters...)
	}
	return append(slices.Clone(ingestTopics), filters...)
}

// DeviceTopics are the topics that a device may use under a verb.
func DeviceTopics(thing haidang.ThingID, verb string) (topics []string) {
	for _, t := range deviceTopics[verb] {
		topics = append(topics, strings.ReplaceAll(t, "{thing}", string(thing)))
	}
	return topics
}

// deviceMay reports whether a device may use the topic or filter. Only the topic itself
// is its own: a filter with a wildcard never is.
func deviceMay(thing haidang.ThingID, verb, topic string) bool {
	for _, own := range DeviceTopics(thing, verb) {
		if topic == own {
			return true
		}
	}
	return false
}

// ownMay reports whether our own user may use the topic, or a filter that says no more
// than one of its own.
func ownMay(verb, topic string) bool {
	for _, filter := range OwnTopics(verb) {
		if within(filter, topic) {
			return true
		}
	}
	return false
}

// within reports whether the filter covers all that the topic or filter stands for.
func within(filter, topic string) bool {
	have, want := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, level := range have {
		switch {
		case level == "#":
			return len(want) >= i
		case i >= len(want) || want[i] == "#" || level != "+" && level != want[i]:
			return false
		}
	}
	return len(have) == len(want)
}
