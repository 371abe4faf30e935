package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/bus"
	"haidang/internal/foreign"
)

// Replayed says what playing dead letters again came to.
type Replayed struct {
	Letters int `json:"replayed"` // that were open and were tried
	Outcome
	Dead int `json:"dead"` // readings that stay dead
}

func (r *Replayed) add(p *playing) {
	r.Letters++
	r.Stored += p.outcome.Stored
	r.Duplicate += p.outcome.Duplicate
	r.Conflict += p.outcome.Conflict
	r.Dead += p.stillDead()
}

const (
	// mostReplayed bounds one call, lettersAtOnce and bytesAtOnce one transaction.
	mostReplayed  = 1000
	lettersAtOnce = 200
	bytesAtOnce   = 8 << 20
)

// Replay takes the chosen open dead letters, or those with the given numbers,
// through decoder, catalogue and table again, oldest first, at most 1000. A reading
// that finds its end leaves the account's dead; what stays dead stays open with its
// new reason. Doing it again finds nothing left to do.
func (d *DeadLetters) Replay(ctx context.Context, by haidang.AccountName, f DeadLetterFilter, ids []int64) (sum Replayed, err error) {
	f.State = "open"
	open, err := d.open(ctx, f, ids)
	if err != nil {
		return sum, err
	}
	p := &player{by: by, bus: d.bus, catalogue: &catalogue{pool: d.pool}, partitions: &partitions{pool: d.pool},
		store: &store{pool: d.pool, reports: d.reports, careful: 1}}
	defer p.store.release()
	if err := p.catalogue.read(ctx); err != nil {
		return sum, err
	}
	for _, chunk := range open {
		played, err := p.play(ctx, chunk)
		if err != nil {
			return sum, fmt.Errorf("play dead letters again: %w", err)
		}
		for _, letter := range played {
			sum.add(letter)
		}
	}
	return sum, nil
}

// open lists what is to be played, in chunks that one transaction can hold. What
// was only counted has no bytes that could be played.
func (d *DeadLetters) open(ctx context.Context, f DeadLetterFilter, ids []int64) (chunks [][]int64, err error) {
	args := f.args()
	args["ids"], args["limit"] = ids, mostReplayed
	which := chosen
	if len(ids) > 0 {
		which = "id = ANY (@ids) AND resolved_at IS NULL"
	} else if f.Limit > 0 {
		args["limit"] = min(f.Limit, mostReplayed)
	}
	rows, err := d.pool.Query(ctx, `SELECT id, octet_length(payload) FROM dead_letter
		WHERE `+which+` AND NOT (reason = 'rate' AND payload = '') ORDER BY id LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	var id int64
	var size, bytes int
	_, err = pgx.ForEachRow(rows, []any{&id, &size}, func() error {
		if n := len(chunks); n == 0 || len(chunks[n-1]) == lettersAtOnce || bytes+size > bytesAtOnce {
			chunks, bytes = append(chunks, nil), 0
		}
		chunks[len(chunks)-1] = append(chunks[len(chunks)-1], id)
		bytes += size
		return nil
	})
	return chunks, err
}

// player takes dead letters through the path, one transaction a chunk.
type player struct {
	by         haidang.AccountName
	bus        *bus.Bus // may be nil
	catalogue  *catalogue
	partitions *partitions
	store      *store
}

// playing is one dead letter on its way.
type playing struct {
	DeadLetter
	message *message
	outcome Outcome
	dead    []int32  // readings that stay dead
	why     *refused // the message, or those readings, stay dead
}

func (p *playing) count(o outcome) {
	switch o {
	case outcomeStored:
		p.outcome.Stored++
	case outcomeDuplicate:
		p.outcome.Duplicate++
	case outcomeConflict:
		p.outcome.Conflict++
	}
}

// stillDead is how many readings the account goes on counting as dead.
func (p *playing) stillDead() int {
	switch {
	case p.why == nil:
		return 0
	case p.dead == nil:
		return p.Readings
	}
	return len(p.dead)
}

// play tries again when it and a lane stood in each other's way.
func (p *player) play(ctx context.Context, ids []int64) (played []*playing, err error) {
	for range 5 {
		if played, err = p.try(ctx, ids); !crossed(err) {
			return played, err
		}
	}
	return played, err
}

// crossed reports a deadlock or a failed serialisation (SQLSTATE class 40).
func crossed(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(pg.Code, "40")
}

func (p *player) try(ctx context.Context, ids []int64) (played []*playing, err error) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	if err := p.store.connect(ctx); err != nil {
		return nil, err
	}
	var done committed
	err = pgx.BeginFunc(ctx, p.store.conn, func(tx pgx.Tx) error {
		if played, err = takeOpen(ctx, tx, ids); err != nil {
			return err
		}
		done, err = p.transact(ctx, tx, played)
		return err
	})
	if err != nil {
		p.store.release()
		return nil, err
	}
	done.announce(p.bus)
	return played, nil
}

// takeOpen locks those that are still open.
func takeOpen(ctx context.Context, tx pgx.Tx, ids []int64) ([]*playing, error) {
	rows, err := tx.Query(ctx, `SELECT id, received_at, topic, thing, reason, detail, account, readings, positions, payload
		FROM dead_letter WHERE id = ANY ($1) AND resolved_at IS NULL ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*playing, error) {
		p := &playing{}
		err := row.Scan(&p.ID, &p.ReceivedAt, &p.Topic, &p.Thing, &p.Reason, &p.Detail, &p.account, &p.Readings, &p.positions, &p.Payload)
		p.message = &message{topic: p.Topic, payload: p.Payload, receivedAt: p.ReceivedAt.UTC()}
		return p, err
	})
}

