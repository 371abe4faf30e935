package tiles

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/maypok86/otter/v2"

	"haidang"
)

// key names one tile of one state of a layer. A change of the layer changes the
// key; what was kept under the old one falls out by itself.
type key struct {
	slug    haidang.LayerSlug
	version int64
	day     string // date in Vietnam for a layer valid in time, else empty
	z, x, y uint32
}

// tile is gzipped; an empty tile has no bytes.
type tile []byte

// keyOverhead is about what one entry costs beside its bytes.
const keyOverhead = 200

// maxWaiting bounds how many loads may queue for the connections.
const maxWaiting = 256

// gzipLevel 5 of this gzip packs a parcel tile to 35 % in 1 ms; the standard
// library's takes three times as long for one point more.
const gzipLevel = 5

func newCache(limit uint64) *otter.Cache[key, tile] {
	return otter.Must(&otter.Options[key, tile]{
		MaximumWeight: limit,
		Weigher:       func(_ key, t tile) uint32 { return uint32(len(t) + keyOverhead) },
	})
}

// load returns a tile from the cache, or cuts it. Many who ask for the same tile
// at once share one query, which goes on when the first of them leaves; each
// waits for it no longer than ctx.
func (s *Service) load(ctx context.Context, l *layer, k key) (tile, bool, error) {
	if t, ok := s.cache.GetIfPresent(k); ok {
		return t, true, nil
	}
	type result struct {
		tile tile
		err  error
	}
	done := make(chan result, 1)
	go func() {
		t, err := s.cache.Get(context.WithoutCancel(ctx), k, otter.LoaderFunc[key, tile](func(ctx context.Context, k key) (tile, error) {
			return s.cut(ctx, l, k)
		}))
		done <- result{t, err}
	}()
	select {
	case r := <-done:
		return r.tile, false, r.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// cut runs the layer's query and packs what it returns.
func (s *Service) cut(ctx context.Context, l *layer, k key) (tile, error) {
	if s.waiting.Add(1) > maxWaiting {
		s.waiting.Add(-1)
		return nil, tooBusy(nil)
	}
	defer s.waiting.Add(-1)
	start := time.Now()
	raw, err := s.query(ctx, l, k)
	if err != nil {
		return nil, err
	}
	s.metrics.seconds.WithLabelValues(string(k.slug)).Observe(time.Since(start).Seconds())
	return compress(raw)
}

// query asks the database on one of the few connections, or gives up when none
// comes free in time.
func (s *Service) query(ctx context.Context, l *layer, k key) (raw []byte, err error) {
	wait, cancel := context.WithTimeout(ctx, s.config.Wait)
	defer cancel()
	conn, err := s.pool.Acquire(wait)
	if err != nil {
		return nil, tooBusy(err)
	}
	defer conn.Release()
	// The server ends the query itself by statement_timeout; this is for a server that is gone.
	ctx, cancel = context.WithTimeout(ctx, s.config.Timeout+time.Second)
	defer cancel()
	args := []any{int32(k.z), int32(k.x), int32(k.y)}
	if l.Dated {
		args = append(args, k.day)
	}
	if err := conn.QueryRow(ctx, l.sql[k.z], args...).Scan(&raw); err != nil {
		return nil, unavailable(fmt.Errorf("cut %s %d/%d/%d: %w", k.slug, k.z, k.x, k.y, err))
	}
	return raw, nil
}

// writers are kept: making one costs as much as packing a small tile.
var writers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is ours
	}
	return w
}}

func compress(raw []byte) (tile, error) {
	if len(raw) == 0 {
		return tile{}, nil
	}
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	err := w.Close()
	return bytes.Clone(b.Bytes()), err // exactly as long as needed: it may stay for days
}

func tooBusy(cause error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: cause, Text: haidang.Text{
		VI: "Bản đồ đang quá tải; hãy thử lại sau vài giây.", EN: "The map is overloaded; try again in a few seconds."}}
}

func unavailable(cause error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: cause, Text: haidang.Text{
		VI: "Chưa vẽ được mảnh bản đồ này; hãy thử lại sau vài giây.", EN: "This tile could not be drawn; try again in a few seconds."}}
}
