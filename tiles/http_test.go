package tiles_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"haidang"
	"haidang/tiles"
)

// The tile of zoom 9 that holds the town of Sóc Trăng.
const townZ, townX, townY = 9, 406, 242

func TestTileIsPlainOrGzipped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	plain, err := b.get("unit", townZ, townX, townY)
	if err != nil || plain.Code != http.StatusOK || plain.Header().Get("Content-Encoding") != "" {
		t.Fatalf("plain: %d %v %v", plain.Code, plain.Header(), err)
	}
	packed, err := b.get("unit", townZ, townX, townY, "Accept-Encoding", "br, gzip;q=0.8")
	if err != nil || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("gzip: %v %v", packed.Header(), err)
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(r); err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
		t.Errorf("the gzipped tile unpacks to %d bytes (%v), plain has %d", len(unpacked), err, plain.Body.Len())
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("one strong ETag for two encodings")
	}
	for _, refused := range []string{"gzip;q=0", "identity", "br"} {
		if w, _ := b.get("unit", townZ, townX, townY, "Accept-Encoding", refused); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q got gzip", refused)
		}
	}
}

func TestKnownTileNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	first, err := b.get("irrigation", townZ, townX, townY, "Accept-Encoding", "gzip")
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, `ALTER TABLE layer_irrigation RENAME TO layer_away`) // any query fails from here on
	again, err := b.get("irrigation", townZ, townX, townY, "Accept-Encoding", "gzip", "If-None-Match", `"other", W/`+first.Header().Get("ETag"))
	if err != nil || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("with the ETag: %d, %v", again.Code, err)
	}
	cached, err := b.get("irrigation", townZ, townX, townY, "Accept-Encoding", "gzip")
	if err != nil || !bytes.Equal(cached.Body.Bytes(), first.Body.Bytes()) {
		t.Errorf("from the cache: %d bytes, %v", cached.Body.Len(), err)
	}
	if got := first.Header().Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control of a private layer: %q", got)
	}
	away, err := b.get("irrigation", townZ+1, 2*townX, 2*townY)
	if haidang.CodeOf(err) != haidang.ErrUnavailable || away.Header().Get("Retry-After") == "" || away.Header().Get("ETag") != "" {
		t.Errorf("a failing query: %v, headers %v", err, away.Header())
	}
}

func TestEmptyTileHasNoContent(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for range 2 { // cut, then cached
		if w, err := b.get("unit", 9, 0, 0); err != nil || w.Code != http.StatusNoContent || w.Body.Len() != 0 {
			t.Fatalf("%d, %v", w.Code, err)
		}
	}
}

func TestAddressesThatAreNoTile(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, c := range []struct {
		layer   string
		z, x, y uint32
		want    haidang.ErrorCode
	}{
		{"nowhere", 1, 0, 0, haidang.ErrNotFound},
		{`unit"; DROP TABLE layer; --`, 1, 0, 0, haidang.ErrNotFound},
		{"unit", 23, 0, 0, haidang.ErrInvalid},
		{"unit", 4294967295, 0, 0, haidang.ErrInvalid},
		{"unit", 1, 2, 0, haidang.ErrInvalid},
		{"unit", 0, 0, 1, haidang.ErrInvalid},
		{"unit", 17, 0, 0, haidang.ErrNotFound},
		{"irrigation", 3, 0, 0, haidang.ErrNotFound},
	} {
		w, err := b.get(c.layer, c.z, c.x, c.y)
		if haidang.CodeOf(err) != c.want || w.Body.Len() != 0 {
			t.Errorf("%s %d/%d/%d: %v, want %s", c.layer, c.z, c.x, c.y, err, c.want)
		}
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	w := httptest.NewRecorder()
	if err := b.service.ServeTile(w, httptest.NewRequest(http.MethodHead, "/", nil), "unit", townZ, townX, townY); err != nil {
		t.Fatal(err)
	}
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" || w.Header().Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
		t.Errorf("%d bytes, headers %v", w.Body.Len(), w.Header())
	}
}

func TestTooBusyAsksForPatience(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(c *tiles.Config) { c.Conns, c.Wait = 1, 1 })
	defer b.service.Hold()()
	w, err := b.get("unit", townZ, townX, townY)
	if haidang.CodeOf(err) != haidang.ErrUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%v, headers %v", err, w.Header())
	}
}

func TestDayOfADatedLayer(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for day, want := range map[string]int{"2025-06-30": http.StatusNoContent, "2025-07-01": http.StatusOK} {
		w := httptest.NewRecorder()
		if err := b.service.ServeTile(w, httptest.NewRequest(http.MethodGet, "/?day="+day, nil), "unit", townZ, townX, townY); err != nil || w.Code != want {
			t.Errorf("on %s: %d, %v, want %d", day, w.Code, err, want)
		}
	}
	for _, day := range []string{"2025-02-30", "1899-12-31", "2101-01-01", "now", "2025-07-01'"} {
		w := httptest.NewRecorder()
		if err := b.service.ServeTile(w, httptest.NewRequest(http.MethodGet, "/?day="+url.QueryEscape(day), nil), "unit", townZ, townX, townY); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("%q: %v", day, err)
		}
	}
}
