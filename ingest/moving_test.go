package ingest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"haidang"
)

// TestAccountWhileDevicesPublish asks for the account and takes snapshots while
// messages come and are committed: none is missing, none counted twice, also in between.
func TestAccountWhileDevicesPublish(t *testing.T) {
	t.Parallel()
	const devices, each = 4, 1000
	b := many(t, devices)
	var publishing sync.WaitGroup
	for k, d := range b.devices {
		id := haidang.ThingID(fmt.Sprintf("gauge%d", k))
		publishing.Go(func() {
			for i := range each {
				time.Sleep(time.Millisecond)
				d.Publish(telemetryTopic(id), 1, false, salinityAt(time.Unix(1_770_000_000+int64(i), 0), float64(i%30)))
			}
		})
	}
	wrong, looks := 0, 0
	for moving := true; moving; looks++ {
		a, err := b.service.Account(t.Context(), time.Time{})
		b.must(err)
		if *a.Unaccounted != 0 {
			wrong++
		}
		moving = a.Accounted < devices*each
		b.must(b.ledger.takeSnapshot(t.Context(), b.broker))
	}
	publishing.Wait()
	if wrong > 0 {
		t.Errorf("%d of %d accounts miss messages or count them twice", wrong, looks)
	}
	t.Logf("looked %d times", looks)
	b.wantNumber(0, `SELECT count(*) FROM account_snapshot WHERE received <> accounted + waiting`)
}
