package web

import (
	"context"
	"strconv"
	"time"

	"haidang"
	"haidang/ingest"
	"haidang/internal/auth"
)

// load makes the board what the database says.
func (h *hub) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	asOf := h.board.now()
	things, err := h.config.Registry.Things(ctx)
	if err != nil {
		return err
	}
	alarms, err := h.config.Alarms.Standing(ctx)
	if err != nil {
		return err
	}
	requests, err := h.config.Requests.Open(ctx)
	if err != nil {
		return err
	}
	h.learnStreams(things)
	found := make([]placed, 0, len(things)+len(alarms)+len(requests))
	for _, t := range things {
		found = append(found, placeThing(t))
	}
	for _, a := range alarms {
		found = append(found, placeAlarm(a))
	}
	for _, r := range requests {
		found = append(found, placeRequest(r))
	}
	h.board.reconcile(asOf, []kind{kindThing, kindAlarm, kindRequest}, found)
	return nil
}

func placeThing(t ingest.Thing) placed {
	return placed{ref{kindThing, string(t.ID)}, auth.Scope{Agency: t.Agency, Unit: t.Unit}, &t}
}

func placeAlarm(a haidang.Alarm) placed {
	return placed{ref{kindAlarm, strconv.FormatInt(int64(a.ID), 10)}, scopeOfAlarm(a), a}
}

func placeRequest(r haidang.ServiceRequest) placed {
	return placed{ref{kindRequest, string(r.Code)}, scopeOfRequest(r), r}
}

func scopeOfAlarm(a haidang.Alarm) auth.Scope { return auth.Scope{Agency: a.Agency, Unit: a.Unit} }

func scopeOfRequest(r haidang.ServiceRequest) auth.Scope {
	return auth.Scope{Agency: r.Agency, Unit: r.Unit}
}

// streamName says what a datastream is of.
type streamName struct {
	thing    haidang.ThingID
	property haidang.PropertyCode
}

func (h *hub) learnStreams(things []ingest.Thing) {
	streams := map[haidang.DatastreamID]streamName{}
	for _, t := range things {
		for _, d := range t.Streams {
			streams[d.ID] = streamName{t.ID, d.Property}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streams = streams
}

// stream says what a datastream is of. One that was registered since the last
// reading is looked for, now and then.
func (h *hub) stream(ctx context.Context, id haidang.DatastreamID) (streamName, error) {
	name, ok := h.knownStream(id)
	if !ok && h.searches.Allow() {
		if err := h.load(ctx); err != nil {
			return name, err
		}
		name, ok = h.knownStream(id)
	}
	if !ok {
		return name, haidang.Refuse(haidang.ErrNotFound, "Không có chuỗi số liệu này.", "There is no such datastream.")
	}
	return name, nil
}

func (h *hub) knownStream(id haidang.DatastreamID) (streamName, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, ok := h.streams[id]
	return name, ok
}

func (h *hub) learnLimits(ctx context.Context) error {
	properties, err := h.config.Registry.Properties(ctx)
	if err != nil {
		return err
	}
	h.limits = make(map[haidang.PropertyCode]span, len(properties))
	for _, p := range properties {
		h.limits[p.Code] = span{p.Min, p.Max}
	}
	return nil
}

// onLatest moves the values of the devices in one batch.
func (h *hub) onLatest(e haidang.LatestMoved) {
	byThing := map[haidang.ThingID][]haidang.Observation{}
	for _, o := range e.Observations {
		byThing[o.Thing] = append(byThing[o.Thing], o)
	}
	for id, observations := range byThing {
		known := h.board.change(ref{kindThing, string(id)}, func(value any) bool {
			return h.observe(value.(*ingest.Thing), observations)
		})
		if !known {
			h.reload()
		}
	}
}

// observe takes newer observations over; an older one that comes late is not the latest.
func (h *hub) observe(t *ingest.Thing, observations []haidang.Observation) (changed bool) {
	for _, o := range observations {
		for i := range t.Streams {
			d := &t.Streams[i]
			if d.ID != o.Datastream || d.Time != nil && !o.PhenomenonTime.After(*d.Time) {
				continue
			}
			at, received := o.PhenomenonTime.UTC().Truncate(time.Microsecond), o.ReceivedAt.UTC().Truncate(time.Microsecond)
			d.Value, d.Time, d.ReceivedAt = &o.Result, &at, &received
			d.Quality = h.quality(d.Quality, o)
			changed = true
		}
	}
	return changed
}

// quality is what is known of a value before its flags are read: beyond the sensor's
// limits or not. A suspect stream stays so until the next reading of the flags, so
// that it does not flicker: the model speaks after the value.
func (h *hub) quality(before haidang.Quality, o haidang.Observation) haidang.Quality {
	limit := h.limits[o.Property]
	switch {
	case limit.min != nil && o.Result < *limit.min, limit.max != nil && o.Result > *limit.max:
		return haidang.QualityOutOfRange
	case before == haidang.QualitySuspect:
		return before
	}
	return haidang.QualityGood
}

// onFlags marks the values on the board that something new is known about. A flag
// that is taken back may uncover another, and a deleted reading an older one: then
// the database is read again.
func (h *hub) onFlags(e haidang.FlagsChanged) {
	for _, f := range e.Flags {
		name, known := h.knownStream(f.Datastream)
		if !known || !f.Set || f.Flag == haidang.QualityDeleted {
			h.reload()
			continue
		}
		h.board.change(ref{kindThing, string(name.thing)}, func(value any) bool { return mark(value.(*ingest.Thing), f) })
	}
}

// mark gives the latest value the flag, unless it is of another reading or worse is known of it.
func mark(t *ingest.Thing, f haidang.ObservationFlag) (changed bool) {
	for i := range t.Streams {
		d := &t.Streams[i]
		latest := d.ID == f.Datastream && d.Time != nil && d.Time.Equal(f.PhenomenonTime.Truncate(time.Microsecond))
		if latest && f.Flag.Worse(d.Quality) {
			d.Quality, changed = f.Flag, true
		}
	}
	return changed
}

// onAlarm shows a standing alarm and takes one that is over off the board.
func (h *hub) onAlarm(e haidang.AlarmChanged) {
	p := placeAlarm(e.Alarm)
	if e.Alarm.State == haidang.AlarmNormal {
		h.board.remove(p.ref)
	} else {
		h.board.put(p.ref, p.scope, p.value)
	}
}

func (h *hub) onRequest(e haidang.RequestChanged) {
	p := placeRequest(e.Request)
	if e.Request.Status == haidang.RequestClosed {
		h.board.remove(p.ref)
		return
	}
	h.board.put(p.ref, p.scope, p.value)
}

func (h *hub) onThing(e haidang.ThingChanged) {
	known := h.board.change(ref{kindThing, string(e.Thing)}, func(value any) bool {
		t := value.(*ingest.Thing)
		if t.Online != nil && *t.Online == e.Online {
			return false
		}
		t.Online = &e.Online
		return true
	})
	if !known {
		h.reload()
	}
}

// onPlaces reads again in which unit everything stands.
func (h *hub) onPlaces(haidang.PlacesChanged) {
	h.placesChanged()
	h.reload()
}
