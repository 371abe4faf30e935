package ingest

import (
	"errors"
	"testing"
	"time"
)

// TestNotCommittedIsNotWeighed: what a lane could not commit, and so gets again, does
// not fill its device's bucket twice.
func TestNotCommittedIsNotWeighed(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	b.must(b.registry.SetLimit(t.Context(), "test", "salinity_station", 1, 10))
	_, err := b.pool.Exec(t.Context(), `INSERT INTO ingest_tail VALUES ('store', 0, 1, '')`) // another's
	b.must(err)
	w := &writer{store: &store{pool: b.pool, book: &book{store: "store"}}, catalogue: &catalogue{pool: b.pool},
		partitions: &partitions{pool: b.pool}, metrics: newMetrics(), rates: rates{}}
	defer w.store.release()
	now := time.Now().UTC()
	for range 3 {
		var messages []*message
		for i := range 8 {
			m := &message{topic: telemetryTopic("gauge1"), payload: []byte(salinityAt(now.Add(time.Duration(-i)*time.Second), 1)), receivedAt: now, qos: 1}
			m.decode()
			messages = append(messages, m)
		}
		if err := w.write(t.Context(), messages); !errors.Is(err, errFenced) {
			t.Fatalf("two committed on one lane: %v", err)
		}
	}
	if bucket := w.rates["gauge1"]; bucket.level != 0 || !bucket.cutUntil.IsZero() {
		t.Errorf("the bucket of what was never committed is %+v", bucket)
	}
}
