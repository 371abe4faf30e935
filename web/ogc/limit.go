package ogc

import (
	"context"
	"errors"
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
type counts struct{ cache *otter.Cache[string, int64] }

const (
	countsKept   = 10_000
	countsLast   = 5 * time.Minute
	countTimeout = 5 * time.Second // a count that takes longer is left out
)

func newCounts() *counts {
	return &counts{otter.Must(&otter.Options[string, int64]{MaximumSize: countsKept, ExpiryCalculator: otter.ExpiryWriting[string, int64](countsLast)})}
}

// count says how many features match, or -1 when it would take too long.
func (q *ask) count(ctx context.Context, l catalogue.Layer, s selection) (int64, error) {
	query := maps.Clone(q.query)
	for _, name := range []string{"f", "lang", "crs", "limit", "cursor", "resultType", "sortby"} {
		delete(query, name)
	}
	key := fmt.Sprintf("%s %d %s", l.Slug, l.Version, url.Values(query).Encode())
	if n, ok := q.counts.cache.GetIfPresent(key); ok {
		return n, nil
	}
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	s.After, s.Beyond, s.Limit = 0, nil, 0
	n, err := features.Count(ctx, q.Reader(ctx), l, s.Query)
	if tookTooLong(ctx, err) && q.r.Context().Err() == nil {
		n, err = -1, nil
	}
	if err == nil {
		q.counts.cache.Set(key, n)
	}
	return n, err
}

func tookTooLong(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	return haidang.CodeOf(err) == haidang.ErrUnavailable || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil
}
