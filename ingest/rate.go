package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// limit is how often a device of a type may send: burst messages at once, and
// perMinute more each minute. The zero limit lets everything through.
type limit struct{ perMinute, burst int32 }

// pace is how a message stands against its device's limit.
type pace struct {
	asked bool
	in    bool    // it is in the bucket
	brisk bool    // it came in the upper half of the bucket
	over  *excess // it found the bucket full
}

// excess is one message too many.
type excess struct {
	cut    cut
	unkept bool // too many were kept already: its bytes are not
	detail string
}

// cut says until when a device is refused.
type cut struct {
	until  time.Time
	inARow int16
}

const (
	// shortestCut doubles with each cut in a row, up to longestCut. An hour
	// without one makes a device as good as new.
	shortestCut = time.Minute
	longestCut  = time.Hour
	forgiven    = time.Hour

	// keptLetters and keptBytes bound the raw messages that one device leaves in an
	// hour by sending too often. What comes beyond is counted, not kept.
	keptLetters = 100
	keptBytes   = 1 << 20
)

// bucket is what is remembered of one device: level messages are in it.
type bucket struct {
	level    float64
	at       time.Time // when level was true
	cutUntil time.Time
	cuts     int16
	hour     time.Time // since when letters and bytes are counted
	letters  int
	bytes    int
}

// rates holds a bucket for each device of a lane that has a limit, so there are
// no more than there are devices. It works on the time of receipt.
type rates map[haidang.ThingID]*bucket

// loadRates remembers cuts from before a restart, also those that are over but
// not forgiven.
func loadRates(ctx context.Context, pool *pgxpool.Pool) (rates, error) {
	rows, err := pool.Query(ctx, `SELECT thing, cut_until, cuts FROM device_account 
		WHERE cut_until > now() - $1::interval AND cut_until <= now() + $2::interval`, forgiven, longestCut) // a longer one is of a clock that was ahead
	if err != nil {
		return nil, err
	}
	known := rates{}
	var thing haidang.ThingID
	var b bucket
	_, err = pgx.ForEachRow(rows, []any{&thing, &b.cutUntil, &b.cuts}, func() error {
		known[thing] = &bucket{cutUntil: b.cutUntil, cuts: b.cuts}
		return nil
	})
	return known, err
}

// weigh asks each message's limit, once: a batch that is tried again weighs
// nothing. The catalogue is covered and locked for reading.
func (r rates) weigh(messages []*message, c *catalogue) {
	for _, m := range messages {
		if m.pace.asked || m.redelivered {
			continue
		}
		m.pace.asked = true
		if l := c.limits[m.thing()]; l.perMinute > 0 {
			m.pace = r.of(m.thing()).take(m, l)
		}
	}
}

// giveBack takes messages out of their buckets that come again as new ones.
func (r rates) giveBack(messages []*message) {
	for _, m := range messages {
		if m.pace.in {
			b := r.of(m.thing())
			b.level = max(0, b.level-1)
			m.pace = pace{}
		}
	}
}

func (r rates) of(thing haidang.ThingID) *bucket {
	b := r[thing]
	if b == nil {
		b = &bucket{}
		r[thing] = b
	}
	return b
}

// take puts one message into the bucket. The word that a device is gone, which
// the broker says for it when it is cut, finds room for itself in a full one: once,
// for a device can say so too.
func (b *bucket) take(m *message, l limit) pace {
	b.leak(m.receivedAt, l)
	room := float64(l.burst)
	if m.kind == topicStatus && m.refused == nil && !m.online {
		room++
	}
	if b.level+1 > room {
		return pace{asked: true, over: b.exceed(m, l)}
	}
	b.level++
	return pace{asked: true, in: true, brisk: b.level > float64(l.burst)/2}
}

func (b *bucket) leak(now time.Time, l limit) {
	passed := max(0, now.Sub(b.at)) // a clock that was put back must not stop it
	b.level = max(0, b.level-passed.Minutes()*float64(l.perMinute))
	b.at = now
}

