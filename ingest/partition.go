package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// month is a year and a month, UTC, as one number.
type month int

func monthOf(t time.Time) month {
	year, number, _ := t.UTC().Date()
	return month(year*12 + int(number) - 1)
}

func (m month) begin() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// leaf names a partition of observation: how long its readings are kept, and of
// which month they are.
type leaf struct {
	keep  int16 // months; 0 for ever
	month month
}

// leafOf returns where a reading is stored. It depends on nothing that can change
// later, so the same reading always meets itself there.
func leafOf(s stream, t time.Time) leaf {
	m := monthOf(t)
	return leaf{s.keep.at(m), m}
}

func (l leaf) String() string { return l.table() }

// table is the partition's name; make_observation_partition makes the same.
func (l leaf) table() string {
	b := l.month.begin()
	return fmt.Sprintf("observation_k%d_y%dm%02d", l.keep, b.Year(), int(b.Month()))
}

// partitions knows which partitions of observation can take rows. Several processes
// may make the same one at once, and one of them does.
type partitions struct {
	pool *pgxpool.Pool

	mu   sync.Mutex // lanes share it
	have map[leaf]bool
}

// forget makes ensure look again: a partition may have been dropped.
func (p *partitions) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.have)
}

// ensure makes the partitions that are missing.
func (p *partitions) ensure(ctx context.Context, leaves map[leaf]bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range leaves {
		if p.have[l] {
			continue
		}
		if err := makePartition(ctx, p.pool, l); err != nil {
			return err
		}
		if p.have == nil {
			p.have = map[leaf]bool{}
		}
		p.have[l] = true
	}
	return nil
}

func makePartition(ctx context.Context, pool *pgxpool.Pool, l leaf) error {
	if _, err := pool.Exec(ctx, `SELECT make_observation_partition($1, $2)`, l.keep, l.month.begin()); err != nil {
		return fmt.Errorf("make partition %s: %w", l, err)
	}
	return nil
}
