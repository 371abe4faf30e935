package tiles_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"
	"pgregory.net/rapid"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features/featuretest"
	"haidang/internal/bus"
	"haidang/tiles"
)

// An edit gives a new tag to the tiles it shows on, of where the feature was and of
// where it is, and to no other.
func TestEditVoidsItsTilesOnly(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	moved := p.insert(t, "moved", square(0, 0, 30))
	p.insert(t, "stays", square(9000, 0, 30))
	p.look(t)
	was, is, far := p.place(15, 15, 16), p.place(3015, 15, 16), p.place(9015, 15, 16)
	before := map[maptile.Tile]string{was: etag(t, p.service, was), is: etag(t, p.service, is), far: etag(t, p.service, far)}
	if _, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Update, FID: moved, Geometry: square(3000, 0, 30)}); err != nil {
		t.Fatal(err)
	}
	p.look(t)
	for at, old := range before {
		if now := etag(t, p.service, at); (now == old) != (at == far) {
			t.Errorf("%v: %s, before %s", at, now, old)
		}
	}
	for z := maptile.Zoom(0); z <= 17; z++ {
		if w, err := ask(p.service, plotSlug, p.place(3015, 15, z)); err != nil || w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("moved")) {
			t.Errorf("zoom %d: %d, %v", z, w.Code, err)
		}
	}
}

// After any edits each tile served is the one that would be cut now, and two services
// give it the same tag, also one that has just started.
func TestServedTilesAreFresh(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	other := start(t, tiles.Config{Pool: p.pool})
	var fids []int64
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "edits") {
			fids = edit(rt, p, fids)
		}
		p.look(t, other)
		newcomer := other
		if rapid.IntRange(0, 9).Draw(rt, "newcomer") == 0 {
			newcomer = tiles.New(tiles.Config{Pool: p.pool})
			if err := newcomer.Start(t.Context()); err != nil {
				rt.Fatal(err)
			}
			defer func() { _ = newcomer.Stop(context.Background()) }()
		}
		for range 4 {
			at := p.place(rapid.Float64Range(-200, 3200).Draw(rt, "dx"), rapid.Float64Range(-200, 3200).Draw(rt, "dy"), maptile.Zoom(rapid.IntRange(8, 17).Draw(rt, "z")))
			served, err := ask(p.service, plotSlug, at)
			if err != nil {
				rt.Fatal(err)
			}
			fresh, err := p.service.Fresh(t.Context(), plotSlug, uint32(at.Z), at.X, at.Y)
			if err != nil || content(t, served.Body.Bytes()) != content(t, fresh) {
				rt.Fatalf("%v shows %s, want %s (%v)", at, content(t, served.Body.Bytes()), content(t, fresh), err)
			}
			for _, s := range []*tiles.Service{other, newcomer} {
				if tag := etag(t, s, at); tag != served.Header().Get("ETag") {
					rt.Fatalf("%v: tags %s and %s", at, tag, served.Header().Get("ETag"))
				}
			}
		}
	})
}

// edit does something to a plot, or makes one.
func edit(rt *rapid.T, p plots, fids []int64) []int64 {
	shape := square(rapid.Float64Range(0, 3000).Draw(rt, "x"), rapid.Float64Range(0, 3000).Draw(rt, "y"), rapid.Float64Range(1, 300).Draw(rt, "side"))
	c := featuretest.Change{Op: featuretest.Insert, Properties: map[string]any{"code": fmt.Sprint(len(fids))}, Geometry: shape}
	if len(fids) > 3 {
		i := rapid.IntRange(0, len(fids)-1).Draw(rt, "plot")
		c.FID = fids[i]
		switch rapid.IntRange(0, 3).Draw(rt, "op") {
		case 0:
			c.Op = featuretest.Update
		case 1:
			c.Op, c.Geometry, c.Properties = featuretest.Update, nil, map[string]any{"code": rapid.StringMatching(`[a-zà-ỹ]{1,3}`).Draw(rt, "code")}
		case 2:
			c.Op, c.Geometry, c.Properties = featuretest.Delete, nil, nil
			fids = append(fids[:i:i], fids[i+1:]...)
		}
	}
	made, err := p.apply(context.Background(), c)
	if err != nil {
		rt.Fatal(err)
	}
	if c.Op == featuretest.Insert {
		fids = append(fids, made[0])
	}
	return fids
}

