package outside

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"haidang"
	"haidang/ingest/broker"
)

// TestSameRightsEverywhere holds the rights on an external broker against those on the embedded one.
func TestSameRightsEverywhere(t *testing.T) {
	embedded := map[string][]string{}
	for _, r := range broker.Rights() {
		if r.Who == "device" && strings.HasPrefix(r.Subject, "v1.") {
			embedded[r.Verb] = append(embedded[r.Verb], strings.ReplaceAll(r.Subject, ".", "/"))
		}
	}
	for _, verb := range []string{Publish, Subscribe} {
		slices.Sort(embedded[verb])
		if got := slices.Sorted(slices.Values(deviceTopics[verb])); !slices.Equal(got, embedded[verb]) {
			t.Errorf("devices may %s %v here, %v on the embedded broker", verb, got, embedded[verb])
		}
	}
	if len(embedded) != 2 {
		t.Errorf("the embedded broker grants devices %v", embedded)
	}
}

// A device that is called as we are would come into our rights on that broker.
func TestDeviceOfOurNameIsRefused(t *testing.T) {
	t.Parallel()
	for _, format := range []string{FormatMosquitto, FormatEMQX} {
		files, err := Files(format, []Device{{Name: "gauge1"}, {Name: "haidang"}}, url.UserPassword("haidang", "secret"))
		if haidang.CodeOf(err) != haidang.ErrInvalid || files != nil {
			t.Errorf("%s: error %v, files %v", format, err, files)
		}
	}
}
