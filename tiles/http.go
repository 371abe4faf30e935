package tiles

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/geo"
)

// contentType is the registered media type of Mapbox vector tiles.
const contentType = "application/vnd.mapbox-vector-tile"

// publicAge is how many seconds a browser may show a public tile without asking.
const publicAge = 10

// retryAfter is the Retry-After of a refusal for want of capacity, in seconds.
const retryAfter = "2"

// ServeTile answers with one tile: 200, 204 when nothing is there, 304 when the
// asker has it. When it returns an error it has written no status and no body (at
// most a Retry-After header): the edge shows the error. ErrNotFound: no such layer
// or zoom; ErrInvalid: no such tile; ErrUnavailable: too busy, or the database is away.
func (s *Service) ServeTile(w http.ResponseWriter, r *http.Request, slug string, z, x, y uint32) error {
	l, err := s.layer(haidang.LayerSlug(slug))
	if err != nil {
		return err
	}
	if err := l.check(z, x, y); err != nil {
		return err
	}
	k := key{slug: l.Slug, version: l.Version, z: z, x: x, y: y}
	if l.Dated {
		if k.day, err = dayOf(r); err != nil {
			return err
		}
	}
	gzipped := acceptsGzip(r.Header)
	h := w.Header()
	h.Set("ETag", k.etag(gzipped))
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", l.cacheControl())
	if matches(r.Header.Values("If-None-Match"), k.etag(gzipped)) {
		s.metrics.count(l, "not_modified")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	t, hit, err := s.load(r.Context(), l, k)
	if err != nil {
		return s.refuse(h, l, err)
	}
	s.metrics.countTile(l, hit)
	return t.write(w, r, gzipped)
}

// The days that may be asked for: maps of the land are not older, plans not longer.
const (
	firstDay = "1900-01-01"
	lastDay  = "2100-12-31"
)

// dayOf is the day whose map is asked for (?day=2025-07-01), today by default.
func dayOf(r *http.Request) (string, error) {
	asked := r.URL.Query().Get("day")
	if asked == "" {
		return geo.Day(time.Now()).Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, asked); err != nil || asked < firstDay || asked > lastDay {
		return "", haidang.RefuseField("day", "Ngày phải viết như 2025-07-01, từ năm 1900 đến năm 2100.", "A day is written as 2025-07-01, between the years 1900 and 2100.")
	}
	return asked, nil
}

// refuse takes the headers of a tile back and asks for patience.
func (s *Service) refuse(h http.Header, l *layer, err error) error {
	for _, name := range []string{"ETag", "Vary", "Cache-Control"} {
		h.Del(name)
	}
	if errors.Is(err, context.Canceled) {
		s.metrics.count(l, "left")
		return err
	}
	s.metrics.count(l, "refused")
	h.Set("Retry-After", retryAfter)
	if _, ok := errors.AsType[*haidang.Error](err); !ok {
		return unavailable(err)
	}
	return err
}

func (l *layer) check(z, x, y uint32) error {
	switch {
	case z > maxZoom || x >= 1<<z || y >= 1<<z:
		return haidang.RefuseField("z/x/y", fmt.Sprintf("Không có mảnh %d/%d/%d: z từ 0 đến %d, x và y nhỏ hơn 2^z.", z, x, y, maxZoom),
			fmt.Sprintf("There is no tile %d/%d/%d: z is 0 to %d, x and y are below 2^z.", z, x, y, maxZoom))
	case int(z) < l.MinZoom || int(z) > l.MaxZoom:
		return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Lớp %s chỉ có từ mức %d đến %d.", l.Slug, l.MinZoom, l.MaxZoom),
			fmt.Sprintf("Layer %s has zooms %d to %d only.", l.Slug, l.MinZoom, l.MaxZoom))
	}
	return nil
}

// cacheControl lets a browser keep any tile but show a private one only after
// asking: who may see it can change at any time.
func (l *layer) cacheControl() string {
	if l.Open() {
		return "public, max-age=" + strconv.Itoa(publicAge)
	}
	return "private, no-cache"
}

// etag is strong: the same tag means the same bytes, so it differs by encoding.
func (k key) etag(gzipped bool) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s/%d/%s/%d/%d/%d/%t", k.slug, k.version, k.day, k.z, k.x, k.y, gzipped)
	return fmt.Sprintf(`"%x"`, h.Sum(nil))
}

// matches compares as If-None-Match asks (RFC 9110, 13.1.2): weakly, any of the list.
func matches(headers []string, etag string) bool {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3) as far as gzip is concerned.
func acceptsGzip(h http.Header) bool {
	for _, header := range h.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(item, ";")
			if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
				continue
			}
			q, weighed := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !weighed || err == nil && weight > 0
		}
	}
	return false
}

func (t tile) write(w http.ResponseWriter, r *http.Request, gzipped bool) error {
	if len(t) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	body := []byte(t)
	if gzipped {
		w.Header().Set("Content-Encoding", "gzip")
	} else {
		plain, err := expand(t)
		if err != nil {
			return fmt.Errorf("unpack a tile: %w", err)
		}
		body = plain
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever left does not need to be told
	}
	return nil
}

func expand(t tile) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(t))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
