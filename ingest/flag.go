package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/ingest/quality"
)

// said is what a device says about one of its own readings. An empty flag says nothing.
type said struct {
	flag   haidang.Quality // one of which OfDevice holds
	reason string
}

// Who gives flags at the door.
const (
	flaggedByIngest = "ingest"
	flaggedByDevice = "device"
)

// flagged is what quality and the device say of a row that is stored, or the
// device of one that it sends again.
func (r row) flagged() []haidang.ObservationFlag {
	var flags []haidang.ObservationFlag
	say := func(flag haidang.Quality, by, reason string) {
		flags = append(flags, haidang.ObservationFlag{Datastream: r.stream.id, PhenomenonTime: r.time, Flag: flag, Set: true, By: by, Reason: reason})
	}
	for _, f := range r.flags {
		say(f, flaggedByIngest, quality.Reason(f))
	}
	if r.said.flag != "" {
		say(r.said.flag, flaggedByDevice, r.said.reason)
	}
	return flags
}

// insertFlag writes a flag unless it already stands as said.
const insertFlag = `INSERT INTO observation_flag (datastream, phenomenon_time, flag, set, flagged_by, reason)
	SELECT $1, $2, $3, $4, $5, $6 WHERE $4 IS DISTINCT FROM coalesce((SELECT set FROM observation_flag
		WHERE datastream = $1 AND phenomenon_time = $2 AND flag = $3 ORDER BY id DESC LIMIT 1), false)`

// FlagObservations keeps what models say about single readings, all flags or none.
func (r *Registry) FlagObservations(ctx context.Context, flags []haidang.ObservationFlag) error {
	b := &pgx.Batch{}
	for _, f := range flags {
		b.Queue(insertFlag, f.Datastream, f.PhenomenonTime, f.Flag, f.Set, f.By, f.Reason)
	}
	if err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() }); err != nil {
		return fmt.Errorf("flag %d readings: %w", len(flags), err)
	}
	return nil
}

func writeFlag(ctx context.Context, tx pgx.Tx, f haidang.ObservationFlag) (changed bool, err error) {
	tag, err := tx.Exec(ctx, insertFlag, f.Datastream, f.PhenomenonTime, f.Flag, f.Set, f.By, f.Reason)
	return tag.RowsAffected() > 0, err
}
