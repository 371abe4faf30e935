package ogc

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/maypok86/otter/v2"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// counts remembers how many features matched, for those who page through a layer.
type counts struct{ cache *otter.Cache[question, int64] }

// question is the hash of what was counted: anybody may ask what is 32 kB long.
type question [sha256.Size]byte

const (
	countsKept   = 10_000
	countsLast   = 5 * time.Minute
	countTimeout = 5 * time.Second // a count that takes longer is left out
)

func newCounts() *counts {
	return &counts{otter.Must(&otter.Options[question, int64]{MaximumSize: countsKept, ExpiryCalculator: otter.ExpiryWriting[question, int64](countsLast)})}
}

// count says how many features match, or -1 when it would take too long.
func (q *ask) count(ctx context.Context, l catalogue.Layer, s selection) (int64, error) {
	query := maps.Clone(q.query)
	for _, name := range []string{"f", "lang", "crs", "limit", "cursor", "resultType", "sortby"} {
		delete(query, name)
	}
	origin, err := catalogue.Origin(ctx, q.config.Pool, l)
	if err != nil {
		return 0, err
	}
	key := question(sha256.Sum256(fmt.Appendf(nil, "%s %d %s", origin, l.Version, url.Values(query).Encode())))
	if n, ok := q.counts.cache.GetIfPresent(key); ok {
		return n, nil
	}
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	s.After, s.Beyond, s.Limit = 0, nil, 0
	n, err := features.Count(ctx, q.Reader(ctx), l, s.Query)
	switch {
	case haidang.CodeOf(err) == haidang.ErrUnavailable: // the database had its time, and would need it again
		n, err = -1, nil
	case err != nil && ctx.Err() != nil && q.r.Context().Err() == nil: // it waited for others; next time it may not
		return -1, nil
	}
	if err == nil {
		q.counts.cache.Set(key, n)
	}
	return n, err
}
