package ingest

import (
	"context"
	"errors"
	"strings"
	"time"

	"haidang/internal/bus"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// DeadLetter is a message, or some readings of it, that could not be stored. It
// stays open until each of its readings has found another end.
type DeadLetter struct {
	ID         int64           `json:"id"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Topic      string          `json:"topic"`
	Thing      haidang.ThingID `json:"thing"`
	Reason     string          `json:"reason"` // one of the Reason constants
	Detail     string          `json:"detail"`
	Decoder    string          `json:"decoder"`
	Payload    []byte          `json:"payload"`  // of a long one the beginning only
	Size       int             `json:"size"`     // of the whole payload, bytes
	Readings   int             `json:"readings"` // still dead, as the account counts them
	ResolvedAt *time.Time      `json:"resolvedAt"`
	ResolvedBy string          `json:"resolvedBy"`
	Outcome    Outcome         `json:"outcome"` // how readings ended that were played again

	account   haidang.ThingID // that counts it as dead
	positions []int32         // in the decoded message; nil: the message as a whole
}

// Outcome says how the readings of dead letters ended when they were played again.
type Outcome struct {
	Stored    int `json:"stored"`
	Duplicate int `json:"duplicate"`
	Conflict  int `json:"conflict"`
}

// DeadLetterFilter chooses dead letters. Empty fields choose all.
type DeadLetterFilter struct {
	Before       int64 // only those with a smaller number
	Reason       string
	Thing        haidang.ThingID
	Text         string // in the topic, the detail or the payload, letters of either case
	Since, Until time.Time
	State        string // "open", "resolved", or anything else for both
	NoReports    bool   // none of a citizen's report, which holds what a stranger may not read
	Limit        int    // at most 1000
}

// DeadLetters finds dead letters, and plays them again.
type DeadLetters struct {
	pool    *pgxpool.Pool
	bus     *bus.Bus   // hears of latest values that move; may be nil
	reports ReportSink // files citizens' reports; may be nil
}

// NewDeadLetters makes a DeadLetters on a migrated database.
func NewDeadLetters(pool *pgxpool.Pool, live *bus.Bus, reports ReportSink) *DeadLetters {
	return &DeadLetters{pool, live, reports}
}

// shownPayload bounds what a list shows of a payload: a page must not hold a
// thousand messages of a megabyte.
const shownPayload = 4096

// ofReport is the condition of a citizen's report.
const ofReport = `topic LIKE 'v1/channels/%'`

// chosen is the condition of a DeadLetterFilter; its arguments are @names.
const chosen = `(@before = 0 OR id < @before) AND (@reason = '' OR reason = @reason) AND (@thing = '' OR thing = @thing)
	AND (@text = '' OR topic ILIKE @like OR detail ILIKE @like OR position(convert_to(@text, 'UTF8') IN payload) > 0)
	AND (@since::timestamptz IS NULL OR received_at >= @since) AND (@until::timestamptz IS NULL OR received_at < @until)
	AND NOT (@noReports AND ` + ofReport + `)
	AND CASE @state WHEN 'open' THEN resolved_at IS NULL WHEN 'resolved' THEN resolved_at IS NOT NULL ELSE true END`

func (f DeadLetterFilter) args() pgx.NamedArgs {
	return pgx.NamedArgs{"before": f.Before, "reason": f.Reason, "thing": string(f.Thing), "text": f.Text, "like": "%" + likeEscaper.Replace(f.Text) + "%",
		"since": moment(f.Since), "until": moment(f.Until), "state": f.State, "noReports": f.NoReports, "limit": min(max(f.Limit, 1), 1000)}
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// moment makes the zero time an SQL NULL.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// Find returns the chosen dead letters, newest first, each with the first
// shownPayload bytes of its payload.
func (d *DeadLetters) Find(ctx context.Context, f DeadLetterFilter) ([]DeadLetter, error) {
	args := f.args()
	args["shown"] = shownPayload
	rows, err := d.pool.Query(ctx, `SELECT id, received_at, topic, thing, reason, detail, decoder, substring(payload FOR @shown),
		octet_length(payload), readings, resolved_at, resolved_by, stored, duplicate, conflict
		FROM dead_letter WHERE `+chosen+` ORDER BY id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l DeadLetter, err error) {
		err = row.Scan(&l.ID, &l.ReceivedAt, &l.Topic, &l.Thing, &l.Reason, &l.Detail, &l.Decoder, &l.Payload, &l.Size,
			&l.Readings, &l.ResolvedAt, &l.ResolvedBy, &l.Outcome.Stored, &l.Outcome.Duplicate, &l.Outcome.Conflict)
		return l, err
	})
}

// ReasonCount says how many of the chosen dead letters have a reason.
type ReasonCount struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Reasons counts the chosen dead letters by reason, the most frequent first.
func (d *DeadLetters) Reasons(ctx context.Context, f DeadLetterFilter) ([]ReasonCount, error) {
	f.Before = 0
	rows, err := d.pool.Query(ctx, `SELECT reason, count(*) FROM dead_letter WHERE `+chosen+` GROUP BY reason ORDER BY count(*) DESC, reason`, f.args())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ReasonCount])
}

// Payload returns what was received, to the last byte; with noReports a citizen's
// report is not found.
func (d *DeadLetters) Payload(ctx context.Context, id int64, noReports bool) (payload []byte, err error) {
	err = d.pool.QueryRow(ctx, `SELECT payload FROM dead_letter WHERE id = $1 AND NOT ($2 AND `+ofReport+`)`, id, noReports).Scan(&payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, haidang.Refuse(haidang.ErrNotFound, "Không có tin này; có thể đã quá hạn lưu.", "There is no such dead letter; it may have been kept long enough.")
	}
	return payload, err
}
