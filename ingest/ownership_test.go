package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"haidang"
)

// second runs another Service on the same database and broker, as another process does.
func (b *bundle) second() *Service {
	b.t.Helper()
	s := NewService(ServiceConfig{Pool: b.pool, Broker: b.broker})
	s.ownership.locks.name = "second"
	b.must(s.Start(b.t.Context()))
	b.t.Cleanup(func() { stop(b.t, s) })
	return s
}

// carried waits until the services carry so many lanes each.
func carried(t *testing.T, want map[*Service]int) {
	t.Helper()
	for s, n := range want {
		eventually(t, "lanes of "+s.ownership.locks.name, n, func() (int, error) { return len(s.ownership.held()), nil })
	}
}

// die ends a service as a killed process ends: nothing is drained, its
// connections are gone.
func die(s *Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.leave()
	s.others.Wait()
	for _, l := range s.ownership.carried() {
		l.current().client.Disconnect(0)
		l.abort()
	}
	s.ownership.locks.close()
	s.publisher.close()
}

// TestHelpersTakeNoSnapshots: a process that does not see the broker's sequence
// must not write down an account without it.
func TestHelpersTakeNoSnapshots(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	eventually(t, "snapshots", 1, b.number(`SELECT count(*) FROM account_snapshot`))
	_, err := b.pool.Exec(t.Context(), `TRUNCATE account_snapshot`) // the next one is due
	b.must(err)
	helper := NewService(ServiceConfig{Pool: b.pool, Folder: b.folder})
	b.must(helper.Start(t.Context()))
	t.Cleanup(func() { stop(t, helper) })
	carried(t, map[*Service]int{b.service: 2, helper: 2})
	b.wantNumber(0, `SELECT count(*) FROM account_snapshot`)
}

// many registers and connects devices that fall on every lane.
func many(t *testing.T, n int) *bundle {
	t.Helper()
	var things []haidang.ThingID
	for i := range n {
		things = append(things, haidang.ThingID(fmt.Sprintf("gauge%d", i)))
	}
	b := setup(t, nil, things...)
	for _, id := range things {
		b.devices = append(b.devices, b.device(id))
	}
	return b
}

// send publishes once for each device; i makes the time.
func (b *bundle) send(n, i int) {
	b.t.Helper()
	for k := range n {
		id := haidang.ThingID(fmt.Sprintf("gauge%d", k))
		b.publish(b.devices[k], telemetryTopic(id), salinityAt(time.Unix(1_770_000_000+int64(i), 0), float64(i%30)))
	}
}

// TestLanesAreShared lets a second process come, die, come again and be stopped,
// while devices publish: the lanes are shared evenly, a dead one's are taken
// over, and each message is stored once.
func TestLanesAreShared(t *testing.T) {
	t.Parallel()
	const devices = 12
	b := many(t, devices)
	sent := 0
	load := func() {
		for range 10 {
			b.send(devices, sent)
			sent++
		}
	}
	carried(t, map[*Service]int{b.service: 4})
	load()
	helper := b.second()
	load()
	carried(t, map[*Service]int{b.service: 2, helper: 2})
	load()
	eventually(t, "lanes as the first knows them", "here here second second", func() (string, error) {
		var said []string
		for _, s := range b.service.Lanes() {
			if s.Held && s.Trouble == "" {
				s.Owner = "here"
			}
			said = append(said, s.Owner)
		}
		return strings.Join(said, " "), nil
	})
	die(helper)
	load()
	carried(t, map[*Service]int{b.service: 4})
	helper = b.second()
	load()
	carried(t, map[*Service]int{b.service: 2, helper: 2})
	stop(t, helper)
	load()
	carried(t, map[*Service]int{b.service: 4})
	eventually(t, "rows", int64(devices*sent), b.number(`SELECT count(*) FROM observation`))
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
	b.wantNumber(0, `SELECT coalesce(sum(duplicate + conflict), 0)::bigint FROM device_account`)
	b.wantNumber(int64(devices*sent), `SELECT sum(accounted)::bigint FROM ingest_lane`)
}

// TestLostLocks ends the connection that holds the locks: the lanes go on, and
// are locked again. A lane whose lock somebody else took meanwhile is given up.
func TestLostLocks(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	carried(t, map[*Service]int{b.service: 4})
	d := b.device("gauge1")
	lanes := b.service.ownership.carried()
	thief, err := b.pool.Acquire(t.Context())
	b.must(err)
	defer thief.Release()
	// Waits for the lock, so that it has it as soon as the connection ends.
	stolen := make(chan error, 1)
	go func() {
		_, err := thief.Exec(t.Context(), `SELECT pg_advisory_lock($1, 3)`, laneClass)
		stolen <- err
	}()
	eventually(t, "thieves", 1, b.number(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))
	b.wantNumber(1, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'haidang lanes %'`)
	b.must(<-stolen)
	carried(t, map[*Service]int{b.service: 3})
	kept := map[*lane]bool{}
	for _, l := range lanes {
		kept[l] = true
	}
	for _, l := range b.service.ownership.carried() {
		if !kept[l] {
			t.Errorf("lane %d was stopped and started", l.partition)
		}
	}
	_, err = thief.Exec(t.Context(), `SELECT pg_advisory_unlock($1, 3)`, laneClass)
	b.must(err)
	carried(t, map[*Service]int{b.service: 4})
	b.publish(d, telemetryTopic("gauge1"), salinityAt(time.Now(), 1))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation`))
}
