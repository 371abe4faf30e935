package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tail is what a lane knows of its own newest commits, by which it recognises
// what the broker hands over again after a connection was lost. One is loaded for
// each connection, after it is made: the broker has then ended an older one, and
// nothing of the lane is being committed.
//
// Why it is exact. A lane commits in order of arrival and acknowledges in that
// order, so what the broker took as acknowledged is the beginning of what was
// committed. On a new connection it hands over the rest, in order: first an end
// of the tail (empty, when every acknowledgement arrived), then what was never
// committed. So the messages that come again are those that spell an end of the
// tail, up to its last hash. Content alone leaves a doubt only where new messages
// happen to spell an end of it too; against that the broker's own count says how
// many can come again at most: those committed less those it took as acknowledged.
// Of the ends that fit within that, the longest is meant. The bound is this lane's
// own when no other lane is at work, and more when others are.
type tail struct {
	hashes []uint64 // oldest first
	most   int      // of its end may come again
	window int      // messages that the broker hands over before we acknowledge; of one that says what waits
	left   func(context.Context) (waiting int, known bool)
}

// tailLength is how many hashes are kept: more than the broker hands over without
// an acknowledgement.
const tailLength = 65_536

// quiet is how long a broker that does not say what waits may be silent before it
// is taken to have handed over all it had; lookAgain is how often one that says is asked.
const (
	quiet     = 2 * time.Second
	lookAgain = 100 * time.Millisecond
)

// recognise takes messages from in until it is clear which of them were committed
// before this connection began, and marks those. open is false when in was closed.
func (t *tail) recognise(in <-chan *message) (first []*message, open bool) {
	r := recognition{tail: t.hashes[max(0, len(t.hashes)-t.most):]}
	look := time.NewTicker(t.patience())
	defer look.Stop()
	for seen := -1; !r.settled(); {
		select {
		case m, open := <-in:
			if !open {
				r.mark(first)
				return first, false
			}
			m.sum()
			first = append(first, m)
			r.next(m)
		case <-look.C:
			if len(first) > 0 && r.seen == seen && t.handedOver(r.seen) {
				r.give()
			}
			seen = r.seen
		}
	}
	r.mark(first)
	return first, true
}

// patience is how often recognise looks whether anything more will come.
func (t *tail) patience() time.Duration {
	if t.left == nil {
		return quiet
	}
	return lookAgain
}

// handedOver reports whether the broker has handed over all that it had to, or may
// before we acknowledge. One that does not say has been quiet for long enough when
// this is asked.
func (t *tail) handedOver(taken int) bool {
	if t.left == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), quiet)
	defer cancel()
	waiting, known := t.left(ctx)
	return known && min(waiting, t.window) <= taken // a busy broker that does not answer in time has not said that this was all
}

// recognition compares messages with a tail, one after the other.
type recognition struct {
	tail  []uint64
	live  []int // where in tail the messages so far may begin, each the begin of an end of it
	seen  int   // messages compared
	again int   // so many of them spell an end of the tail
	done  bool
}

func (r *recognition) settled() bool { return r.done || len(r.tail) == 0 }

// give says that nothing more comes.
func (r *recognition) give() { r.done = true }

// next compares one more message. What has no hash has no place in the tail.
func (r *recognition) next(m *message) {
	if m.qos == 0 || r.settled() {
		return
	}
	if r.seen == 0 {
		r.live = make([]int, 0, 16)
		for i := range r.tail {
			r.live = append(r.live, i)
		}
	}
	r.live = slices.DeleteFunc(r.live, func(at int) bool { return r.tail[at+r.seen] != m.hash })
	r.seen++
	r.live = slices.DeleteFunc(r.live, func(at int) bool {
		ends := at+r.seen == len(r.tail)
		if ends {
			r.again = r.seen
		}
		return ends
	})
	r.done = len(r.live) == 0
}

// mark marks the messages that were committed before.
func (r *recognition) mark(messages []*message) {
	again := r.again
	for _, m := range messages {
		if again > 0 && m.qos > 0 {
			m.redelivered = true
			again--
		}
	}
}

// errFenced says that somebody else has committed on this lane, or that we have
// and never heard of it. What is held must be dropped: the broker hands it over
// again on a new connection, which knows the tail as it is.
var errFenced = errors.New("another transaction has this lane's next number")

// book is where a lane writes what it commits, in the batch's own transaction.
// Each takes the number that follows the newest, so of two that believe they own
// the lane only one can commit.
type book struct {
	store     string // the broker's message store
	partition int
	batch     int64 // the newest number committed
	kept      []entry
	weight    int // of kept
	due       int // commits since the oldest were removed
}

// entry is one row of ingest_tail. It weighs as much as it has hashes, and 1 without
// any: rows of QoS 0 alone must not pile up.
type entry struct {
	batch  int64
	weight int
}

