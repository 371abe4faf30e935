package tiles_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features/featuretest"
	"haidang/tiles"
)

// askThen asks for a tile as of an instant, nothing for as it is.
func askThen(t testing.TB, s *tiles.Service, slug string, at maptile.Tile, then time.Time) *httptest.ResponseRecorder {
	t.Helper()
	w, err := answerThen(s, slug, at, then.Format(time.RFC3339Nano))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func answerThen(s *tiles.Service, slug string, at maptile.Tile, then string) (*httptest.ResponseRecorder, error) {
	w := httptest.NewRecorder()
	return w, s.ServeTile(w, httptest.NewRequest(http.MethodGet, "/?at="+url.QueryEscape(then), nil), slug, uint32(at.Z), at.X, at.Y)
}

// now is the database's clock.
func (p plots) now(t testing.TB) (at time.Time) {
	t.Helper()
	if err := p.pool.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// The tile as of an instant is the tile that was served then, at every zoom.
func TestTilesAsTheyWere(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	first := p.insert(t, "first", square(0, 0, 30))
	p.insert(t, "second", square(0, 40, 30))
	p.look(t)
	then, was := p.now(t), map[maptile.Tile]string{}
	for z := maptile.Zoom(0); z <= 17; z++ {
		at := p.place(15, 15, z)
		w, err := ask(p.service, plotSlug, at)
		if err != nil {
			t.Fatal(err)
		}
		was[at] = content(t, w.Body.Bytes())
	}
	if _, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Update, FID: first, Properties: map[string]any{"code": "changed"}, Geometry: square(5, 5, 90)}); err != nil {
		t.Fatal(err)
	}
	p.exec(t, `DELETE FROM layer_plot WHERE code = 'second'`)
	p.look(t)
	for at, want := range was {
		if got := content(t, askThen(t, p.service, plotSlug, at, then).Body.Bytes()); got != want {
			t.Errorf("%v: %s, was %s", at, got, want)
		}
		w, err := ask(p.service, plotSlug, at)
		if err != nil || content(t, w.Body.Bytes()) == want {
			t.Errorf("%v has not changed: %v", at, err)
		}
	}
}

// What is known is given again without the database, by a tag of its own; but a change
// that began before the instant and came after it is in the tile.
func TestLateChangeIsSeenInThePast(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	p.insert(t, "first", square(0, 0, 30))
	p.look(t)
	tx, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), `UPDATE layer_plot SET code = 'late'`); err != nil {
		t.Fatal(err)
	}
	then, at := p.now(t), p.place(15, 15, 16)
	tag := func() (string, string) {
		w := askThen(t, p.service, plotSlug, at, then)
		return w.Header().Get("ETag"), content(t, w.Body.Bytes())
	}
	before, shown := tag()
	if again, _ := tag(); again != before || before == etag(t, p.service, at) || !strings.Contains(shown, "first") {
		t.Errorf("%s, then %s; now is %s; it shows %s", before, again, etag(t, p.service, at), shown)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.look(t)
	if after, shown := tag(); after == before || !strings.Contains(shown, "late") {
		t.Errorf("%s, before %s: %s", after, before, shown)
	}
}

// Instants without end leave the tiles of the present in the cache, and nothing on the disk.
func TestPastWashesNothingOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newPlots(t, func(c *tiles.Config) { c.CacheBytes, c.DiskDir = 64<<10, dir })
	p.insert(t, "first", square(0, 0, 30))
	p.look(t)
	at := p.place(15, 15, 16)
	etag(t, p.service, at)
	for p.service.DiskFiles() == 0 { // it is written behind our back
		time.Sleep(time.Millisecond)
	}
	then := p.now(t)
	for i := range 300 {
		if w := askThen(t, p.service, plotSlug, at, then.Add(-time.Duration(i)*time.Microsecond)); !bytes.Contains(w.Body.Bytes(), []byte("first")) {
			t.Fatal(i, w.Code)
		}
	}
	if n := p.service.DiskFiles(); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
	p.exec(t, `ALTER TABLE history_layer_plot RENAME TO away`)
	p.exec(t, `ALTER TABLE layer_plot RENAME TO away_too`) // any query fails from here on
	if w, err := ask(p.service, plotSlug, at); err != nil || w.Code != http.StatusOK {
		t.Error(w.Code, err)
	}
}

