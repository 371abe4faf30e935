package tiles

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang"
)

// contentType is the registered media type of Mapbox vector tiles.
const contentType = "application/vnd.mapbox-vector-tile"

// retryAfter is the Retry-After of a refusal for want of capacity, in seconds.
const retryAfter = "2"

// ServeTile answers with one tile of a layer, or of several whose slugs have commas
// between them: 200, 204 when nothing is there, 304 when the asker has it. When it
// returns an error it has written no status and no body (at most a Retry-After header):
// the edge shows the error. ErrNotFound: no such layer or zoom; ErrInvalid: no such
// tile; ErrUnavailable: too busy, or the database is away.
func (s *Service) ServeTile(w http.ResponseWriter, r *http.Request, name string, z, x, y uint32) error {
	all, err := s.set(name)
	if err != nil {
		return err
	}
	if err := all.check(z, x, y); err != nil {
		return err
	}
	parts := all.at(z)
	at, err := all.instant(r)
	if err != nil {
		return err
	}
	day, err := parts.day(r, at)
	if err != nil {
		return err
	}
	keys := parts.keys(day, at, z, x, y)
	gzipped := acceptsGzip(r.Header)
	if tag := joined(keys).etag(gzipped); matches(r.Header.Values("If-None-Match"), tag) {
		all.head(w.Header(), tag, at)
		s.metrics.count(all, "not_modified")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	found, err := s.compose(r.Context(), parts, keys)
	if err != nil {
		return s.refuse(w.Header(), all, err)
	}
	all.head(w.Header(), found.key.etag(gzipped), at)
	s.metrics.countTile(all, found.hit)
	return found.tile.write(w, r, gzipped)
}

// head lets caches keep any tile but show it only after asking, which costs no query:
// the tile may have changed a moment ago, and so may who may see it. The past is never
// for everybody.
func (p set) head(h http.Header, etag string, at int64) {
	h.Set("ETag", etag)
	h.Set("Vary", "Accept-Encoding")
	if p.open() && at == 0 {
		h.Set("Cache-Control", "public, no-cache")
		return
	}
	h.Set("Cache-Control", "private, no-cache")
}

// The days that may be asked for: maps of the land are not older, plans not longer.
const (
	firstDay = "1900-01-01"
	lastDay  = "2100-12-31"
)

// day is the day asked for, empty when no part is valid in time. The default is the day
// of the instant.
func (p set) day(r *http.Request, at int64) (string, error) {
	if !slices.ContainsFunc(p, func(l *layer) bool { return l.Dated }) {
		return "", nil
	}
	now := time.Now()
	if at != 0 {
		now = time.UnixMicro(at)
	}
	return dayOf(r, now)
}

// dayOf is the day whose map is asked for (?day=2025-07-01), that of now by default.
func dayOf(r *http.Request, now time.Time) (string, error) {
	asked := r.URL.Query().Get("day")
	if asked == "" {
		return haidang.Day(now).Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, asked); err != nil || asked < firstDay || asked > lastDay {
		return "", haidang.RefuseField("day", "Ngày phải viết như 2025-07-01, từ năm 1900 đến năm 2100.", "A day is written as 2025-07-01, between the years 1900 and 2100.")
	}
	return asked, nil
}

// refuse asks for patience.
func (s *Service) refuse(h http.Header, p set, err error) error {
	if errors.Is(err, context.Canceled) {
		s.metrics.count(p, "left")
		return err
	}
	s.metrics.count(p, "refused")
	h.Set("Retry-After", retryAfter)
	if _, ok := errors.AsType[*haidang.Error](err); !ok {
		return unavailable(err)
	}
	return err
}

func (p set) check(z, x, y uint32) error {
	switch {
	case z > maxZoom || x >= 1<<z || y >= 1<<z:
		return haidang.RefuseField("z/x/y", fmt.Sprintf("Không có mảnh %d/%d/%d: z từ 0 đến %d, x và y nhỏ hơn 2^z.", z, x, y, maxZoom),
			fmt.Sprintf("There is no tile %d/%d/%d: z is 0 to %d, x and y are below 2^z.", z, x, y, maxZoom))
	case int(z) < p.minZoom() || int(z) > p.maxZoom():
		return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Lớp %s chỉ có từ mức %d đến %d.", p.name(), p.minZoom(), p.maxZoom()),
			fmt.Sprintf("Layer %s has zooms %d to %d only.", p.name(), p.minZoom(), p.maxZoom()))
	}
	return nil
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
