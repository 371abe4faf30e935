package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/ingest/broker"
)

// Account is what became of all messages since an instant, held against the
// broker's own sequence: received = accounted + the growth of waiting + unaccounted.
type Account struct {
	Since       *time.Time `json:"since"` // the snapshot it counts from; nil: since counting began
	Now         time.Time  `json:"now"`
	Earliest    *time.Time `json:"earliest"` // the oldest snapshot
	Embedded    bool       `json:"embedded"`
	Received    *int64     `json:"received"`  // QoS above 0, by the broker's sequence; nil: the broker has none
	Accounted   int64      `json:"accounted"` // of them committed, each once
	Redelivered int64      `json:"redelivered"`
	QoS0        int64      `json:"qos0"`
	Waiting     int64      `json:"waiting"`       // received and not yet committed
	WaitedThen  int64      `json:"waitingBefore"` // at since
	Unaccounted *int64     `json:"unaccounted"`   // must be 0; above: lost, below: counted twice
	Totals      Totals     `json:"totals"`

	Queue  Queue         `json:"queue"`
	Lanes  []LaneAccount `json:"lanes"`
	Broker *BrokerState  `json:"broker"` // nil: it is not ours
}

// LaneAccount is a lane with what the broker has for it.
type LaneAccount struct {
	LaneState
	Waiting        int     `json:"waiting"`        // not yet acknowledged, handed over or not
	Unacked        int     `json:"unacked"`        // handed over and not yet acknowledged
	OldestUnackedS float64 `json:"oldestUnackedS"` // age of the oldest of those, seconds
}

// BrokerState says whether the embedded broker lets devices in, and how much room it has.
type BrokerState struct {
	Open        bool          `json:"open"`
	Why         *haidang.Text `json:"why"` // why not; nil when open
	StoreBytes  int64         `json:"storeBytes"`
	StoreLimit  int64         `json:"storeLimit"`
	DiskFree    int64         `json:"diskFree"`
	DiskReserve int64         `json:"diskReserve"`
	Connections int           `json:"connections"` // of devices
}

// Account returns the account since the newest snapshot at or before an instant;
// the zero time asks for everything.
func (s *Service) Account(ctx context.Context, since time.Time) (a Account, err error) {
	ledger := NewLedger(s.config.Pool)
	now, err := ledger.standing(ctx, s.counter())
	if err != nil {
		return a, err
	}
	then, err := ledger.snapshot(ctx, since)
	if err != nil {
		return a, err
	}
	a = now.since(then)
	if a.Earliest, err = ledger.earliest(ctx); err != nil {
		return a, err
	}
	a.Queue, a.Lanes, a.Embedded = s.Queue(ctx), s.laneAccounts(ctx), s.config.Broker != nil
	if s.config.Broker != nil {
		a.Broker = brokerState(s.config.Broker.State())
	}
	return a, nil
}

func (s *Service) laneAccounts(ctx context.Context) []LaneAccount {
	lanes := []LaneAccount{}
	var broker []broker.Lane
	if s.config.Broker != nil {
		if account, err := s.config.Broker.Account(ctx); err == nil { // else the broker's state says what is wrong
			broker = account.Lanes
		}
	}
	for _, state := range s.Lanes() {
		l := LaneAccount{LaneState: state}
		for _, b := range broker {
			if b.Partition == state.Partition {
				l.Waiting, l.Unacked, l.OldestUnackedS = b.Waiting, b.Unacked, ageOf(b.OldestUnackedAt)
			}
		}
		lanes = append(lanes, l)
	}
	return lanes
}

// ageOf is in seconds; 0 of an instant that never was.
func ageOf(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, time.Since(t).Seconds())
}

func brokerState(s broker.State) *BrokerState {
	b := &BrokerState{Open: s.Open, StoreBytes: s.StoreBytes, StoreLimit: s.StoreLimit, DiskFree: s.DiskFree, DiskReserve: s.DiskReserve, Connections: s.Connections}
	if !s.Open {
		b.Why = &s.Why
	}
	return b
}

// standing is how the counters stand at one instant.
type standing struct {
	at          time.Time
	received    *int64
	sequence    int64 // of the store in use
	waiting     int64
	accounted   int64
	redelivered int64
	qos0        int64
	totals      Totals
}

