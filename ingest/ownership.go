package ingest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// roundInterval is how soon a process notices that another came or went.
	roundInterval = time.Second

	// releasePatience bounds the draining of a lane that goes to another process.
	releasePatience = 10 * time.Second

	// courtesy is how long a process that lost its locks with the database leaves
	// free lanes alone: the others must find the database again too.
	courtesy = 5 * time.Second
)

// ownership decides which lanes this process carries. Each lane is carried by the
// process that holds its lock; with m processes none carries more than the
// m-th part, rounded up, and what is free is taken by who carries less.
//
// A lost connection to the database does not stop a lane, for the messages can
// wait where they are. When it is back, each lane is locked again, or stopped if
// another process was faster. That two never commit for one lane is not up to
// the locks: the broker ends the older session, and the tail refuses the older writer.
type ownership struct {
	locks      locks
	partitions int // 0: what the other processes say
	open       func(ctx context.Context, partition int) (*lane, error)
	waiting    func(context.Context) map[int]int // messages in the broker by lane; nil when it is elsewhere

	mu      sync.Mutex
	lanes   map[int]*lane
	known   holding
	trouble error
	polite  time.Time // until then free lanes are left alone
}

// run looks after the lanes until ctx ends.
func (o *ownership) run(ctx context.Context) {
	tick := time.NewTicker(roundInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := o.round(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("ingest: cannot look after its lanes", "error", err)
		}
	}
}

// round brings what this process carries to what it should.
func (o *ownership) round(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	err := o.look(limited)
	if err == nil {
		err = errors.Join(o.giveUp(ctx), o.takeUp(ctx))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trouble = err
	return err
}

// look joins the others when the connection is new, and learns what they hold.
func (o *ownership) look(ctx context.Context) error {
	anew, err := o.locks.join(ctx, o.partitions)
	if err == nil && anew {
		err = o.relock(ctx)
	}
	if err != nil {
		return err
	}
	known, err := o.locks.ask(ctx)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known = known
	return nil
}

// relock locks what this process carries on a new connection.
func (o *ownership) relock(ctx context.Context) error {
	for _, k := range o.held() {
		mine, err := o.locks.try(ctx, k)
		if err != nil {
			return err
		}
		if !mine {
			slog.Warn("ingest: another process has taken over", "lane", k)
			o.drop(k).abort()
		}
		o.polite = time.Now().Add(courtesy)
	}
	return nil
}

// quota is how many lanes this process may carry.
func (o *ownership) quota() int {
	return (o.count() + o.known.members - 1) / max(1, o.known.members)
}

// count is how many lanes there are.
func (o *ownership) count() int { return max(o.partitions, o.known.partitions) }

// giveUp hands on what is beyond the quota, the highest first.
func (o *ownership) giveUp(ctx context.Context) error {
	held := o.held()
	for len(held) > o.quota() {
		k := held[len(held)-1]
		held = held[:len(held)-1]
		slog.Info("ingest: handing a lane on", "lane", k)
		if err := o.release(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (o *ownership) release(ctx context.Context, k int) error {
	ctx, cancel := context.WithTimeout(ctx, releasePatience)
	defer cancel()
	if err := o.drop(k).stop(ctx); err != nil {
		slog.Warn("ingest: a lane was not drained in time; its next owner gets the rest", "lane", k, "error", err)
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lockPatience)
	defer cancel()
	return o.locks.unlock(ctx, k)
}

// takeUp takes free lanes up to the quota.
func (o *ownership) takeUp(ctx context.Context) error {
	if time.Now().Before(o.polite) {
		return nil
	}
	var errs []error
	for k := range o.count() {
		if len(o.held()) >= o.quota() {
			break
		}
		if o.known.owners[k] == "" && o.lanes[k] == nil {
			errs = append(errs, o.take(ctx, k))
		}
	}
	return errors.Join(errs...)
}

// take carries a lane, unless another process was faster. One whose session
// cannot be opened is left to whoever can.
func (o *ownership) take(ctx context.Context, k int) error {
	limited, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	if o.locks.conn == nil {
		return errors.New("the connection that holds the locks was lost")
	}
	mine, err := o.locks.try(limited, k)
	if err != nil || !mine {
		return err
	}
	l, err := o.open(ctx, k)
	if err != nil { // perhaps after longer than lockPatience
		unlocking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockPatience)
		defer cancel()
		return errors.Join(err, o.locks.unlock(unlocking, k))
	}
	slog.Info("ingest: carrying a lane", "lane", k)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lanes[k] = l
	o.known.owners[k] = o.locks.name
	return nil
}

// held returns the numbers of the lanes that this process carries, in order.
func (o *ownership) held() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	var held []int
	for k := range o.lanes {
		held = append(held, k)
	}
	slices.Sort(held)
	return held
}

// drop forgets a lane, which the caller must stop.
func (o *ownership) drop(k int) *lane {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lanes[k]
	delete(o.lanes, k)
	delete(o.known.owners, k)
	return l
}

// carried returns the lanes that this process carries.
func (o *ownership) carried() []*lane {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lanes []*lane
	for _, l := range o.lanes {
		lanes = append(lanes, l)
	}
	return lanes
}

// stop drains all lanes side by side, then lets go of the locks. run must have ended.
func (o *ownership) stop(ctx context.Context) error {
	var all sync.WaitGroup
	lanes := o.carried()
	errs := make([]error, len(lanes))
	for i, l := range lanes {
		all.Go(func() { errs[i] = l.stop(ctx) })
	}
	all.Wait()
	o.locks.close()
	return errors.Join(errs...)
}

// pending is how many messages the lanes have taken and not yet acknowledged.
func (o *ownership) pending() (n int) {
	for _, l := range o.carried() {
		messages, _ := l.held()
		n += messages
	}
	return n
}

// ready returns nil while every lane of this process carries messages and none
// is left lying, or what stands in the way.
func (o *ownership) ready() error {
	for _, l := range o.carried() {
		if err := l.ready(); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.trouble
}

// LaneState is what one lane does, in whatever process.
type LaneState struct {
	Partition int    `json:"partition"`
	Owner     string `json:"owner"`   // the process that carries it, as "host/pid"; empty when none does
	Held      bool   `json:"held"`    // by this process
	Trouble   string `json:"trouble"` // what stands in the way, when it is held; empty when nothing does
}

// states returns every lane in order of partition.
func (o *ownership) states() []LaneState {
	o.mu.Lock()
	defer o.mu.Unlock()
	states := make([]LaneState, o.count())
	for k := range states {
		states[k] = LaneState{Partition: k, Owner: o.known.owners[k]}
		l := o.lanes[k]
		if l == nil {
			continue
		}
		states[k].Owner, states[k].Held = o.locks.name, true
		if err := l.ready(); err != nil {
			states[k].Trouble = err.Error()
		}
	}
	return states
}
