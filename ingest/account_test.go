package ingest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"haidang"
)

// TestAccountAgainstTheBroker sends what ends in every way, with both qualities of
// service, and asks for the account as a whole, since a snapshot, and of a device.
func TestAccountAgainstTheBroker(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1", "gauge2")
	d := b.device("gauge1")
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	for _, value := range []float64{1, 1, 2} {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(at, value))
	}
	b.publish(d, telemetryTopic("gauge1"), `no JSON`)
	d.Publish(telemetryTopic("gauge1"), 0, false, salinityAt(at.Add(time.Minute), 1))
	b.wantAccounted(5, 4)
	b.wantAccount("gauge1", DeviceAccount{Messages: 5, Stored: 2, Duplicate: 1, Conflict: 1, Dead: 1})

	b.must(b.ledger.takeSnapshot(t.Context(), b.broker))
	b.publish(b.device("gauge2"), telemetryTopic("gauge2"), salinityAt(at, 1))
	b.wantAccounted(6, 5)
	now := time.Now().Add(time.Minute)
	since, err := b.service.Account(t.Context(), now)
	b.must(err)
	if since.Since == nil || since.Earliest == nil || *since.Received != 1 || *since.Unaccounted != 0 || since.Totals != (Totals{Messages: 1, Stored: 1}) {
		t.Errorf("since the snapshot: %+v, received %d, unaccounted %d", since, *since.Received, *since.Unaccounted)
	}
	devices, when, err := b.ledger.Devices(t.Context(), now)
	b.must(err)
	if when == nil || devices[0].Messages != 0 || devices[1].Messages != 1 || devices[1].Stored != 1 {
		t.Errorf("devices since %v: %+v", when, devices)
	}
	if before, when, err := b.ledger.Devices(t.Context(), at); err != nil || when != nil || before[0].Messages != 5 {
		t.Errorf("devices since before all snapshots: %+v, %v, %v", before, when, err)
	}
}

// wantAccounted waits until all is committed and acknowledged, and compares.
func (b *bundle) wantAccounted(messages, received int64) {
	b.t.Helper()
	eventually(b.t, "messages", messages, b.number(`SELECT sum(messages)::bigint FROM device_account`))
	eventually(b.t, "backlog", 0, func() (int, error) { return b.service.Queue(b.t.Context()).Pending, nil })
	a, err := b.service.Account(b.t.Context(), time.Time{})
	b.must(err)
	if *a.Received != received || a.Accounted != received || *a.Unaccounted != 0 || a.Waiting != 0 || a.QoS0 != messages-received {
		b.t.Errorf("received %d, accounted %d, unaccounted %d, waiting %d, QoS 0 %d; want %d received of %d", *a.Received, a.Accounted,
			*a.Unaccounted, a.Waiting, a.QoS0, received, messages)
	}
	if a.Since != nil || !a.Embedded || a.Broker == nil || len(a.Lanes) == 0 {
		b.t.Errorf("account is %+v", a)
	}
}