// Tiles of several layers are of one instant each, too.
func TestJoinedTilesAsTheyWere(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	makeLayer(t, p.pool, "other")
	p.insert(t, "first", square(0, 0, 30))
	then := []time.Time{p.now(t)}
	for _, code := range []string{"second", "third"} {
		p.exec(t, `UPDATE layer_plot SET code = '`+code+`'`)
		then = append(then, p.now(t))
	}
	p.look(t)
	for i, code := range []string{"first", "second", "third"} {
		if body := askThen(t, p.service, "plot,other", p.place(15, 15, 16), then[i]).Body; !bytes.Contains(body.Bytes(), []byte(code)) {
			t.Errorf("at %v: no %s in %q", then[i], code, body)
		}
	}
	w, err := ask(p.service, "plot,other", p.place(15, 15, 16))
	if err != nil || !bytes.Contains(w.Body.Bytes(), []byte("third")) {
		t.Error(w.Body, err)
	}
}

// What was in force at the instant is shown, unless another day is asked for.
func TestPastOfADatedLayer(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	dated := makeLayer(t, p.pool, "dated", func(l *catalogue.Layer) { l.Dated = true })
	p.exec(t, `INSERT INTO layer_dated (code, period, geom) SELECT 'gone', daterange((now() - interval '5 days')::date, (now() - interval '1 day')::date), ST_Multi(ST_MakeEnvelope(546000, 1060000, 546030, 1060030, 959209))`)
	p.exec(t, `ALTER TABLE layer_dated DISABLE TRIGGER USER; UPDATE layer_dated SET _since = _since - interval '3 days'; ALTER TABLE layer_dated ENABLE TRIGGER USER; UPDATE layer_clock SET began = began - interval '3 days' WHERE layer = 'dated'`)
	p.service = start(t, tiles.Config{Pool: p.pool})
	at, then := p.place(15, 15, 16), p.now(t).Add(-50*time.Hour)
	if w := askThen(t, p.service, string(dated.Slug), at, then); !bytes.Contains(w.Body.Bytes(), []byte("gone")) {
		t.Errorf("two days ago: %d %q", w.Code, w.Body)
	}
	if w := askThen(t, p.service, string(dated.Slug), at, p.now(t)); w.Code != http.StatusNoContent {
		t.Errorf("now: %d %q", w.Code, w.Body)
	}
}

func TestRefusedInstants(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	at := p.place(0, 0, 12)
	for _, c := range []struct{ slug, then, says string }{{plotSlug, "2020-01-01T00:00:00Z", "begins on"}, {plotSlug, "2200-01-01T00:00:00Z", "yet to come"}, {plotSlug, "x", "RFC"},
		{"land", p.now(t).Format(time.RFC3339Nano), "no history"}, {"plot,land", p.now(t).Format(time.RFC3339Nano), "no history"}} {
		_, err := answerThen(p.service, c.slug, at, c.then)
		if haidang.CodeOf(err) != haidang.ErrInvalid || c.says != "RFC" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	then := p.now(t)
	doc, err := p.service.TileJSON(plotSlug, "", &then)
	if doc.Bounds[0] != -180 || doc.Bounds[2] != 180 { // it may have reached further than today
		t.Error(doc.Bounds)
	}
	if want := fmt.Sprintf("/tiles/plot/{z}/{x}/{y}?at=%s", then.UTC().Format(time.RFC3339Nano)); err != nil || doc.Tiles[0] != want {
		t.Error(doc.Tiles, want, err)
	}
}
