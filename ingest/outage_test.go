package ingest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"haidang/internal/postgres"
)

// TestDatabaseCutMidBatch kills the writer's connections again and again while
// messages flow: nothing is lost, nothing is stored twice, and what had to be
// tried again is no dead letter.
func TestDatabaseCutMidBatch(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, "gauge1")
	d := b.device("gauge1")
	ctx, stopKilling := context.WithCancel(t.Context())
	var killed atomic.Int64
	done := make(chan struct{})
	go func() { defer close(done); b.killWriters(ctx, &killed) }()
	begin, messages := time.Now().Add(-time.Hour), 0
	for end := time.Now().Add(patience); killed.Load() < 5 && time.Now().Before(end); messages++ {
		b.publish(d, telemetryTopic("gauge1"), salinityAt(begin.Add(time.Duration(messages)*time.Millisecond), float64(messages%30)))
	}
	stopKilling()
	<-done
	if t.Logf("%d transactions were killed under %d messages", killed.Load(), messages); killed.Load() == 0 {
		t.Fatal("the test killed nothing")
	}
	eventually(t, "rows", int64(messages), b.number(`SELECT count(*) FROM observation`))
	b.wantNumber(0, `SELECT count(*) FROM dead_letter`)
	b.wantNumber(0, `SELECT count(*) FROM observation_conflict`)
	eventually(t, "backlog", 0, func() (int, error) { return b.service.Queue(t.Context()).Pending, nil })
	if err := b.service.Ready(); err != nil {
		t.Errorf("not ready after the outage: %v", err)
	}
}

// killWriters ends connections that are inside a batch's transaction.
func (b *bundle) killWriters(ctx context.Context, killed *atomic.Int64) {
	for ctx.Err() == nil {
		var n int64
		_ = b.pool.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND xact_start IS NOT NULL`).Scan(&n)
		killed.Add(n)
		time.Sleep(2 * time.Millisecond)
	}
}

// TestDatabaseRestart takes the whole server away for longer than a moment.
func TestDatabaseRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL server of its own")
	}
	t.Parallel()
	dir := t.TempDir()
	cluster, err := postgres.StartCluster(t.Context(), postgres.ClusterConfig{Dir: dir + "/pg", Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cluster) })
	pool, err := postgres.Open(t.Context(), cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := postgres.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	b := setupOn(t, pool, nil, "gauge1")
	d := b.device("gauge1")
	b.publish(d, telemetryTopic("gauge1"), salinityAt(time.Now().Add(-time.Hour), 1))
	eventually(t, "rows", 1, b.number(`SELECT count(*) FROM observation`))
	stop(t, cluster)
	for i := range 300 { // acknowledged by the broker while there is no database
		b.publish(d, telemetryTopic("gauge1"), salinityAt(time.Now().Add(-time.Duration(i)*time.Second), 2))
	}
	eventually(t, "trouble is shown", true, func() (bool, error) { return b.service.Ready() != nil, nil })
	if d2 := b.device("gauge1"); !d2.IsConnectionOpen() {
		t.Error("a known device cannot sign in while the database is away")
	}
	if cluster, err = postgres.StartCluster(t.Context(), postgres.ClusterConfig{Dir: dir + "/pg", Throwaway: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "rows", 301, b.number(`SELECT count(*) FROM observation`))
	eventually(t, "ready", true, func() (bool, error) { return b.service.Ready() == nil, nil })
}