func (s standing) since(then *standing) Account {
	a := Account{Now: s.at, Received: s.received, Waiting: s.waiting, Accounted: s.accounted, Redelivered: s.redelivered, QoS0: s.qos0, Totals: s.totals}
	if then != nil {
		a.Since, a.WaitedThen = &then.at, then.waiting
		a.Accounted, a.Redelivered, a.QoS0 = s.accounted-then.accounted, s.redelivered-then.redelivered, s.qos0-then.qos0
		a.Totals = s.totals.since(then.totals)
	}
	if s.received == nil {
		return a
	}
	received := *s.received
	if then != nil && then.received != nil {
		received -= *then.received
	}
	unaccounted := received - a.Accounted - (a.Waiting - a.WaitedThen)
	a.Received, a.Unaccounted = &received, &unaccounted
	return a
}

// storeCount is what was committed of each broker's store.
type storeCount struct {
	id                           string
	base                         int64
	sequence                     *int64
	accounted, redelivered, qos0 int64
}

// standing reads the counters in one transaction, with the broker's on both sides
// of it. A nil counter is a broker that does not say.
func (l *Ledger) standing(ctx context.Context, counter Counter) (s standing, err error) {
	before, err := countOf(ctx, counter)
	if err != nil {
		return s, err
	}
	err = pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err = standingIn(ctx, tx, before, counter)
		return err
	})
	return s, err
}

// countOf asks a counter; what a nil one has counted is nothing.
func countOf(ctx context.Context, counter Counter) (broker.Account, error) {
	if counter == nil {
		return broker.Account{}, nil
	}
	return counter.Account(ctx)
}

// standingIn needs what the counter said before the transaction's first statement,
// by which the transaction sees the database.
func standingIn(ctx context.Context, tx pgx.Tx, before broker.Account, counter Counter) (s standing, err error) {
	stores, err := storesIn(ctx, tx)
	if err != nil {
		return s, err
	}
	if s.totals, err = totalsIn(ctx, tx); err != nil {
		return s, err
	}
	if err := tx.QueryRow(ctx, `SELECT now()`).Scan(&s.at); err != nil {
		return s, err
	}
	after, err := countOf(ctx, counter)
	if err != nil {
		return s, err
	}
	if counter != nil {
		s.received = new(int64)
	}
	for _, store := range stores {
		if (store.sequence != nil) == (counter != nil) { // the counts of a broker that is not ours are another account
			s.add(store, before, after)
		}
	}
	return s, nil
}

func storesIn(ctx context.Context, tx pgx.Tx) ([]storeCount, error) {
	rows, err := tx.Query(ctx, `SELECT s.id, s.base, s.sequence, coalesce(sum(l.accounted), 0)::bigint, coalesce(sum(l.redelivered), 0)::bigint,
			coalesce(sum(l.qos0), 0)::bigint
		FROM ingest_store s LEFT JOIN ingest_lane l ON l.store = s.id GROUP BY s.id ORDER BY s.opened_at`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c storeCount, err error) {
		err = row.Scan(&c.id, &c.base, &c.sequence, &c.accounted, &c.redelivered, &c.qos0)
		return c, err
	})
}

// add adds one store's count. What the broker took as acknowledged before the
// database was asked must have been committed by then, and what was committed
// must have been received when it was asked again: the two bounds meet whenever
// nothing moves, and between them lies only what moved meanwhile. Of a store that
// is gone, what was received and not committed is gone with it.
func (s *standing) add(c storeCount, before, after broker.Account) {
	s.accounted, s.redelivered, s.qos0 = s.accounted+c.accounted, s.redelivered+c.redelivered, s.qos0+c.qos0
	if s.received == nil {
		return
	}
	if c.id != after.StoreID {
		received := max(*c.sequence-c.base, c.accounted)
		*s.received += received
		return
	}
	received := int64(after.Sequence) - c.base
	lost := int64(before.Acked) - c.base - c.accounted
	if lost < 0 {
		lost = min(0, received-c.accounted)
	}
	*s.received += received
	s.sequence = int64(after.Sequence)
	s.waiting += received - c.accounted - lost
}
