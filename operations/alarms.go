package operations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/bus"
)

// Alarms are the alarms of the house. It is safe for concurrent use, also by
// several processes on one database.
type Alarms struct {
	pool *pgxpool.Pool
	bus  *bus.Bus
	now  func() time.Time
}

// NewAlarms makes the door to the alarms in the database; changes go out on the bus.
func NewAlarms(pool *pgxpool.Pool, b *bus.Bus) *Alarms {
	return &Alarms{pool: pool, bus: b, now: time.Now}
}

// Raise says that a cause stands. The first report makes an alarm; further ones
// change nothing unless the priority worsens or the alarm had returned to normal
// unacknowledged. Of several at once one makes the alarm. It returns ErrInvalid for
// a report without a cause, a title or a priority from 1 to 4.
func (a *Alarms) Raise(ctx context.Context, r haidang.AlarmReport) (haidang.Alarm, error) {
	if err := checkAlarmReport(r); err != nil {
		return haidang.Alarm{}, err
	}
	r.At = a.notLater(r.At)
	for range 5 { // an alarm that becomes normal between two statements is raised anew
		alarm, changed, err := a.tryRaise(ctx, r)
		if err != nil || alarm.ID != 0 {
			return a.announce(alarm, changed, err)
		}
	}
	return haidang.Alarm{}, fmt.Errorf("raise %s: it comes and goes too fast", r.Cause)
}

func checkAlarmReport(r haidang.AlarmReport) error {
	switch {
	case r.Cause == "" || len(r.Cause) > 300:
		return haidang.RefuseField("cause", "Báo động phải có nguyên nhân, dài nhất 300 ký tự.", "An alarm needs a cause of at most 300 characters.")
	case r.Priority < 1 || r.Priority > 4:
		return haidang.RefuseField("priority", "Mức ưu tiên là từ 1 đến 4.", "A priority is from 1 to 4.")
	case r.Title.VI == "" || r.Title.EN == "":
		return haidang.RefuseField("title", "Báo động phải có tên bằng tiếng Việt và tiếng Anh.", "An alarm needs a title in Vietnamese and in English.")
	}
	return nil
}

// notLater is the time of a report, or now when it has none or one to come.
func (a *Alarms) notLater(at time.Time) time.Time {
	if now := a.now(); at.IsZero() || at.After(now) {
		return now
	}
	return at
}

// tryRaise moves the standing alarm of the cause or makes one. It returns an alarm
// without ID when the one it met was gone at the next look.
func (a *Alarms) tryRaise(ctx context.Context, r haidang.AlarmReport) (alarm haidang.Alarm, changed bool, err error) {
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		alarm, err = lockStanding(ctx, tx, r.Cause)
		if errors.Is(err, pgx.ErrNoRows) {
			alarm, err = insertAlarm(ctx, tx, r)
			changed = err == nil
			if errors.Is(err, pgx.ErrNoRows) {
				return nil // somebody else was first
			}
			return orEvent(ctx, tx, err, alarm, AlarmEvent{At: r.At, Kind: AlarmRaised, Actor: r.By})
		}
		if err != nil {
			return err
		}
		to, kind := move{alarm.State, alarm.Priority}.next(occurs, r.Priority)
		if changed = kind != ""; !changed {
			return nil
		}
		alarm, err = retitle(ctx, tx, alarm.ID, to, r)
		return orEvent(ctx, tx, err, alarm, AlarmEvent{At: r.At, Kind: kind, Actor: r.By})
	})
	if err != nil {
		return haidang.Alarm{}, false, fmt.Errorf("raise %s: %w", r.Cause, err)
	}
	return alarm, changed, nil
}

// Clear says that a cause has gone, in the name of the model or rule that saw it.
// A cause that does not stand is no error.
func (a *Alarms) Clear(ctx context.Context, cause string, at time.Time, by, note string) error {
	at = a.notLater(at)
	var alarm haidang.Alarm
	changed := false
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) (err error) {
		alarm, err = lockStanding(ctx, tx, cause)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		to, kind := move{alarm.State, alarm.Priority}.next(clears, alarm.Priority)
		if changed = kind != ""; !changed {
			return nil
		}
		alarm, err = moveAlarm(ctx, tx, alarm.ID, to, at)
		return orEvent(ctx, tx, err, alarm, AlarmEvent{At: at, Kind: kind, Actor: by, Note: note})
	})
	if err != nil {
		return fmt.Errorf("clear %s: %w", cause, err)
	}
	_, err = a.announce(alarm, changed, nil)
	return err
}

const maxNote = 1000 // characters

// Acknowledge says that somebody has taken the alarm. Priorities 1 and 2 need a
// note of what will be done. Taking again what one has taken changes nothing; what
// somebody else has taken is ErrConflict with that name. It also returns
// ErrNotFound and ErrInvalid.
func (a *Alarms) Acknowledge(ctx context.Context, id haidang.AlarmID, by haidang.AccountName, note string) (haidang.Alarm, error) {
	note, err := cleanNote(note)
	if err != nil {
		return haidang.Alarm{}, err
	}
	var alarm haidang.Alarm
	changed := false
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) (err error) {
		if alarm, err = lockAlarm(ctx, tx, id); err != nil {
			return err
		}
		to, kind := move{alarm.State, alarm.Priority}.next(taken, alarm.Priority)
		if changed = kind != ""; !changed {
			return alreadyTaken(alarm, by)
		}
		if alarm.Priority <= 2 && note == "" {
			return haidang.RefuseField("note", "Báo động mức 1 và 2 cần ghi chú: sẽ làm gì.", "An alarm of priority 1 or 2 needs a note of what will be done.")
		}
		at := a.now()
		alarm, err = takeAlarm(ctx, tx, id, to, at, by, note)
		if err = orEvent(ctx, tx, err, alarm, AlarmEvent{At: at, Kind: kind, Actor: string(by), Note: note}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: by, Action: "alarm.acknowledge", Object: fmt.Sprintf("alarm/%d", id),
			Detail: map[string]any{"cause": alarm.Cause, "priority": alarm.Priority, "note": note}})
	})
	return a.announce(alarm, changed, err)
}

// alreadyTaken is nil when the same person has taken the alarm before.
func alreadyTaken(alarm haidang.Alarm, by haidang.AccountName) error {
	if alarm.AckedBy == by {
		return nil
	}
	return haidang.Refuse(haidang.ErrConflict,
		fmt.Sprintf("Báo động này %s đã nhận trước rồi.", alarm.AckedBy),
		fmt.Sprintf("%s has already taken this alarm.", alarm.AckedBy))
}

func cleanNote(note string) (string, error) {
	note = tidy(note)
	if utf8.RuneCountInString(note) > maxNote {
		return "", haidang.RefuseField("note", fmt.Sprintf("Ghi chú dài nhất là %d ký tự. Hãy viết ngắn hơn.", maxNote),
			fmt.Sprintf("A note has at most %d characters. Make it shorter.", maxNote))
	}
	return note, nil
}

// announce tells the bus about a committed change.
func (a *Alarms) announce(alarm haidang.Alarm, changed bool, err error) (haidang.Alarm, error) {
	if err != nil {
		return haidang.Alarm{}, err
	}
	if changed {
		publish(a.bus, haidang.AlarmChanged{Alarm: alarm})
	}
	return alarm, nil
}

// publish sends an event that listeners may miss: they read the database again.
func publish(b *bus.Bus, e haidang.Event) {
	if err := b.Publish(e); err != nil {
		slog.Warn("operations: event not sent", "subject", e.Subject(), "error", err)
	}
}
