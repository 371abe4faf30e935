package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Account is what the broker itself says about its store, apart from any sum of
// ingest's: Sequence = what the lanes have acknowledged + Waiting.
type Account struct {
	StoreID  string    // names this store; another id means another count
	Sequence uint64    // messages with QoS above 0 taken since the store was made
	Acked    uint64    // of them acknowledged by the lanes; never more than were
	Waiting  int       // not yet acknowledged by the lanes
	OldestAt time.Time // arrival of the oldest of them; zero when none waits
	Lanes    []Lane    // in order of their partition
}

// Lane is the account of one partition's session.
type Lane struct {
	Partition       int
	Waiting         int       // not yet acknowledged, handed over or not
	Unacked         int       // handed over and not yet acknowledged
	OldestAt        time.Time // arrival of the oldest that waits; zero when none does
	OldestUnackedAt time.Time // arrival of the oldest handed over; zero when none is
}

// Partitions returns how many lanes are to be served: the most that were ever
// configured on this store, so that none is orphaned.
func (b *Broker) Partitions() int { return max(b.record.Partitions, b.config.Partitions) }

// Window returns how many messages a lane is handed before it acknowledges.
func (b *Broker) Window() int { return b.config.Window }

// Account asks the store, with three questions a lane: cheap enough for once a
// second. It fails while the store is closed or being opened again.
func (b *Broker) Account(ctx context.Context) (Account, error) { return b.account(ctx, b.record) }

func (b *Broker) account(ctx context.Context, r storeRecord) (Account, error) {
	l := b.running()
	if l == nil {
		return Account{}, server.ErrServerNotRunning
	}
	account := Account{StoreID: r.StoreID}
	for k := range r.Partitions {
		lane, err := b.lane(ctx, l.admin, k)
		if err != nil {
			return Account{}, fmt.Errorf("lane %d: %w", k, err)
		}
		account.Lanes = append(account.Lanes, lane)
		account.Waiting += lane.Waiting
		if !lane.OldestAt.IsZero() && (account.OldestAt.IsZero() || lane.OldestAt.Before(account.OldestAt)) {
			account.OldestAt = lane.OldestAt
		}
	}
	info, err := l.admin.stream(ctx, messageStream) // last: a lane never waits for what is not counted
	if err != nil {
		return Account{}, err
	}
	account.Sequence = info.State.LastSeq - r.Base
	if gone := info.State.LastSeq - info.State.Msgs; gone > r.Base { // of the same instant, unlike Waiting
		account.Acked = gone - r.Base
	}
	return account, nil
}

func (b *Broker) lane(ctx context.Context, a admin, k int) (Lane, error) {
	name, err := b.laneConsumer(ctx, k)
	if err != nil {
		return Lane{}, err
	}
	info, err := a.consumer(ctx, name)
	if err != nil {
		return Lane{}, err
	}
	lane := Lane{Partition: k, Waiting: int(info.NumPending) + info.NumAckPending, Unacked: info.NumAckPending}
	if lane.Waiting == 0 {
		return lane, nil
	}
	first, err := a.next(ctx, info.AckFloor.Stream+1, info.Config.FilterSubject)
	if err != nil || first == nil { // acknowledged meanwhile
		return lane, err
	}
	lane.OldestAt = first.Time
	if lane.Unacked > 0 {
		lane.OldestUnackedAt = first.Time
	}
	return lane, nil
}