// exceed cuts the device, unless it is cut and this was on its way.
func (b *bucket) exceed(m *message, l limit) *excess {
	now := m.receivedAt
	if now.After(b.cutUntil) {
		if now.Sub(b.cutUntil) > forgiven {
			b.cuts = 0
		}
		b.cutUntil = now.Add(min(shortestCut<<min(b.cuts, 6), longestCut))
		b.cuts++
	}
	if now.Sub(b.hour) > time.Hour {
		b.hour, b.letters, b.bytes = now, 0, 0
	}
	e := &excess{cut: cut{b.cutUntil, b.cuts}, unkept: b.letters >= keptLetters || b.bytes+len(m.payload) > keptBytes}
	e.detail = fmt.Sprintf("more than %d messages a minute after a burst of %d; refused until %s", l.perMinute, l.burst, b.cutUntil.Format(time.RFC3339))
	if !e.unkept {
		b.letters++
		b.bytes += len(m.payload)
	}
	return e
}

// unkept is what one device sent too much in a batch and is only counted.
type unkept struct {
	message            *message // the last of them
	messages, readings int
}

// exceed counts a message that was too much, and keeps it while there is room.
func (b *batch) exceed(m *message, account *tallyOf) {
	e := m.pace.over
	account.cut = &e.cut
	readings := max(1, len(m.readings))
	if !e.unkept {
		b.bury(m, &refused{ReasonRate, e.detail}, readings, account)
		return
	}
	account.dead += int64(readings)
	if account.unkept == nil {
		account.unkept = &unkept{}
	}
	u := account.unkept
	u.message, u.messages, u.readings = m, u.messages+1, u.readings+readings
}

// Cutter refuses a device until then. *broker.Broker is one.
type Cutter interface {
	Cut(thing haidang.ThingID, until time.Time)
}

// cut cuts the devices that sent too much.
func (b *batch) cut(cutter Cutter) {
	for thing, a := range b.accounts {
		if a.cut != nil {
			cutter.Cut(thing, a.cut.until)
		}
	}
}

// cutsEvery is how soon the broker hears of a cut by another process, and of those
// from before it started.
const cutsEvery = 2 * time.Second

// keepCuts tells the broker of cuts that stand in the accounts until ctx ends.
func (s *Service) keepCuts(ctx context.Context) {
	told := rates{}
	tick := time.NewTicker(cutsEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, cutsEvery)
		standing, err := loadRates(limited, s.config.Pool) // while the database is away nobody is cut anew either
		cancel()
		for thing, b := range standing {
			if b.cutUntil.After(time.Now()) && (told[thing] == nil || !told[thing].cutUntil.Equal(b.cutUntil)) {
				s.config.Broker.Cut(thing, b.cutUntil)
			}
		}
		if err == nil {
			told = standing
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// queueUnkept keeps one dead letter a device and hour of what is only counted. It
// has no bytes, so it cannot be played again.
func queueUnkept(q *pgx.Batch, b *batch) {
	for _, a := range b.accounts {
		u := a.unkept
		if u == nil {
			continue
		}
		e := u.message.pace.over
		detail := fmt.Sprintf("further messages of this hour, beyond the %d messages or %d bytes that are kept whole: counted, not kept; %s",
			keptLetters, keptBytes, e.detail)
		q.Queue(`WITH same AS (UPDATE dead_letter SET readings = readings + $5, detail = $3
				WHERE id = (SELECT id FROM dead_letter WHERE thing = $2 AND reason = $4 AND payload = '' AND resolved_at IS NULL
					AND received_at > $1::timestamptz - interval '1 hour' ORDER BY id DESC LIMIT 1) RETURNING id)
			INSERT INTO dead_letter (received_at, topic, thing, reason, detail, decoder, payload, account, readings)
			SELECT $1, $6, $2, $4, $3, $7, '', $2, $5 WHERE NOT EXISTS (SELECT FROM same)`,
			u.message.receivedAt, a.thing, detail, ReasonRate, u.readings, u.message.topic, decoderName)
	}
}
