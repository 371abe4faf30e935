package broker

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"haidang"
	"haidang/internal/foreign"
)

// Kinds of Refusal.
const (
	RefusedPublish   = "publish"   // to a topic that is not one's own
	RefusedSubscribe = "subscribe" // to a topic that is not one's own
	RefusedSignIn    = "sign_in"   // unknown name, wrong secret, or disabled
	RefusedName      = "name"      // a name no device can have
	RefusedClientID  = "client_id" // a client id that is not one's name
	RefusedRate      = "rate"      // cut for sending too much, and back too early
	RefusedFull      = "full"      // no room on the disk; the device keeps its messages
)

const (
	// otherTopics stands for the topics beyond the bound.
	otherTopics = "…"

	// topicsPerDevice bounds the rows one attacker can make us keep.
	topicsPerDevice = 50

	// attemptsHeld bounds the kinds of attempt between two writes.
	attemptsHeld = 4096
)

// refusals counts attempts in memory until they are written down.
type refusals struct {
	mu       sync.Mutex
	attempts map[attempt]tally
	total    *prometheus.CounterVec
}

type attempt struct {
	thing haidang.ThingID
	kind  string
	topic string
}

type tally struct {
	n           int64
	first, last time.Time
}

func newRefusals() *refusals {
	return &refusals{attempts: map[attempt]tally{}, total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "haidang_mqtt_refusals_total", Help: "Attempts to do on the broker what one has no right to."}, []string{"kind"})}
}

func (b *refusals) count(thing haidang.ThingID, kind, topic string) {
	b.total.WithLabelValues(kind).Inc()
	a := attempt{thing, kind, foreign.Topic(topic)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.attempts[a]; !known && len(b.attempts) >= attemptsHeld {
		a.topic = otherTopics
	}
	b.add(a, tally{1, time.Now(), time.Now()})
}

func (b *refusals) add(a attempt, t tally) {
	sum := b.attempts[a]
	if sum.n == 0 || t.first.Before(sum.first) {
		sum.first = t.first
	}
	if t.last.After(sum.last) {
		sum.last = t.last
	}
	sum.n += t.n
	b.attempts[a] = sum
}

// flush writes the counts down; what could not be written is counted on.
func (b *refusals) flush(ctx context.Context, pool *pgxpool.Pool) error {
	b.mu.Lock()
	taken := b.attempts
	b.attempts = map[attempt]tally{}
	b.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for a, t := range taken {
		batch.Queue(upsertRefusal, a.thing, a.kind, a.topic, t.n, t.first, t.last, topicsPerDevice, otherTopics)
	}
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for a, t := range taken {
			b.add(a, t)
		}
	}
	return err
}

const upsertRefusal = `
INSERT INTO mqtt_refusal (thing, kind, topic, attempts, first_at, last_at)
SELECT $1, $2, CASE WHEN EXISTS (SELECT 1 FROM mqtt_refusal WHERE thing = $1 AND kind = $2 AND topic = $3)
                      OR (SELECT count(*) FROM mqtt_refusal WHERE thing = $1) < $7 THEN $3 ELSE $8 END, $4, $5, $6
ON CONFLICT (thing, kind, topic) DO UPDATE SET attempts = mqtt_refusal.attempts + excluded.attempts,
    first_at = least(mqtt_refusal.first_at, excluded.first_at), last_at = greatest(mqtt_refusal.last_at, excluded.last_at)`
