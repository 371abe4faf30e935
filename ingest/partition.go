package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// month is a year and a month as one number.
type month int

func monthOf(t time.Time) month { return month(t.Year()*12 + int(t.Month()) - 1) }

func (m month) begin() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

func (m month) table() string {
	b := m.begin()
	return fmt.Sprintf("observation_y%04dm%02d", b.Year(), int(b.Month()))
}

var partitionName = regexp.MustCompile(`^observation_y(\d{4})m(\d{2})$`)

// partitions knows for which months observation can take rows.
type partitions struct {
	pool *pgxpool.Pool

	mu   sync.Mutex // lanes share it
	have map[month]bool
}

// forget makes ensure look again: a partition may have been dropped.
func (p *partitions) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.have)
}

func (p *partitions) read(ctx context.Context) error {
	rows, err := p.pool.Query(ctx, `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'observation'::regclass`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.have = map[month]bool{}
	for _, n := range names {
		if m := partitionName.FindStringSubmatch(n); m != nil {
			year, _ := strconv.Atoi(m[1])
			number, _ := strconv.Atoi(m[2])
			p.have[month(year*12+number-1)] = true
		}
	}
	return nil
}

// ensure makes the partitions that are missing.
func (p *partitions) ensure(ctx context.Context, months map[month]bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for m := range months {
		if p.have[m] {
			continue
		}
		if err := p.create(ctx, m); err != nil {
			return fmt.Errorf("make partition %s: %w", m.table(), err)
		}
		p.have[m] = true
	}
	return nil
}

// create attaches a finished table, which readers of observation do not feel;
// CREATE … PARTITION OF would lock them out.
func (p *partitions) create(ctx context.Context, m month) error {
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('observation partitions'))`); err != nil {
			return err
		}
		var exists bool
		if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, m.table()).Scan(&exists); err != nil || exists {
			return err
		}
		name := pgx.Identifier{m.table()}.Sanitize()
		from, to := m.begin().Format(time.RFC3339), (m + 1).begin().Format(time.RFC3339)
		_, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TABLE %s (LIKE observation INCLUDING ALL);
			ALTER TABLE observation ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`, name, name, from, to))
		return err
	})
}
