package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// policy says how long readings from a month on are kept.
type policy struct {
	from month
	keep int16 // months; 0 for ever
}

// keeping is a property's policies in order of their months.
type keeping []policy

// ever is how replayed history is kept.
var ever = keeping{{keep: 0}}

// usualMonths is how long readings are kept where nobody said otherwise: what
// serves comparison by seasons longer, what tells of machines shorter.
const usualMonths = 36

var otherMonths = map[haidang.PropertyCode]int16{
	"water_level": 60, "salinity": 60, "rain": 60,
	"traffic_flow": 24, "speed": 24,
	"pump_power": 12, "pump_running": 12, "lamp_power": 12, "battery": 12,
}

func defaultMonths(p haidang.PropertyCode) int16 {
	if months, ok := otherMonths[p]; ok {
		return months
	}
	return usualMonths
}

// at returns for how many months readings of m are kept.
func (k keeping) at(m month) int16 {
	for i := len(k) - 1; i > 0; i-- {
		if k[i].from <= m {
			return k[i].keep
		}
	}
	return k[0].keep
}

// expired reports whether all of the month is older at now than l is kept.
func (l leaf) expired(now time.Time) bool {
	return l.keep > 0 && monthOf(now)-l.month > month(l.keep)
}

// expired returns why a reading of t comes too late to be kept, or nil.
func (s stream) expired(t, now time.Time) *refused {
	l := leafOf(s, t)
	if !l.expired(now) {
		return nil
	}
	return &refused{ReasonExpired, fmt.Sprintf("%s is older than the %d months for which %s is kept", t.Format(time.RFC3339), l.keep, s.property)}
}

// readPolicies returns how each property is kept.
func readPolicies(ctx context.Context, pool *pgxpool.Pool) (map[haidang.PropertyCode]keeping, error) {
	rows, err := pool.Query(ctx, `SELECT property, coalesce(extract(year FROM month) * 12 + extract(month FROM month) - 1, 0)::integer, keep_months
		FROM (SELECT property, nullif(from_month, '-infinity') AS month, keep_months FROM retention_policy) p ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	all := map[haidang.PropertyCode]keeping{}
	var property haidang.PropertyCode
	var p policy
	_, err = pgx.ForEachRow(rows, []any{&property, &p.from, &p.keep}, func() error {
		all[property] = append(all[property], p)
		return nil
	})
	return all, err
}

// keepingOf returns how a datastream is kept.
func keepingOf(all map[haidang.PropertyCode]keeping, p haidang.PropertyCode, history bool) keeping {
	if k := all[p]; !history && len(k) > 0 {
		return k
	}
	if history {
		return ever
	}
	return keeping{{keep: defaultMonths(p)}}
}

// leavesAhead are the partitions that this month and the two after it need.
func leavesAhead(all map[haidang.PropertyCode]keeping, now time.Time) map[leaf]bool {
	leaves := map[leaf]bool{}
	for m := monthOf(now); m <= monthOf(now)+2; m++ {
		for _, k := range all {
			leaves[leaf{k.at(m), m}] = true
		}
	}
	return leaves
}

// makePartitionsAhead makes them, so that the first reading of a month waits for nothing.
func makePartitionsAhead(ctx context.Context, pool *pgxpool.Pool) error {
	policies, err := readPolicies(ctx, pool)
	if err != nil {
		return err
	}
	ahead := partitions{pool: pool}
	return ahead.ensure(ctx, leavesAhead(policies, time.Now()))
}
