package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

const (
	smallDisk = 8 << 30 // room for the database's log and the reserve
	roomLeft  = 200 << 20
)

// diskFull lets load fill the disk that holds the whole data folder, database
// included: the broker must refuse while there is still a reserve. Then something
// else takes that too. With the disk free again all goes on by itself.
func (c *campaign) diskFull(ctx context.Context, dir string) error {
	d, err := mountDisk(dir, "disk", smallDisk)
	if skip, ok := errors.AsType[errNoDisk](err); ok {
		progress("disk-full: skipped: %v", skip)
		return nil
	}
	if err != nil {
		return err
	}
	s, err := c.found(ctx, dir, d.at)
	if err != nil {
		return errors.Join(err, d.unmount())
	}
	err = errors.Join(c.diskFullOn(ctx, s, d), s.close())
	if err != nil {
		return err // the disk stays mounted with everything on it
	}
	return d.unmount()
}

func (c *campaign) diskFullOn(ctx context.Context, s *site, d *disk) error {
	t, err := c.begin(ctx, s, "disk-full", "disk")
	if err != nil {
		return err
	}
	w := t.watching(ctx)
	defer w.end()
	if err := pause(ctx, loadBefore); err != nil {
		return err
	}
	before, books := t.fleet.status(), &books{}
	t.at, t.ackedAtKill, t.inFlight = loadBefore, before.acked, before.inFlight()
	if books, err = s.administrate.books(ctx); err != nil {
		return err
	}
	if err := t.fill(ctx, w, d); err != nil {
		return err
	}
	moment := time.Now()
	if err := d.drop(); err != nil {
		return err
	}
	if t.recovery, err = t.committing(ctx, moment, books.Accounted); err != nil {
		return err
	}
	if err := errors.Join(t.fleet.everybody(ctx), t.fleet.moreAcked(ctx, acksAfter)); err != nil {
		return err
	}
	t.note("%s", w)
	_, err = t.finish(ctx, patience)
	return err
}

// fill leaves the broker its reserve and a little more, waits until it refuses, and
// then takes everything.
func (t *trial) fill(ctx context.Context, w *watch, d *disk) error {
	b, err := t.site.administrate.books(ctx)
	if err != nil {
		return err
	}
	if err := d.fillTo(b.Broker.DiskReserve + roomLeft); err != nil {
		return err
	}
	progress("disk-full: %d MB left, the reserve is %d MB", d.free()>>20, b.Broker.DiskReserve>>20)
	err = await(ctx, patience, "the house says that the broker refuses", func() (bool, error) {
		_, seen := w.refused()
		return seen, nil
	})
	if err != nil {
		return err
	}
	why, _ := w.refused()
	held := t.fleet.status()
	t.note("refused=%q free_then=%dMB", why, d.free()>>20)
	if err := d.fillTo(0); err != nil {
		return err
	}
	progress("disk-full: nothing left for %v", t.campaign.diskQuiet)
	if err := pause(ctx, t.campaign.diskQuiet); err != nil {
		return err
	}
	t.note("acked_while_full=%d", t.fleet.status().acked-held.acked)
	return nil
}

// storeReopened takes the disk of the message store alone, at once and to the last
// byte, so that the store meets a write error. It keeps that error until somebody
// opens it again: nobody does by hand.
func (c *campaign) storeReopened(ctx context.Context, dir string) error {
	d, err := mountDisk(filepath.Join(dir, "var"), "messages", smallDisk)
	if skip, ok := errors.AsType[errNoDisk](err); ok {
		progress("store-reopened: skipped: %v", skip)
		return nil
	}
	if err != nil {
		return err
	}
	s, err := c.found(ctx, dir, dir)
	if err != nil {
		return errors.Join(err, d.unmount())
	}
	if err := errors.Join(c.storeReopenedOn(ctx, s, d), s.close()); err != nil {
		return err
	}
	return d.unmount()
}

func (c *campaign) storeReopenedOn(ctx context.Context, s *site, d *disk) error {
	t, err := c.begin(ctx, s, "store-reopened", "store")
	if err != nil {
		return err
	}
	if err := pause(ctx, loadBefore); err != nil {
		return err
	}
	before := t.fleet.status()
	t.at, t.ackedAtKill, t.inFlight = loadBefore, before.acked, before.inFlight()
	if err := d.fillTo(0); err != nil {
		return err
	}
	if err := pause(ctx, c.diskQuiet); err != nil {
		return err
	}
	found, err := s.logged("No space left", "no space left")
	if err != nil {
		return err
	}
	t.note("acked_while_full=%d write_errors_logged=%d", t.fleet.status().acked-before.acked, found)
	moment := time.Now()
	if err := d.drop(); err != nil {
		return err
	}
	if err := t.fleet.moreAcked(ctx, acksAfter); err != nil {
		return fmt.Errorf("the store is not open again: %w", err)
	}
	t.recovery = time.Since(moment)
	if err := t.fleet.everybody(ctx); err != nil {
		return err
	}
	_, err = t.finish(ctx, patience)
	return err
}
