package tiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/maypok86/otter/v2"

	"haidang"
)

// key names the content of one tile: what its layer was at that version, as that query
// draws it. A change of the tile changes the key; what was kept under the old one falls
// out by itself.
type key struct {
	name    haidang.LayerSlug // of a composite: slugs with commas
	print   uint64            // of query and table
	version int64             // in which the tile last changed
	day     string            // date in Vietnam for a layer valid in time, else empty
	at      int64             // microseconds since 1970 of the instant as of which it is; 0: as it is
	z, x, y uint32
}

// tile is gzipped; an empty tile has no bytes.
type tile []byte

// keyOverhead is about what one entry costs beside its bytes.
const keyOverhead = 250

// gzipLevel 4 of this gzip packs a parcel tile to 37 % in 0.9 ms; level 5 takes a
// quarter longer for two points more.
const gzipLevel = 4

// maxCuts is how often a tile is cut that changes while it is.
const maxCuts = 3

func newCache(limit uint64) *otter.Cache[key, tile] {
	return otter.Must(&otter.Options[key, tile]{
		MaximumWeight: limit,
		Weigher:       func(_ key, t tile) uint32 { return uint32(len(t) + keyOverhead) },
	})
}

// load returns a tile from the caches, or cuts it. Many who ask for the same tile at
// once share one query; each waits for it no longer than ctx.
func (s *Service) load(ctx context.Context, l *layer, k key) (result, error) {
	if t, ok := s.cacheOf(k).GetIfPresent(k); ok {
		return result{t, k, true}, nil
	}
	return s.flights.join(ctx, k, askerOf(ctx), func(ctx context.Context, f *flight) (result, error) {
		return s.fetch(ctx, l, k, f)
	})
}

// fetch looks on the disk, then asks the database. Its answer is kept under the version
// that the tile has in the very state that was read: a change that commits meanwhile is
// in both or in neither.
func (s *Service) fetch(ctx context.Context, l *layer, k key, f *flight) (result, error) {
	for range maxCuts {
		if r, ok := s.kept(k); ok {
			return r, nil
		}
		t, at, err := s.cut(ctx, l, k, f)
		if err != nil {
			return result{}, err
		}
		s.catchUp(ctx, l, at)
		version, read := l.ledger.look(k.z, k.x, k.y)
		if version <= at && at <= read {
			k.version = version
			s.keep(k, t)
			return result{tile: t, key: k}, nil
		}
		if read < at { // changes cannot be read just now; as the layer was at that version it is right
			k.version = at
			return result{tile: t, key: k}, nil
		}
		k.version = version
	}
	return result{}, tooBusy(errors.New("the tile changes faster than it can be cut"))
}

func (s *Service) kept(k key) (result, bool) {
	if t, ok := s.cacheOf(k).GetIfPresent(k); ok || k.at != 0 {
		return result{t, k, true}, ok
	}
	t, ok := s.disk.get(k)
	if ok {
		s.cache.Set(k, t)
	}
	return result{t, k, true}, ok
}

// keep keeps a tile; on the disk only as the layer is.
func (s *Service) keep(k key, t tile) {
	s.cacheOf(k).Set(k, t)
	if k.at == 0 {
		s.disk.put(k, t)
	}
}

func (s *Service) cacheOf(k key) *otter.Cache[key, tile] {
	if k.at != 0 {
		return s.past
	}
	return s.cache
}

// cut waits for its turn, runs the layer's query and packs what it returns. It also
// returns the version of the layer that the query saw.
func (s *Service) cut(ctx context.Context, l *layer, k key, f *flight) (tile, int64, error) {
	start := time.Now()
	leave, err := s.awaitTurn(ctx, f.asker)
	if err != nil {
		return nil, 0, err
	}
	s.flights.begin(f)
	raw, at, err := s.query(ctx, l, k)
	leave()
	if err != nil {
		return nil, 0, err
	}
	s.metrics.seconds.WithLabelValues(string(l.Slug)).Observe(time.Since(start).Seconds())
	t, err := compress(raw)
	return t, at, err
}

func (s *Service) awaitTurn(ctx context.Context, asker string) (leave func(), err error) {
	wait, cancel := context.WithTimeout(ctx, s.config.Wait)
	defer cancel()
	leave, err = s.queue.Enter(wait, asker)
	if err != nil && ctx.Err() == nil { // nobody left: the wait is over
		s.metrics.late.Inc()
		return nil, tooBusy(err)
	}
	return leave, err
}

// query asks the database on a connection that is free by now.
func (s *Service) query(ctx context.Context, l *layer, k key) (raw []byte, at int64, err error) {
	// The server ends the query itself by statement_timeout; this is for a server that is gone.
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout+time.Second)
	defer cancel()
	args := []any{int32(k.z), int32(k.x), int32(k.y)}
	if l.Dated {
		args = append(args, k.day)
	}
	statement := l.statements[k.z]
	if k.at != 0 {
		statement, args = l.statement(l.past(int(k.z))), append(args, time.UnixMicro(k.at))
	}
	if err := s.pool.QueryRow(ctx, statement, args...).Scan(&at, &raw); err != nil {
		return nil, 0, unavailable(fmt.Errorf("cut %s %d/%d/%d: %w", l.Slug, k.z, k.x, k.y, err))
	}
	return raw, at, nil
}

// etag is strong: the same tag means the same bytes, so it differs by encoding.
func (k key) etag(gzipped bool) string {
	b := make([]byte, 0, 64)
	b = append(b, '"')
	b = strconv.AppendUint(b, k.print, 36)
	b = append(b, '.')
	b = strconv.AppendUint(b, uint64(k.version), 36)
	if k.day != "" {
		b = append(append(b, '.'), k.day...)
	}
	if k.at != 0 {
		b = strconv.AppendInt(append(b, '@'), k.at, 36)
	}
	if gzipped {
		b = append(b, ".gz"...)
	}
	return string(append(b, '"'))
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

func expand(t tile) ([]byte, error) {
	if len(t) == 0 {
		return nil, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(t))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func tooBusy(cause error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: cause, Text: haidang.Text{
		VI: "Bản đồ đang quá tải; hãy thử lại sau vài giây.", EN: "The map is overloaded; try again in a few seconds."}}
}

func unavailable(cause error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: cause, Text: haidang.Text{
		VI: "Chưa vẽ được mảnh bản đồ này; hãy thử lại sau vài giây.", EN: "This tile could not be drawn; try again in a few seconds."}}
}
