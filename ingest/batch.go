package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"haidang/internal/foreign"

	"haidang"
	"haidang/ingest/quality"
)

// outcome is how a reading ended. Dead readings are no rows.
type outcome uint8

const (
	outcomeStored outcome = iota
	outcomeDuplicate
	outcomeConflict
)

// row is one reading on its way into observation.
type row struct {
	thing      haidang.ThingID
	stream     stream
	time       time.Time
	receivedAt time.Time
	value      float64
	outcome    outcome
	arrival    int  // its place among the batch's readings as they came
	said       said // by the device
	overRate   bool
	flags      []haidang.Quality // found by quality
	letter     *playing          // of a dead letter that is played again; else nil
	untimed    *claim            // when it brought no time of its own; else nil
}

func (r row) observation() haidang.Observation {
	return haidang.Observation{Datastream: r.stream.id, Thing: r.thing, Property: r.stream.property,
		PhenomenonTime: r.time, ReceivedAt: r.receivedAt, Result: r.value}
}

// tallyOf is what one batch adds to a device's account.
type tallyOf struct {
	thing                                       haidang.ThingID // empty for all that nobody knows
	messages, stored, duplicate, conflict, dead int64
	last                                        time.Time

	numbers  int       // of its own sequence, in this batch
	sequence *sequence // after them, once they are counted
	newGaps  string    // as they are written; empty when they did not change
	cut      *cut      // it sent too much
	unkept   *unkept
}

// batch is the content of one transaction.
type batch struct {
	rows       []row // those to stage come first, one for each instant of a datastream
	staged     int
	dead       []DeadLetter
	statuses   []*message
	attributes []*message
	reports    []*message
	accounts   map[haidang.ThingID]*tallyOf
	leaves     map[leaf]bool                          // where the rows go
	states     map[haidang.DatastreamID]quality.State // of its datastreams, once it is committed
	messages   []*message
	claims     []*claim  // of parts without a time, in order of arrival
	numbers    []counted // of the devices' own sequences, in order of arrival
}

// resolve sorts decoded messages into a batch.
func resolve(messages []*message, c *catalogue, now time.Time) *batch {
	b := &batch{accounts: map[haidang.ThingID]*tallyOf{}, leaves: map[leaf]bool{}, messages: messages,
		rows: make([]row, 0, readingsIn(messages)), numbers: make([]counted, 0, len(messages))}
	for _, m := range messages {
		b.add(m, c, now)
	}
	b.settleWithin()
	return b
}

func (b *batch) add(m *message, c *catalogue, now time.Time) {
	if m.redelivered {
		return
	}
	_, known := c.streams[m.thing()]
	account := b.account(m, known)
	account.messages++
	account.last = later(account.last, m.receivedAt)
	if known {
		b.count(m, account)
	}
	switch {
	case m.pace.over != nil:
		b.exceed(m, account)
	case m.refused != nil:
		b.bury(m, m.refused, max(1, len(m.readings)), account)
	case m.kind == topicReports:
		b.reports = append(b.reports, m)
	case !known:
		b.bury(m, &refused{ReasonThing, "no device of this name is registered"}, max(1, len(m.readings)), account)
	case m.kind == topicStatus:
		b.statuses = append(b.statuses, m)
	case m.kind == topicAttributes:
		b.attributes = append(b.attributes, m)
	default:
		b.addReadings(m, c, now, account)
	}
}

// account returns the tally of a registered device; all others share one.
func (b *batch) account(m *message, known bool) *tallyOf {
	var thing haidang.ThingID
	if known {
		thing = m.thing()
	}
	return b.tally(thing)
}

func (b *batch) tally(thing haidang.ThingID) *tallyOf {
	if b.accounts[thing] == nil {
		b.accounts[thing] = &tallyOf{thing: thing}
	}
	return b.accounts[thing]
}

