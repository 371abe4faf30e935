package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// DeviceAccount is what became of one device's traffic. Messages counts messages,
// the next four count readings: received = stored + duplicate + conflict + dead.
type DeviceAccount struct {
	Thing        haidang.ThingID `json:"thing"`
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Messages     int64           `json:"messages"`
	Stored       int64           `json:"stored"`
	Duplicate    int64           `json:"duplicate"`
	Conflict     int64           `json:"conflict"`
	Dead         int64           `json:"dead"`
	Refusals     int64           `json:"refusals"`
	LastReceived *time.Time      `json:"lastReceived"`
	Online       *bool           `json:"online"`
	SeqLast      *int64          `json:"seqLast"`    // of its own sequence; nil: it sends none
	SeqMissing   int64           `json:"seqMissing"` // numbers never seen
	SeqGaps      int             `json:"seqGaps"`    // stretches of them that may still be filled
	CutUntil     *time.Time      `json:"cutUntil"`   // refused until then, for sending too often
}

// selectDevices reads accounts less what they were at an instant, that of a
// snapshot or before all of them.
const selectDevices = `
	SELECT t.id, t.name, t.type, a.messages - coalesce(p.messages, 0), a.stored - coalesce(p.stored, 0), a.duplicate - coalesce(p.duplicate, 0),
	       a.conflict - coalesce(p.conflict, 0), a.dead - coalesce(p.dead, 0), greatest(0, coalesce(f.attempts, 0) - coalesce(p.refusals, 0)), -- old attempts are forgotten
	       a.last_received, s.online, a.seq_last, a.seq_missing, CASE WHEN a.seq_gaps = '' THEN 0 ELSE json_array_length(a.seq_gaps::json) END,
	       CASE WHEN a.cut_until > now() THEN a.cut_until END
	FROM thing t JOIN device_account a ON a.thing = t.id
	LEFT JOIN LATERAL (SELECT online FROM thing_status s WHERE s.thing = t.id ORDER BY s.at DESC, s.id DESC LIMIT 1) s ON true
	LEFT JOIN (SELECT thing, sum(attempts)::bigint AS attempts FROM mqtt_refusal GROUP BY thing) f ON f.thing = t.id
	LEFT JOIN LATERAL (SELECT * FROM account_snapshot_device p WHERE p.thing = t.id AND p.at <= $1 ORDER BY p.at DESC LIMIT 1) p ON true`

// Devices returns the account of every registered device since the newest
// snapshot at or before an instant, and when that was: nil, and everything, when
// there is none.
func (l *Ledger) Devices(ctx context.Context, since time.Time) ([]DeviceAccount, *time.Time, error) {
	at, err := l.snapshotBefore(ctx, since)
	if err != nil {
		return nil, nil, err
	}
	rows, err := l.pool.Query(ctx, selectDevices+` ORDER BY t.id`, at)
	if err != nil {
		return nil, nil, err
	}
	devices, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DeviceAccount])
	return devices, at, err
}

// DeviceDetail is all that is known of one device's traffic.
type DeviceDetail struct {
	Device     DeviceAccount   `json:"device"`
	Sequence   *DeviceSequence `json:"sequence"` // nil: it sends no numbers
	Streams    []StreamLatest  `json:"streams"`
	Attributes []Attribute     `json:"attributes"`
	Refusals   []Refusal       `json:"refusals"` // the newest hundred kinds
}

// DeviceSequence is what is known of the numbers a device gives its messages.
type DeviceSequence struct {
	Last    int64 `json:"last"`
	Missing int64 `json:"missing"` // never seen, of all runs
	Resets  int64 `json:"resets"`  // times the counter began anew
	Gaps    []gap `json:"gaps"`    // of this run, oldest first
}

// StreamLatest is one property of a device with its latest value.
type StreamLatest struct {
	ID       haidang.DatastreamID `json:"id"`
	Property haidang.PropertyCode `json:"property"`
	Value    *float64             `json:"value"`
	Time     *time.Time           `json:"time"`
	Quality  haidang.Quality      `json:"quality"`
}

// Attribute is what a device says about itself.
type Attribute struct {
	Name      string          `json:"name"`
	Value     json.RawMessage `json:"value"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// Device returns one device's account since counting began. An unknown one is an
// ErrNotFound.
func (l *Ledger) Device(ctx context.Context, thing haidang.ThingID) (d DeviceDetail, err error) {
	rows, err := l.pool.Query(ctx, selectDevices+` WHERE t.id = $2`, nil, thing)
	if err != nil {
		return d, err
	}
	d.Device, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DeviceAccount])
	if errors.Is(err, pgx.ErrNoRows) {
		return d, haidang.Refuse(haidang.ErrNotFound, "Không có thiết bị này; hãy kiểm tra lại tên.", "There is no such device; check the name.")
	}
	if err != nil {
		return d, err
	}
	if d.Sequence, err = l.sequence(ctx, thing); err != nil {
		return d, err
	}
	if d.Streams, err = l.streams(ctx, thing); err != nil {
		return d, err
	}
	if d.Attributes, err = l.attributes(ctx, thing); err != nil {
		return d, err
	}
	d.Refusals, err = l.refusalsOf(ctx, thing)
	return d, err
}

func (l *Ledger) sequence(ctx context.Context, thing haidang.ThingID) (*DeviceSequence, error) {
	var last *int64
	s := DeviceSequence{Gaps: []gap{}}
	var gaps string
	err := l.pool.QueryRow(ctx, `SELECT seq_last, seq_missing, seq_resets, seq_gaps FROM device_account WHERE thing = $1`, thing).
		Scan(&last, &s.Missing, &s.Resets, &gaps)
	if err != nil || last == nil {
		return nil, err
	}
	if s.Last = *last; gaps != "" {
		err = json.Unmarshal([]byte(gaps), &s.Gaps)
	}
	return &s, err
}

func (l *Ledger) streams(ctx context.Context, thing haidang.ThingID) ([]StreamLatest, error) {
	rows, err := l.pool.Query(ctx, `SELECT id, property, result, phenomenon_time, quality FROM (`+selectStreams+`) s WHERE s.thing = $2 ORDER BY id`,
		haidang.Flags, thing)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StreamLatest])
}

func (l *Ledger) attributes(ctx context.Context, thing haidang.ThingID) ([]Attribute, error) {
	rows, err := l.pool.Query(ctx, `SELECT name, value, updated_at FROM thing_attribute WHERE thing = $1 ORDER BY name`, thing)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Attribute])
}

func (l *Ledger) refusalsOf(ctx context.Context, thing haidang.ThingID) ([]Refusal, error) {
	rows, err := l.pool.Query(ctx, `SELECT thing, kind, topic, attempts, first_at, last_at FROM mqtt_refusal
		WHERE thing = $1 ORDER BY last_at DESC LIMIT 100`, thing)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Refusal])
}
