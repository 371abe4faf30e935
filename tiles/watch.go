package tiles

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// relist is how old the catalogue may be: a change of rights alone is told by nobody.
const relist = 4 * time.Second

// readTimeout bounds one look at catalogue and outbox.
const readTimeout = 20 * time.Second

// look reads what is new and tells the live bus.
func (s *Service) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		if ctx.Err() != context.Canceled {
			slog.Warn("tiles: cannot read the catalogue; the last one stays", "error", err)
		}
		return
	}
	s.doChores(ctx)
}

// doChores does what can wait without letting the next look wait for it; one at a time.
func (s *Service) doChores(ctx context.Context) {
	if !s.chore.TryLock() {
		return
	}
	s.flights.work.Go(func() {
		defer s.chore.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer cancel()
		defer context.AfterFunc(s.running, cancel)()
		s.measure(ctx)
		s.tidy(ctx)
		s.mend(s.running)
	})
}

// refresh reads what is new and tells the live bus.
func (s *Service) refresh(ctx context.Context) error {
	events, err := s.read(ctx)
	if s.config.Bus == nil {
		return err
	}
	for _, e := range events {
		if err := s.config.Bus.Publish(e); err != nil {
			slog.Warn("tiles: cannot tell that the map changed", "error", err)
		}
	}
	return err
}

// catchUp reads until the layer is known as of a version, which the database has.
func (s *Service) catchUp(ctx context.Context, l *layer, version int64) {
	if known, _ := l.ledger.known(); known >= version {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		slog.Warn("tiles: cannot read changes; the map may be some seconds behind", "error", err)
	}
}

// read takes in what is new, one reader at a time, and returns the events that tell of it.
func (s *Service) read(ctx context.Context) ([]haidang.Event, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	var found map[haidang.LayerSlug]*news
	var entries []catalogue.Layer
	err := pgx.BeginTxFunc(ctx, s.config.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		if found, err = readNews(ctx, tx, s.known()); err != nil {
			return err
		}
		if s.outdated(found) {
			entries, err = catalogue.List(ctx, tx)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	moved := false
	if entries != nil {
		moved = s.take(entries, found)
		s.listed = time.Now()
	}
	events := s.apply(found)
	if moved {
		events = append([]haidang.Event{haidang.PlacesChanged{}}, events...)
	}
	return events, nil
}

// outdated reports whether the entries of the catalogue have to be read again.
func (s *Service) outdated(found map[haidang.LayerSlug]*news) bool {
	known := s.known()
	if len(found) != len(known) || time.Since(s.listed) > relist {
		return true
	}
	for slug, n := range found {
		if known[slug] == nil || n.wide() {
			return true
		}
	}
	return false
}

// take makes layers of the entries. A layer keeps its ledger unless it is another one
// by now: other zooms, another table, or a database put back to an older day. It
// reports whether a layer came, went or was changed as a whole.
func (s *Service) take(entries []catalogue.Layer, found map[haidang.LayerSlug]*news) (moved bool) {
	before, now := s.known(), layers{}
	for _, entry := range entries {
		n := found[entry.Slug]
		if n == nil {
			continue // a raster
		}
		old := before[entry.Slug]
		moved = moved || old == nil || n.wide()
		known := succeed(old, n)
		now[entry.Slug] = newLayer(entry, fmt.Sprintf("%s/%d/%d", s.database, n.table, known.salt), known)
	}
	for slug := range before {
		if now[slug] == nil {
			moved = true
			s.disk.forget(slug)
		}
	}
	s.layers.Store(&now)
	return moved
}

// succeed returns the ledger of what was found. One that does not go on from the old
// one knows nothing of it, so all its tiles are new.
func succeed(old *layer, n *news) *ledger {
	if old == nil {
		return newLedger(n)
	}
	if old.ledger.continues(n) {
		return old.ledger
	}
	known := newLedger(n)
	if version, _ := old.ledger.known(); n.version < version {
		known.salt = rand.Uint64() // the numbers that come were given before
	}
	n.changes = []change{{version: n.version, cover: everything(n.first, n.last), wide: true}}
	return known
}

// apply moves the ledgers on and returns what open maps have to know.
func (s *Service) apply(found map[haidang.LayerSlug]*news) (events []haidang.Event) {
	for slug, l := range s.known() {
		n := found[slug]
		version, base := l.ledger.known()
		if n == nil || n.version == version && n.base == base {
			continue
		}
		tiles := l.ledger.apply(n.changes, n.version, n.base)
		if n.version != version {
			events = append(events, haidang.TilesChanged{Layer: slug, Version: n.version, Tiles: addresses(tiles)})
		}
		l.ledger.widen(n)
	}
	return events
}

func addresses(tiles []place) (list [][3]uint32) {
	for _, p := range tiles {
		list = append(list, p.zxy())
	}
	if tiles != nil && list == nil {
		list = [][3]uint32{}
	}
	return list
}