// While one edits and many read, a tag never stands for two contents: a tile that was
// cut while a change committed is kept under the version it shows.
func TestTagStandsForOneContent(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	fid := p.insert(t, "0", square(0, 0, 100))
	p.insert(t, "beside", square(150, 0, 100))
	p.look(t)
	other := start(t, tiles.Config{Pool: p.pool}) // hears late or early, as it happens
	end := time.Now().Add(2 * time.Second)
	var mu sync.Mutex
	seen := map[string]string{}
	var readers, writer sync.WaitGroup
	for i := range 8 {
		s := []*tiles.Service{p.service, other}[i%2]
		readers.Go(func() {
			for time.Now().Before(end) {
				at := p.place(50, 50, maptile.Zoom(13+rand.IntN(5)))
				w, err := ask(s, plotSlug, at)
				if err != nil {
					if haidang.CodeOf(err) == haidang.ErrUnavailable {
						continue // it changes faster than it can be cut
					}
					t.Error(err)
					return
				}
				mu.Lock()
				name, is := fmt.Sprint(at, w.Header().Get("ETag")), content(t, w.Body.Bytes())
				if was, ok := seen[name]; ok && was != is {
					t.Errorf("%s was\n%s, is\n%s", name, was, is)
				}
				seen[name] = is
				mu.Unlock()
			}
		})
	}
	writer.Go(func() {
		for i := 1; time.Now().Before(end); i++ {
			if _, err := p.apply(context.Background(), featuretest.Change{Op: featuretest.Update, FID: fid, Properties: map[string]any{"code": fmt.Sprint(i)}}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	readers.Wait()
	writer.Wait()
	t.Logf("%d tags", len(seen))
	if len(seen) < 10 {
		t.Errorf("only %d tags: nothing was tried", len(seen))
	}
}

// The service notices by a cut that it has missed a change, before any notice.
func TestCutNoticesWhatWasMissed(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	p.insert(t, "first", square(0, 0, 30))
	at := p.place(15, 15, 17)
	w, err := ask(p.service, plotSlug, at)
	if err != nil || !bytes.Contains(w.Body.Bytes(), []byte("first")) {
		t.Fatalf("%d, %v", w.Code, err)
	}
	if l, _ := p.service.Layer(plotSlug); l.Version < 2 {
		t.Errorf("the service still knows version %d", l.Version)
	}
}

// Rows of the outbox that say nothing any more go, and nothing else changes by that.
func TestTidyOutbox(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	fid := p.insert(t, "first", square(0, 0, 30))
	stays := p.insert(t, "stays", square(2000, 0, 30))
	for i := range 20 {
		if _, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Update, FID: fid, Properties: map[string]any{"code": fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	p.look(t)
	at, beside := p.place(15, 15, 17), p.place(2015, 15, 17)
	tags := [2]string{etag(t, p.service, at), etag(t, p.service, beside)}
	if err := p.service.Tidy(t.Context(), plotSlug, 1000); err != nil {
		t.Fatal(err)
	}
	if n := p.count(t); n != 2 { // the last edit, and the one beside
		t.Errorf("%d rows left, want 2", n)
	}
	newcomer := start(t, tiles.Config{Pool: p.pool})
	if now := [2]string{etag(t, newcomer, at), etag(t, newcomer, beside)}; now != tags {
		t.Errorf("tags %v, were %v", now, tags)
	}
	if _, err := p.apply(t.Context(), featuretest.Change{Op: featuretest.Delete, FID: stays}); err != nil {
		t.Fatal(err)
	}
	p.look(t, newcomer)
	for _, s := range []*tiles.Service{p.service, newcomer} {
		if w, err := ask(s, plotSlug, beside); err != nil || w.Code != http.StatusNoContent {
			t.Errorf("%d, %v", w.Code, err)
		}
	}
}

// An outbox with too many rows forgets the older half; old and new services agree on
// what that makes of the tiles.
func TestTrimmedOutbox(t *testing.T) {
	t.Parallel()
	p := newPlots(t)
	for i := range 20 {
		p.insert(t, fmt.Sprint(i), square(float64(i)*400, 0, 30))
	}
	p.look(t)
	if err := p.service.Tidy(t.Context(), plotSlug, 10); err != nil {
		t.Fatal(err)
	}
	if n := p.count(t); n != 10 {
		t.Errorf("%d rows left, want 10", n)
	}
	p.look(t)
	newcomer := start(t, tiles.Config{Pool: p.pool})
	for i := range 20 {
		at := p.place(float64(i)*400+15, 15, 17)
		w, err := ask(newcomer, plotSlug, at)
		if err != nil || !bytes.Contains(w.Body.Bytes(), fmt.Appendf(nil, "%d", i)) || etag(t, p.service, at) != w.Header().Get("ETag") {
			t.Errorf("plot %d: %d, %v, tags %s and %s", i, w.Code, err, etag(t, p.service, at), w.Header().Get("ETag"))
		}
	}
}

func (p plots) count(t testing.TB) (n int) {
	t.Helper()
	if err := p.pool.QueryRow(t.Context(), `SELECT count(*) FROM layer_change WHERE layer = $1`, plotSlug).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A change is told with its tiles, each within the layer's zooms.
func TestChangeIsToldWithItsTiles(t *testing.T) {
	t.Parallel()
	live := newBus(t)
	heard := make(chan haidang.TilesChanged, 100)
	stop, err := bus.Subscribe(live, func(e haidang.TilesChanged) { heard <- e })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	p := newPlots(t, func(c *tiles.Config) { c.Bus = live })
	p.insert(t, "first", square(0, 0, 30))
	select {
	case e := <-heard:
		at := p.place(15, 15, 17)
		if e.Layer != plotSlug || e.Version != 2 || len(e.Tiles) < 18 || len(e.Tiles) > 50 || e.Tiles[0] != [3]uint32{0, 0, 0} || !has(e.Tiles, at) {
			t.Errorf("%+v lacks %v", e, at)
		}
	case <-time.After(time.Minute):
		t.Fatal("nobody was told")
	}
}

func has(list [][3]uint32, at maptile.Tile) bool {
	for _, p := range list {
		if p == [3]uint32{uint32(at.Z), at.X, at.Y} {
			return true
		}
	}
	return false
}

// A layer that is dropped and made again under its name shows nothing of the old one,
// although its versions begin anew.
func TestLayerMadeAgain(t *testing.T) {
	t.Parallel()
	p := newPlots(t, func(c *tiles.Config) { c.DiskDir = t.TempDir() })
	p.insert(t, "old", square(0, 0, 30))
	p.look(t)
	at := p.place(15, 15, 17)
	old := etag(t, p.service, at)
	p.inTx(t, func(ctx context.Context, tx txn) error { return catalogue.Drop(ctx, tx, plotSlug) })
	p.look(t)
	if _, err := ask(p.service, plotSlug, at); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("after it was dropped: %v", err)
	}
	p.layer = makeLayer(t, p.pool, plotSlug)
	p.insert(t, "new", square(0, 0, 30))
	p.look(t)
	w, err := ask(p.service, plotSlug, at, "If-None-Match", old)
	if err != nil || w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("new")) {
		t.Errorf("%d, %v", w.Code, err)
	}
}
