package operations

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"haidang"
	"haidang/internal/audit"
)

func report(cause string, priority int) haidang.AlarmReport {
	return haidang.AlarmReport{Cause: cause, Priority: priority, Title: haidang.Text{VI: "Độ mặn 4,2 g/L, giới hạn 4", EN: "Salinity 4.2 g/L, limit 4"},
		Detail: map[string]any{"value": 4.2, "limit": 4}, By: "seasonal"}
}

func TestRaiseKnowsThePlace(t *testing.T) {
	r := newRoom(t)
	a, changes := NewAlarms(r.db, r.live), heard[haidang.AlarmChanged](r)
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	in := report("seasonal/datastream/1", 2)
	in.Datastream, in.At = 1, at // the device follows from its datastream
	got, err := a.Raise(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	unit, _, lon, lat := r.unit()
	want := haidang.Alarm{ID: got.ID, Cause: in.Cause, Priority: 2, State: haidang.AlarmUnacked, Title: in.Title, Thing: "man-01", Datastream: 1,
		Unit: unit, Agency: "sonnptnt", Sector: "salinity", Lon: lon, Lat: lat, RaisedAt: at, ChangedAt: at, Simulated: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alarm (-want +got):\n%s", diff)
	}
	r.soon("the bus carries the alarm", func() bool { return len(changes()) == 1 })
	if diff := cmp.Diff(want, changes()[0].Alarm); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if again, err := a.Raise(t.Context(), in); err != nil || again.ID != got.ID {
		t.Errorf("raised again: %+v, %v", again, err)
	}
	if _, events, err := a.Get(t.Context(), got.ID); err != nil || len(events) != 1 || events[0].Kind != AlarmRaised || !events[0].At.Equal(at) || events[0].RecordedAt.Before(at) {
		t.Errorf("events %+v, %v", events, err)
	}
}

func TestRaiseWithoutADevice(t *testing.T) {
	r := newRoom(t)
	got, err := NewAlarms(r.db, r.live).Raise(t.Context(), report("ingest/queue", 3))
	if err != nil || got.Thing != "" || got.Unit != "" || got.Sector != "" || got.Lon != 0 || got.RaisedAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRaiseRefuses(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	for field, in := range map[string]haidang.AlarmReport{"cause": report("", 1), "priority": report("x", 5), "title": {Cause: "x", Priority: 1}} {
		_, err := a.Raise(t.Context(), in)
		wantRefusal(t, err, haidang.ErrInvalid, field)
	}
}

func TestAcknowledge(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	alarm, err := a.Raise(t.Context(), report("x", 2))
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Acknowledge(t.Context(), alarm.ID, "lan", "  ")
	wantRefusal(t, err, haidang.ErrInvalid, "note")
	_, err = a.Acknowledge(t.Context(), alarm.ID+1, "lan", "Gọi trạm")
	wantRefusal(t, err, haidang.ErrNotFound, "")
	got, err := a.Acknowledge(t.Context(), alarm.ID, "lan", " Gọi trạm\x00 ")
	if err != nil || got.State != haidang.AlarmAcked || got.AckedBy != "lan" || got.AckNote != "Gọi trạm" || got.AckedAt == nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = a.Acknowledge(t.Context(), alarm.ID, "lan", ""); err != nil {
		t.Errorf("the same person again: %v", err)
	}
	_, err = a.Acknowledge(t.Context(), alarm.ID, "minh", "Tôi cũng")
	wantRefusal(t, err, haidang.ErrConflict, "")

	rows, err := audit.List(t.Context(), r.db, 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Actor != "lan" || rows[0].Object != fmt.Sprintf("alarm/%d", alarm.ID) {
		t.Errorf("audit %+v, %v", rows, err)
	}
	low, err := a.Raise(t.Context(), report("y", 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Acknowledge(t.Context(), low.ID, "lan", ""); err != nil {
		t.Errorf("priority 3 without a note: %v", err)
	}
}

func TestWorseningTakesTheAlarmAwayFromWhoTookIt(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	alarm, err := a.Raise(t.Context(), report("x", 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Acknowledge(t.Context(), alarm.ID, "lan", ""); err != nil {
		t.Fatal(err)
	}
	if same, err := a.Raise(t.Context(), report("x", 4)); err != nil || same.State != haidang.AlarmAcked || same.Priority != 3 {
		t.Errorf("a milder report: %+v, %v", same, err)
	}
	worse, err := a.Raise(t.Context(), report("x", 1))
	if err != nil || worse.State != haidang.AlarmUnacked || worse.Priority != 1 || worse.AckedBy != "" || worse.AckedAt != nil {
		t.Errorf("%+v, %v", worse, err)
	}
}

// model is the machine written down as a table, from the standard and not from the code.
var model = map[string]string{
	"normal occurs": "unacked raise", "normal clears": "", "normal taken": "",
	"unacked occurs": "", "unacked clears": "rtn_unack clear", "unacked taken": "acked acknowledge",
	"acked occurs": "", "acked clears": "normal clear", "acked taken": "",
	"rtn_unack occurs": "unacked raise_again", "rtn_unack clears": "", "rtn_unack taken": "normal acknowledge",
	"unacked worsens": "unacked escalate", "acked worsens": "unacked escalate", "rtn_unack worsens": "unacked raise_again",
}

// expected is what the model says the alarm of one cause is now.
type expected struct {
	state    string
	priority int
	events   []string // of the alarm that stands or stood last
}

func (e *expected) step(what string, priority int) {
	if what == "occurs" && e.state != "normal" && priority < e.priority {
		what = "worsens"
	}
	to := model[e.state+" "+what]
	if to == "" {
		return
	}
	if e.state == "normal" {
		e.priority, e.events = priority, nil
	} else if what != "clears" && what != "taken" {
		e.priority = min(e.priority, priority)
	}
	var kind string
	_, _ = fmt.Sscan(to, &e.state, &kind)
	e.events = append(e.events, kind+" "+e.state)
}

// Whatever happens in whatever order, the database holds what the model says.
func TestAlarmsFollowTheModel(t *testing.T) {
	r := newRoom(t)
	a, run := NewAlarms(r.db, r.live), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		cause, want, id := fmt.Sprint("cause/", run), expected{state: "normal"}, haidang.AlarmID(0)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch what := rapid.SampledFrom([]string{"occurs", "occurs", "clears", "taken"}).Draw(rt, "what"); what {
			case "occurs":
				p := rapid.IntRange(1, 4).Draw(rt, "priority")
				alarm, err := a.Raise(t.Context(), report(cause, p))
				if err != nil {
					rt.Fatal(err)
				}
				id = alarm.ID
				want.step(what, p)
			case "clears":
				if err := a.Clear(t.Context(), cause, time.Now(), "seasonal", "back below"); err != nil {
					rt.Fatal(err)
				}
				want.step(what, 0)
			case "taken":
				if id == 0 {
					continue
				}
				if _, err := a.Acknowledge(t.Context(), id, "lan", "Gọi trạm"); err != nil {
					rt.Fatal(err)
				}
				want.step(what, 0)
			}
			if id != 0 {
				compare(rt, a, id, want)
			}
		}
	})
}

func compare(rt *rapid.T, a *Alarms, id haidang.AlarmID, want expected) {
	alarm, events, err := a.Get(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	got := expected{state: string(alarm.State), priority: alarm.Priority}
	for _, e := range events {
		got.events = append(got.events, fmt.Sprint(e.Kind, " ", e.State))
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(expected{})); diff != "" {
		rt.Fatalf("(-model +database):\n%s", diff)
	}
}

// Many models report the same cause at the same moment: one alarm, one event.
func TestManyRaisersMakeOneAlarm(t *testing.T) {
	r := newRoom(t)
	for round := range 10 {
		cause := fmt.Sprint("round/", round)
		ids := make(chan haidang.AlarmID, 8)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				alarm, err := NewAlarms(r.db, r.live).Raise(t.Context(), report(cause, 2))
				if err != nil {
					t.Error(err)
				}
				ids <- alarm.ID
			})
		}
		all.Wait()
		close(ids)
		first := <-ids
		for id := range ids {
			if id != first {
				t.Errorf("two alarms, %d and %d", first, id)
			}
		}
		if _, events, err := NewAlarms(r.db, r.live).Get(t.Context(), first); err != nil || len(events) != 1 {
			t.Errorf("events %+v, %v", events, err)
		}
	}
}

// Two people take the same alarm at the same moment: one has it, one is told who.
func TestTwoTakersOneTakes(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	for round := range 10 {
		alarm, err := a.Raise(t.Context(), report(fmt.Sprint("round/", round), 2))
		if err != nil {
			t.Fatal(err)
		}
		outcome := make(chan error, 2)
		for _, who := range []haidang.AccountName{"lan", "minh"} {
			go func() {
				_, err := a.Acknowledge(t.Context(), alarm.ID, who, "Tôi xử lý")
				outcome <- err
			}()
		}
		one, two := <-outcome, <-outcome
		if (one == nil) == (two == nil) {
			t.Errorf("round %d: %v and %v", round, one, two)
		}
		wantRefusal(t, errors.Join(one, two), haidang.ErrConflict, "")
	}
}

// Raisers, clearers and takers run wild on few causes; afterwards each alarm's
// events lead from normal to its state by steps that the model knows.
func TestWildTrafficKeepsEveryAlarmInTheMachine(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 40 {
				cause := fmt.Sprint("cause/", rand.IntN(2))
				var err error
				switch rand.IntN(3) {
				case 0:
					_, err = a.Raise(t.Context(), report(cause, 1+rand.IntN(4)))
				case 1:
					err = a.Clear(t.Context(), cause, time.Now(), "seasonal", "")
				case 2:
					standing, listErr := a.Standing(t.Context())
					if err = listErr; len(standing) > 0 {
						_, err = a.Acknowledge(t.Context(), standing[0].ID, haidang.AccountName(fmt.Sprint("p", rand.IntN(3))), "Tôi xử lý")
					}
				}
				if err != nil && haidang.CodeOf(err) != haidang.ErrConflict {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	alarms, err := a.List(t.Context(), AlarmFilter{Limit: 500})
	if err != nil || len(alarms) < 2 {
		t.Fatalf("%d alarms, %v", len(alarms), err)
	}
	for _, alarm := range alarms {
		checkHistory(t, a, alarm)
	}
	if err := audit.Verify(t.Context(), r.db); err != nil {
		t.Error(err)
	}
}

func checkHistory(t *testing.T, a *Alarms, alarm haidang.Alarm) {
	t.Helper()
	_, events, err := a.Get(t.Context(), alarm.ID)
	if err != nil || len(events) == 0 {
		t.Fatalf("alarm %d: %d events, %v", alarm.ID, len(events), err)
	}
	steps := map[AlarmEventKind][]string{AlarmRaised: {"occurs"}, AlarmRaisedAgain: {"occurs"}, AlarmEscalated: {"worsens"}, AlarmAcknowledged: {"taken"}, AlarmCleared: {"clears"}}
	state := "normal"
	for _, e := range events {
		to := fmt.Sprint(e.State, " ", e.Kind)
		if got := model[state+" "+steps[e.Kind][0]]; got != to {
			t.Errorf("alarm %d went from %s by %s to %s", alarm.ID, state, e.Kind, e.State)
		}
		state = string(e.State)
	}
	if state != string(alarm.State) {
		t.Errorf("alarm %d is %s, its events end at %s", alarm.ID, alarm.State, state)
	}
}

func TestAlarmLists(t *testing.T) {
	r := newRoom(t)
	a := NewAlarms(r.db, r.live)
	for i, p := range []int{4, 1, 3} {
		if _, err := a.Raise(t.Context(), report(fmt.Sprint("c", i), p)); err != nil {
			t.Fatal(err)
		}
	}
	gone, _ := a.Raise(t.Context(), report("gone", 3))
	if _, err := a.Acknowledge(t.Context(), gone.ID, "lan", ""); err != nil {
		t.Fatal(err)
	}
	if err := a.Clear(t.Context(), "gone", time.Now(), "seasonal", ""); err != nil {
		t.Fatal(err)
	}
	standing, err := a.Standing(t.Context())
	if err != nil || len(standing) != 3 || standing[0].Priority != 1 || standing[2].Priority != 4 {
		t.Errorf("standing %+v, %v", standing, err)
	}
	page, err := a.List(t.Context(), AlarmFilter{Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != gone.ID || page[0].State != haidang.AlarmNormal {
		t.Errorf("page %+v, %v", page, err)
	}
	rest, err := a.List(t.Context(), AlarmFilter{Standing: true, Before: page[1].ID, Limit: 500})
	if err != nil || len(rest) != 2 {
		t.Errorf("rest %+v, %v", rest, err)
	}
	_, _, err = a.Get(t.Context(), 9999)
	wantRefusal(t, err, haidang.ErrNotFound, "")
}

func TestEventsAreAppendOnly(t *testing.T) {
	r := newRoom(t)
	if _, err := NewAlarms(r.db, r.live).Raise(t.Context(), report("x", 2)); err != nil {
		t.Fatal(err)
	}
	for _, tamper := range []string{`UPDATE alarm_event SET actor = 'x'`, `DELETE FROM alarm_event`, `TRUNCATE alarm_event`, `UPDATE service_request_event SET note = ''`} {
		if _, err := r.db.Exec(t.Context(), tamper); err == nil {
			t.Errorf("%s was allowed", tamper)
		}
	}
}
