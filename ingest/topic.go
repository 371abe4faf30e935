package ingest

import (
	"regexp"
	"strings"

	"haidang"
)

// topicKind is what a message is, by its topic.
type topicKind int

const (
	topicUnknown topicKind = iota
	topicTelemetry
	topicStatus
	topicAttributes
	topicReports
)

var channelName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// parseTopic reads v1/things/{thing}/{telemetry|status|attributes} and
// v1/channels/{channel}/reports. name is the thing or the channel.
func parseTopic(topic string) (kind topicKind, name string) {
	version, rest, _ := strings.Cut(topic, "/")
	space, rest, _ := strings.Cut(rest, "/")
	name, last, _ := strings.Cut(rest, "/")
	switch {
	case version != "v1":
		return topicUnknown, ""
	case space == "channels" && last == "reports" && channelName.MatchString(name):
		return topicReports, name
	case space != "things" || !haidang.ThingID(name).Valid():
		return topicUnknown, ""
	}
	switch last {
	case "telemetry":
		return topicTelemetry, name
	case "status":
		return topicStatus, name
	case "attributes":
		return topicAttributes, name
	}
	return topicUnknown, ""
}
