package tiles

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// pastShare is the part of the memory for tiles that those of the past have: there are
// as many instants as anybody cares to ask for, and they must not wash out the present.
const pastShare = 16

// InstantOf is the instant as of which a map is asked for (?at=2026-11-30T09:00:00Z),
// nil for as it is.
func InstantOf(r *http.Request) (*time.Time, error) {
	query := r.URL.Query()
	if !query.Has("at") {
		return nil, nil //nolint:nilnil // now
	}
	t, err := catalogue.Instant(query.Get("at"))
	return &t, err
}

// instant is the instant asked for, in microseconds since 1970, 0 for as it is. All of
// the set have to have been there.
func (p set) instant(r *http.Request) (int64, error) {
	at, err := InstantOf(r)
	if err != nil || at == nil {
		return 0, err
	}
	return at.UnixMicro(), p.checkInstant(*at)
}

func (p set) checkInstant(at time.Time) error {
	for _, l := range p {
		if err := l.CheckInstant(at); err != nil {
			return err
		}
	}
	return nil
}

// past cuts a tile of zoom z of the layer as it was, from rows and history. No overview
// knows the past, so seen from afar the largest are shown. Its parameters are those of
// query, and then the instant.
func (l *layer) past(z int) string {
	at, most := "$4", mostLive
	if l.Dated {
		at = "$5"
	}
	if z <= lastSparse {
		most = mostLarge
	}
	return l.cutFrom(z, features.Past(l.Layer, at), most)
}

// pastKey makes a key of the present one of the past. It keeps the version: a
// transaction under way may still change what was, from the instant on when it began.
func (l *layer) pastKey(k key, at int64) key {
	h := fnv.New64a()
	_ = binary.Write(h, binary.BigEndian, l.prints[k.z]) // never fails
	_, _ = h.Write([]byte(l.past(int(k.z))))
	k.print, k.at = h.Sum64(), at
	return k
}

// of says of which instant tiles are.
func of(at *time.Time) string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf("?at=%s", at.UTC().Format(time.RFC3339Nano))
}
