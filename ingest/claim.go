package ingest

import (
	"context"
	"encoding/json"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// claim is a part without a time. Our receipt is its time, which says nothing of
// its age, so the part is known by its key, and its age by its number.
type claim struct {
	thing haidang.ThingID
	key   []byte
	again bool // the key was claimed before: its readings are duplicates
	old   bool // a newer number was here before
}

// late reports whether a row without a time of its own is older than what was
// here before it. Of others their time says so.
func (r row) late() bool { return r.untimed != nil && r.untimed.old }

// counted is one number of a device's own sequence.
type counted struct {
	account *tallyOf
	numbered
	claim *claim // of a part without a time; else nil
}

// count notes the numbers and keys of a device's message.
func (b *batch) count(m *message, account *tallyOf) {
	for i := range m.parts {
		p := &m.parts[i]
		if p.claim = nil; !p.timed && m.pace.over == nil { // a message that is tried again starts anew
			p.claim = &claim{thing: m.thing(), key: p.key}
			b.claims = append(b.claims, p.claim)
		}
		if p.seq < 0 {
			continue
		}
		at := p.time
		if most := m.receivedAt.Add(futureAllowed); at.After(most) { // a clock that is far ahead must not freeze the count
			at = most
		}
		account.numbers++
		b.numbers = append(b.numbers, counted{account, numbered{p.seq, at, p.timed, m.receivedAt}, p.claim})
	}
}

// claimOf returns the claim of the part that a reading belongs to; nil when that
// has a time.
func (m *message) claimOf(reading int) *claim {
	i := sort.Search(len(m.parts), func(i int) bool { return reading < m.parts[i].to })
	if i == len(m.parts) {
		return nil
	}
	return m.parts[i].claim
}

// keptKeys is how long a message without a time is known when it comes again.
const keptKeys = 24 * time.Hour

// claimKeys sets apart the readings of parts whose key was claimed before, by an
// earlier batch or in this one.
func (s *store) claimKeys(ctx context.Context, tx pgx.Tx, b *batch) error {
	if len(b.claims) == 0 {
		return nil
	}
	first := map[string]*claim{} // by thing and key
	var things []haidang.ThingID
	var keys [][]byte
	for _, c := range b.claims {
		name := string(c.key) + string(c.thing)
		if c.again = first[name] != nil; !c.again {
			first[name] = c
			things, keys = append(things, c.thing), append(keys, c.key)
		}
	}
	rows, err := tx.Query(ctx, `INSERT INTO message_key (thing, key) SELECT * FROM unnest($1::text[], $2::bytea[])
		ON CONFLICT DO NOTHING RETURNING thing, key`, things, keys)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	var thing string
	var key []byte
	if _, err = pgx.ForEachRow(rows, []any{&thing, &key}, func() error {
		taken[string(key)+thing] = true
		return nil
	}); err != nil {
		return err
	}
	for name, c := range first {
		c.again = !taken[name]
	}
	b.setApart()
	return nil
}

// setApart takes rows that were claimed before from those to be staged.
func (b *batch) setApart() {
	var again []row
	kept := make([]row, 0, len(b.rows))
	for _, r := range b.rows[:b.staged] {
		if r.untimed != nil && r.untimed.again {
			r.outcome = outcomeDuplicate
			again = append(again, r)
			continue
		}
		kept = append(kept, r)
	}
	rest := b.rows[b.staged:]
	b.staged = len(kept)
	b.rows = append(append(kept, rest...), again...)
}

// countNumbers takes the batch's numbers into the devices' sequences.
func (s *store) countNumbers(ctx context.Context, tx pgx.Tx, b *batch) error {
	if err := s.recallSequences(ctx, tx, b); err != nil {
		return err
	}
	for _, c := range b.numbers {
		if c.claim != nil && c.claim.again {
			continue
		}
		gaps := c.account.sequence.Gaps
		late := c.account.sequence.see(c.numbered)
		if c.claim != nil {
			c.claim.old = late
		}
		if now := c.account.sequence.Gaps; len(now) != len(gaps) || len(now) > 0 && &now[0] != &gaps[0] {
			c.account.newGaps = "changed"
		}
	}
	for _, a := range b.accounts {
		if a.newGaps == "" {
			continue
		}
		text, err := json.Marshal(append([]gap{}, a.sequence.Gaps...))
		if err != nil {
			return err
		}
		a.newGaps = string(text)
	}
	return nil
}

// recallSequences gives each device that sent numbers a copy of its sequence, and
// reads those that this lane does not know yet.
func (s *store) recallSequences(ctx context.Context, tx pgx.Tx, b *batch) error {
	var unknown []haidang.ThingID
	for thing, a := range b.accounts {
		if a.numbers == 0 {
			continue
		}
		known, ok := s.sequences[thing]
		if a.sequence, a.newGaps = &known, ""; !ok {
			unknown = append(unknown, thing)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT thing, seq_last, seq_at, seq_since, seq_missing, seq_resets, seq_gaps FROM device_account
		WHERE thing = ANY ($1) AND seq_last IS NOT NULL`, unknown)
	if err != nil {
		return err
	}
	var thing haidang.ThingID
	var read sequence
	var gaps string
	_, err = pgx.ForEachRow(rows, []any{&thing, &read.Last, &read.At, &read.Since, &read.Missing, &read.Resets, &gaps}, func() error {
		q := b.accounts[thing].sequence
		if *q = read; gaps == "" {
			return nil
		}
		return json.Unmarshal([]byte(gaps), &q.Gaps)
	})
	return err
}

// rememberSequences keeps what was committed.
func (s *store) rememberSequences(b *batch) {
	if s.sequences == nil {
		s.sequences = map[haidang.ThingID]sequence{}
	}
	for thing, a := range b.accounts {
		if a.sequence != nil {
			s.sequences[thing] = *a.sequence
		}
	}
}

// queueForgetKeys removes a few keys that are old enough, so that no batch has many to remove.
func queueForgetKeys(q *pgx.Batch, b *batch) {
	if len(b.claims) > 0 {
		q.Queue(`DELETE FROM message_key WHERE ctid = ANY (ARRAY(SELECT ctid FROM message_key WHERE at < now() - $1::interval
			ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))`, keptKeys, 2*len(b.claims)+10)
	}
}