// TestThinnedSnapshotsStillAdd takes the counters of many days: whatever is thinned
// out, each instant still answers with the newest snapshot before it.
func TestThinnedSnapshotsStillAdd(t *testing.T) {
	t.Parallel()
	b := prepare(t, "gauge1")
	// Message n at minute 5n of the last 69 days; the device's row only where it changed, every third time.
	_, err := b.pool.Exec(t.Context(), `
		INSERT INTO account_snapshot SELECT now() - interval '100000 min' + n * interval '5 min', n, 0, n, 0, 0, n, n, 0, 0, 0, 0 FROM generate_series(1, 20000) n;
		INSERT INTO account_snapshot_device SELECT 'gauge1', now() - interval '100000 min' + n * interval '5 min', n, n, 0, 0, 0, 0 FROM generate_series(1, 20000) n WHERE n % 3 = 0;
		UPDATE device_account SET messages = 20000, stored = 20000 WHERE thing = 'gauge1'`)
	b.must(err)
	b.must(b.ledger.thin(t.Context()))
	b.must(b.ledger.thin(t.Context())) // what is thin stays
	var fine, all int
	b.must(b.pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE at > now() - interval '2 days'), count(*) FROM account_snapshot`).Scan(&fine, &all))
	if fine < 500 || all > fine+59*24+80 {
		t.Errorf("%d snapshots are left, %d of them of two days", all, fine)
	}
	for _, ago := range []time.Duration{time.Hour, 3 * 24 * time.Hour, 30 * 24 * time.Hour, 65 * 24 * time.Hour} {
		since := time.Now().Add(-ago)
		then, err := b.ledger.snapshot(t.Context(), since)
		b.must(err)
		devices, at, err := b.ledger.Devices(t.Context(), since)
		b.must(err)
		want := then.totals.Messages - then.totals.Messages%3
		if got := 20000 - devices[0].Messages; !at.Equal(then.at) || got != want || since.Sub(then.at) > 25*time.Hour {
			t.Errorf("%s ago: the device had sent %d by %s, want %d by %s", ago, got, at, want, then.at)
		}
	}
}

// TestFloodingDeviceIsCut: one device sends a thousand times as often as its type
// may. It is cut; what it sent is a dead letter or a counted one, flagged or not; the
// others' readings are all stored.
func TestFloodingDeviceIsCut(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "flood", "calm1", "calm2")
	b.must(b.registry.SetLimit(t.Context(), "test", "salinity_station", 2, 100))
	b.service.catalogue.forget()
	flood := b.device("flood")
	var calm sync.WaitGroup
	at := time.Now().Add(-time.Hour)
	for _, id := range []haidang.ThingID{"calm1", "calm2"} {
		d := b.device(id)
		calm.Go(func() {
			for i := range 40 {
				b.publish(d, telemetryTopic(id), salinityAt(at.Add(time.Duration(i)*time.Second), 1))
			}
		})
	}
	sent := 0
	for end := time.Now().Add(patience); flood.IsConnectionOpen() && time.Now().Before(end); sent++ {
		flood.Publish(telemetryTopic("flood"), 1, false, fmt.Sprintf(`{"time":%q,"seq":%d,"values":{"salinity":1,"water_level":2}}`,
			at.Add(time.Duration(sent)*time.Millisecond).UTC().Format(time.RFC3339Nano), sent))
	}
	calm.Wait()
	if flood.IsConnectionOpen() {
		t.Fatal("the device was not cut")
	}
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
	b.wantNumber(80, `SELECT sum(stored)::bigint FROM device_account WHERE thing LIKE 'calm%'`)
	b.wantNumber(0, `SELECT count(*) FROM dead_letter WHERE thing <> 'flood' OR reason <> 'rate'`)
	b.wantNumber(0, `SELECT 2 * messages - stored - dead FROM device_account WHERE thing = 'flood'`)
	b.wantNumber(0, `SELECT (SELECT sum(readings) FROM dead_letter) - dead FROM device_account WHERE thing = 'flood'`)
	b.wantNumber(100, `SELECT count(*) FROM observation_flag WHERE flag = 'over_rate'`) // the upper half of the bucket, two readings a message
	letters, err := b.number(`SELECT count(*) FROM dead_letter`)()
	b.must(err)
	if letters > keptLetters+1 {
		t.Errorf("%d dead letters, want at most %d", letters, keptLetters+1)
	}
	device, err := b.ledger.Device(t.Context(), "flood")
	b.must(err)
	if device.Device.CutUntil == nil || !device.Device.CutUntil.After(time.Now()) {
		t.Errorf("the account does not say that it is cut: %+v", device.Device)
	}
	t.Logf("%d messages sent, %d dead letters, cut until %v", sent, letters, device.Device.CutUntil)
}

// TestCutsGrowAndAreForgiven follows one bucket over a day.
func TestCutsGrowAndAreForgiven(t *testing.T) {
	t.Parallel()
	l := limit{perMinute: 2, burst: 10}
	b := &bucket{}
	now := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	burst := func() (over *excess) {
		for range 200 { // some are still on their way when it is cut
			if p := b.take(&message{kind: topicTelemetry, receivedAt: now, payload: []byte("x")}, l); p.over != nil {
				over = p.over
			}
		}
		return over
	}
	for i, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		over := burst()
		if got := over.cut.until.Sub(now); got != time.Duration(minutes)*time.Minute || !over.unkept {
			t.Fatalf("cut %d is %s, want %d minutes; %+v", i+1, got, minutes, over)
		}
		now = over.cut.until.Add(time.Second)
	}
	now = now.Add(forgiven)
	if over := burst(); over.cut.until.Sub(now) != time.Minute {
		t.Errorf("after an hour of peace the cut is %s", over.cut.until.Sub(now))
	}
	before := now.AddDate(0, -1, 0) // the clock is put back
	b.leak(before, l)
	if b.leak(before.Add(time.Hour), l); b.level != 0 {
		t.Errorf("an hour after the clock was put back there are %g in the bucket", b.level)
	}
	burst()
	if p := b.take(&message{kind: topicStatus, receivedAt: now}, l); p.over != nil {
		t.Error("the word that a device is gone was too much")
	}
	if p := b.take(&message{kind: topicStatus, receivedAt: now}, l); p.over == nil {
		t.Error("a device that says without end that it is gone is never cut")
	}
}

// TestMessagesWithoutATime are known by their sequence or id, and count as the
// newest only when their number is.
func TestMessagesWithoutATime(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	first := []string{`{"seq":1,"values":{"salinity":1}}`, `{"seq":5,"values":{"salinity":5}}`, `[{"id":"a","values":{"water_level":7}},{"seq":6,"values":{"salinity":6}}]`}
	for _, payload := range first {
		b.publish(d, telemetryTopic("gauge1"), payload)
	}
	eventually(t, "rows", 4, b.number(`SELECT count(*) FROM observation`))
	for _, payload := range append(first, `{"id":"a","values":{"water_level":8}}`, `{"seq":3,"values":{"salinity":3}}`, `{"values":{"salinity":9}}`) {
		b.publish(d, telemetryTopic("gauge1"), payload)
	}
	eventually(t, "messages", 9, b.number(`SELECT messages FROM device_account WHERE thing = 'gauge1'`))
	b.wantAccount("gauge1", DeviceAccount{Messages: 9, Stored: 5, Duplicate: 5, Dead: 1})
	b.wantNumber(1, `SELECT count(*) FROM dead_letter WHERE reason = 'bad_time' AND detail LIKE '%"seq" or an "id"%'`)
	b.wantNumber(1, `SELECT count(*) FROM observation_latest WHERE result = 6`)
	b.wantNumber(1, `SELECT count(*) FROM observation o JOIN observation_flag f USING (datastream, phenomenon_time) WHERE o.result = 3 AND f.flag = 'late'`)
	device, err := b.ledger.Device(t.Context(), "gauge1")
	b.must(err)
	if s := device.Sequence; s == nil || s.Last != 6 || s.Missing != 2 || s.Resets != 0 || len(s.Gaps) != 2 || s.Gaps[0].From != 2 || s.Gaps[1].To != 4 {
		t.Errorf("sequence is %+v", s)
	}
	if len(device.Streams) != 2 || *device.Streams[0].Value != 6 || device.Device.SeqGaps != 2 {
		t.Errorf("device is %+v", device)
	}
}

// TestSequenceSurvivesARestart: what one service counted, the next goes on with.
func TestSequenceSurvivesARestart(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	send := func(n int) {
		b.publish(d, telemetryTopic("gauge1"), fmt.Sprintf(`{"time":%q,"seq":%d,"values":{"salinity":1}}`,
			seqBegin.Add(time.Duration(n)*time.Minute).Format(time.RFC3339), n))
	}
	send(1)
	send(9)
	eventually(t, "missing", 7, b.number(`SELECT seq_missing FROM device_account WHERE thing = 'gauge1'`))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b.must(b.service.Stop(ctx))
	b.service = NewService(b.service.config)
	b.must(b.service.Start(t.Context()))
	t.Cleanup(func() { stop(t, b.service) })
	send(5)
	eventually(t, "missing", 6, b.number(`SELECT seq_missing FROM device_account WHERE thing = 'gauge1'`))
	send(0) // older by its time: no restart of the counter
	send(10)
	eventually(t, "last", 10, b.number(`SELECT seq_last FROM device_account WHERE thing = 'gauge1'`))
	b.wantNumber(0, `SELECT seq_resets FROM device_account WHERE thing = 'gauge1'`)
	b.wantNumber(6, `SELECT seq_missing FROM device_account WHERE thing = 'gauge1'`)
	b.wantNumber(0, `SELECT redelivered::bigint FROM ingest_lane`)
}