func entryOf(batch int64, hashes int) entry { return entry{batch, max(1, hashes)} }

// pruneEvery is after how many commits rows that fell out of the tail are removed.
const pruneEvery = 64

// openBook reads what the lane has committed of the store in use.
func openBook(ctx context.Context, pool *pgxpool.Pool, partition int) (b *book, hashes []uint64, err error) {
	b = &book{partition: partition}
	if b.store, err = storeInUse(ctx, pool); err != nil {
		return nil, nil, err
	}
	rows, err := pool.Query(ctx, `SELECT batch, hashes FROM ingest_tail WHERE store = $1 AND partition = $2 ORDER BY batch`, b.store, partition)
	if err != nil {
		return nil, nil, err
	}
	var number int64
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&number, &raw}, func() error {
		b.add(entryOf(number, len(raw)/8))
		for ; len(raw) >= 8; raw = raw[8:] {
			hashes = append(hashes, binary.LittleEndian.Uint64(raw))
		}
		return nil
	})
	return b, hashes[max(0, len(hashes)-tailLength):], err
}

func (b *book) add(e entry) {
	b.batch = e.batch
	b.kept = append(b.kept, e)
	b.weight += e.weight
}

// queue writes one transaction's messages down.
func (b *book) queue(q *pgx.Batch, messages []*message) {
	raw := make([]byte, 0, 8*len(messages))
	var redelivered, qos0 int
	for _, m := range messages {
		switch {
		case m.qos == 0:
			qos0++
		case m.redelivered:
			redelivered++
		default:
			raw = binary.LittleEndian.AppendUint64(raw, m.hash)
		}
	}
	q.Queue(`INSERT INTO ingest_tail (store, partition, batch, hashes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING batch`,
		b.store, b.partition, b.batch+1, raw).QueryRow(func(row pgx.Row) error {
		var number int64
		if err := row.Scan(&number); errors.Is(err, pgx.ErrNoRows) {
			return errFenced
		} else if err != nil {
			return err
		}
		return nil
	})
	q.Queue(`INSERT INTO ingest_lane AS l (store, partition, accounted, redelivered, qos0) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (store, partition) DO UPDATE SET accounted = l.accounted + excluded.accounted,
			redelivered = l.redelivered + excluded.redelivered, qos0 = l.qos0 + excluded.qos0`,
		b.store, b.partition, len(raw)/8, redelivered, qos0)
	if b.due >= pruneEvery {
		q.Queue(`DELETE FROM ingest_tail WHERE store = $1 AND partition = $2 AND batch < $3`, b.store, b.partition, b.oldest())
	}
}

// oldest is the first row that the tail needs.
func (b *book) oldest() int64 {
	spare := b.weight - tailLength
	for _, e := range b.kept {
		if spare -= e.weight; spare < 0 {
			return e.batch
		}
	}
	return b.batch
}

// committed notes that what was queued is so.
func (b *book) committed(messages []*message) {
	fresh := 0
	for _, m := range messages {
		if m.qos > 0 && !m.redelivered {
			fresh++
		}
	}
	if b.due++; b.due > pruneEvery {
		oldest := b.oldest()
		b.due = 0
		b.kept = slices.DeleteFunc(b.kept, func(e entry) bool {
			gone := e.batch < oldest
			if gone {
				b.weight -= e.weight
			}
			return gone
		})
	}
	b.add(entryOf(b.batch+1, fresh))
}

// loadTail reads what a lane committed, with the book for what it will. counter is
// the embedded broker; nil: nobody says how much can come again.
func loadTail(ctx context.Context, pool *pgxpool.Pool, partition int, counter Counter) (*tail, *book, error) {
	account, err := countOf(ctx, counter)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the broker what waits: %w", err)
	}
	b, hashes, err := openBook(ctx, pool, partition)
	if err != nil {
		return nil, nil, fmt.Errorf("read what lane %d committed: %w", partition, err)
	}
	t := &tail{hashes: hashes, most: len(hashes)}
	if counter == nil || account.StoreID != b.store {
		return t, b, nil
	}
	t.window = counter.Window()
	t.left = func(ctx context.Context) (int, bool) { return waitingOf(ctx, counter, partition) }
	committed, err := committedOf(ctx, pool, b.store)
	if again := committed - int64(account.Acked); again >= 0 { // else the database is older than the store
		t.most = int(min(again, int64(t.most)))
	}
	return t, b, err
}

// waitingOf asks how many messages the broker has for a lane, handed over or not.
func waitingOf(ctx context.Context, counter Counter, partition int) (waiting int, known bool) {
	account, err := counter.Account(ctx)
	if err != nil {
		return 0, false
	}
	for _, l := range account.Lanes {
		if l.Partition == partition {
			return l.Waiting, true
		}
	}
	return 0, false
}