// addReadings makes one dead letter a reason, however many readings have it: the
// payload is kept whole, and must not be kept thirty thousand times.
func (b *batch) addReadings(m *message, c *catalogue, now time.Time, account *tallyOf) {
	bad := map[string][]int32{}
	var why []*refused
	for i, r := range m.readings {
		s, no := c.find(m.thing(), r, now)
		if no == nil {
			b.rows = append(b.rows, row{thing: m.thing(), stream: s, time: r.time, receivedAt: m.receivedAt, value: r.value,
				arrival: len(b.rows), said: r.said, overRate: m.pace.brisk, untimed: m.claimOf(i)})
			b.leaves[leafOf(s, r.time)] = true
			continue
		}
		if bad[no.reason] = append(bad[no.reason], int32(i)); len(bad[no.reason]) == 1 {
			why = append(why, no)
		}
	}
	for _, no := range why {
		if n := len(bad[no.reason]); n > 1 {
			no.detail += fmt.Sprintf(" (and %d more readings)", n-1)
		}
		b.buryReadings(m, no, bad[no.reason], account)
	}
}

// bury makes a dead letter of the whole message, which the account counts as so
// many readings.
func (b *batch) bury(m *message, no *refused, readings int, account *tallyOf) {
	account.dead += int64(readings)
	b.dead = append(b.dead, DeadLetter{ReceivedAt: m.receivedAt, Topic: foreign.Topic(m.topic), Thing: m.thing(), Readings: readings,
		Reason: no.reason, Detail: foreign.Clip(foreign.Printable(no.detail), 500), Decoder: decoderName, Payload: m.payload,
		account: account.thing})
}

// buryReadings makes a dead letter of those readings of the message only.
func (b *batch) buryReadings(m *message, no *refused, positions []int32, account *tallyOf) {
	b.bury(m, no, len(positions), account)
	b.dead[len(b.dead)-1].positions = positions
}

// settleWithin orders the rows as the primary key does, which the index likes,
// and decides between rows of the same instant: the first received is stored.
func (b *batch) settleWithin() {
	slices.SortStableFunc(b.rows, byKey)
	var again []row
	kept := b.rows[:0]
	for _, r := range b.rows {
		if n := len(kept); n > 0 && kept[n-1].stream.id == r.stream.id && kept[n-1].time.Equal(r.time) {
			r.outcome = against(r.value, kept[n-1].value)
			again = append(again, r)
			continue
		}
		kept = append(kept, r)
	}
	b.staged = len(kept)
	b.rows = append(kept, again...)
}

// byKey orders rows as observation's primary key does.
func byKey(x, y row) int {
	return cmp.Or(cmp.Compare(x.stream.id, y.stream.id), x.time.Compare(y.time))
}

// extent returns what bounds the partitions of the staged rows.
func (b *batch) extent() (keeps []int16, first, last time.Time) {
	for l := range b.leaves {
		keeps = append(keeps, l.keep)
	}
	first, last = b.rows[0].time, b.rows[0].time
	for _, r := range b.rows[:b.staged] {
		if r.time.Before(first) {
			first = r.time
		}
		last = later(last, r.time)
	}
	slices.Sort(keeps)
	return slices.Compact(keeps), first, last
}

func readingsIn(messages []*message) (n int) {
	for _, m := range messages {
		n += len(m.readings)
	}
	return n
}

// against compares a reading with the one that is stored for its instant.
func against(value, stored float64) outcome {
	if value == stored {
		return outcomeDuplicate
	}
	return outcomeConflict
}

// settle counts each row's outcome into its device's account.
func (b *batch) settle() {
	for i := range b.rows {
		if l := b.rows[i].letter; l != nil {
			l.count(b.rows[i].outcome)
		}
		account := b.accounts[b.rows[i].thing]
		switch b.rows[i].outcome {
		case outcomeStored:
			account.stored++
		case outcomeDuplicate:
			account.duplicate++
		case outcomeConflict:
			account.conflict++
		}
	}
}

// newest returns the last stored row of each datastream. Whether it is newer than
// what was there is for the database to say: a deletion may have moved that back.
func (b *batch) newest() []row {
	var newest []row
	for _, r := range b.rows[:b.staged] {
		if r.outcome != outcomeStored || r.late() {
			continue
		}
		if n := len(newest); n > 0 && newest[n-1].stream.id == r.stream.id {
			newest[n-1] = r
			continue
		}
		newest = append(newest, r)
	}
	return newest
}