func (p *player) transact(ctx context.Context, tx pgx.Tx, played []*playing) (done committed, err error) {
	b := &batch{accounts: map[haidang.ThingID]*tallyOf{}, leaves: map[leaf]bool{}}
	now := time.Now()
	for _, letter := range played {
		letter.message.decode()
		b.addLetter(letter, p.catalogue, now)
	}
	b.settleWithin()
	if err := p.partitions.ensure(ctx, b.leaves); err != nil {
		return done, err
	}
	if err := p.store.insert(ctx, tx, b); err != nil {
		return done, err
	}
	b.settle()
	if err := p.store.judge(ctx, tx, b); err != nil {
		return done, err
	}
	for _, letter := range played {
		if err := p.settleRest(ctx, tx, letter, &done); err != nil {
			return done, err
		}
	}
	return done, p.write(ctx, tx, b, played, &done)
}

// addLetter puts the readings that a letter stands for among the rows.
func (b *batch) addLetter(p *playing, c *catalogue, now time.Time) {
	m := p.message
	if _, known := c.streams[m.thing()]; m.refused == nil && m.kind != topicReports && !known {
		m.refused = &refused{ReasonThing, "no device of this name is registered"}
	}
	if p.why = m.refused; p.why != nil || m.kind != topicTelemetry {
		return
	}
	account := b.account(m, true)
	for i, r := range m.readings {
		if p.positions != nil && !slices.Contains(p.positions, int32(i)) {
			continue
		}
		s, no := c.find(m.thing(), r, now)
		if no != nil {
			p.dead, p.why = append(p.dead, int32(i)), no
			continue
		}
		b.rows = append(b.rows, row{thing: m.thing(), stream: s, time: r.time, receivedAt: m.receivedAt, value: r.value,
			arrival: len(b.rows), said: r.said, letter: p})
		b.leaves[leafOf(s, r.time)] = true
	}
	account.last = later(account.last, m.receivedAt)
}

// settleRest files what is no telemetry: it counts as one reading.
func (p *player) settleRest(ctx context.Context, tx pgx.Tx, l *playing, done *committed) error {
	if l.why != nil || l.message.kind == topicTelemetry {
		return nil
	}
	l.outcome.Stored = 1
	q := &pgx.Batch{}
	switch l.message.kind {
	case topicReports:
		return p.fileReport(ctx, tx, l, done)
	case topicStatus:
		q.Queue(`INSERT INTO thing_status (thing, at, online) SELECT $1, $2, $3
			WHERE NOT EXISTS (SELECT FROM thing_status WHERE thing = $1 AND at = $2)`, l.message.thing(), l.message.receivedAt, l.message.online)
	case topicAttributes:
		if err := queueAttributes(q, l.message); err != nil {
			return err
		}
	}
	return tx.SendBatch(ctx, q).Close()
}

func (p *player) fileReport(ctx context.Context, tx pgx.Tx, l *playing, done *committed) error {
	after, err := p.store.fileReport(ctx, tx, l.message)
	if no, ok := errors.AsType[*haidang.Error](err); ok {
		l.outcome.Stored, l.why = 0, &refused{ReasonReport, no.Error()}
		return nil
	}
	if err == nil && after != nil {
		done.after = append(done.after, after)
	}
	return err
}

// write brings accounts, latest values and the letters themselves in line.
func (p *player) write(ctx context.Context, tx pgx.Tx, b *batch, played []*playing, done *committed) error {
	q := &pgx.Batch{}
	queueLatest(q, b, done)
	for _, l := range played {
		b.tally(l.account).dead -= int64(l.Readings - l.stillDead())
	}
	queueAccounts(q, b)
	queueConflicts(q, b)
	queueFlags(q, b)
	for _, l := range played {
		queueLetter(q, l, p.by)
	}
	if err := tx.SendBatch(ctx, q).Close(); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: p.by, Action: "deadletter.replay", Object: "dead-letters",
		Detail: map[string]any{"letters": len(played)}})
}

// queueLetter closes a letter, or leaves open what stays dead of it.
func queueLetter(q *pgx.Batch, l *playing, by haidang.AccountName) {
	o := l.outcome
	if l.why == nil {
		q.Queue(`UPDATE dead_letter SET resolved_at = now(), resolved_by = $2, stored = stored + $3, duplicate = duplicate + $4,
			conflict = conflict + $5, readings = 0 WHERE id = $1`, l.ID, by, o.Stored, o.Duplicate, o.Conflict)
		return
	}
	q.Queue(`UPDATE dead_letter SET reason = $2, detail = $3, decoder = $4, readings = $5, positions = coalesce($6, positions),
		stored = stored + $7, duplicate = duplicate + $8, conflict = conflict + $9 WHERE id = $1`,
		l.ID, l.why.reason, foreign.Clip(foreign.Printable(l.why.detail), 500), decoderName, l.stillDead(), l.dead, o.Stored, o.Duplicate, o.Conflict)
}
