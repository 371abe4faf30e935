package ingest

import (
	"testing"
	"time"

	"haidang"
)

// A device that keeps sending what nobody knows costs a look at that device, not
// at the whole catalogue; what was registered a moment ago is still found at once.
func TestUnknownPropertyDoesNotRereadTheCatalogue(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1", "gauge2")
	c := &catalogue{pool: b.pool}
	b.must(c.read(t.Context()))
	read := c.readAt
	cover := func(thing haidang.ThingID, property string) (known bool) {
		t.Helper()
		m := &message{topic: telemetryTopic(thing), payload: []byte(`{"time":"2026-03-02T07:00:00Z","values":{"` + property + `":1}}`), receivedAt: time.Now()}
		m.decode()
		b.must(c.cover(t.Context(), []*message{m}))
		_, known = c.streams[thing][property]
		return known
	}
	for range 3 {
		if cover("gauge1", "nonsense") || cover("nobody", "salinity") {
			t.Error("found what is not registered")
		}
	}
	b.must(b.registry.Register(t.Context(), []Registration{{ID: "gauge3", Type: "salinity_station", Name: "Trạm", Agency: "snnmt",
		Lon: 106, Lat: 9.5, Properties: []haidang.PropertyCode{"battery"}, Secret: "secret"}}))
	if !cover("gauge3", "battery") {
		t.Error("a device registered a moment ago is not found")
	}
	if len(c.streams["gauge2"]) != 2 {
		t.Errorf("gauge2 has %v left", c.streams["gauge2"])
	}
	if !c.readAt.Equal(read) {
		t.Error("the whole catalogue was read again")
	}
	c.readAt = read.Add(-catalogueAge)
	cover("gauge2", "salinity")
	eventually(t, "an old catalogue is read again", true, func() (bool, error) { return c.age() < catalogueAge, nil })
}
