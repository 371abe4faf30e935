package analytics

import (
	"context"
	"time"

	"haidang"
)

// Alarmer is where the Runner says that a cause stands or has gone. Operations satisfies it.
type Alarmer interface {
	Raise(ctx context.Context, report haidang.AlarmReport) (haidang.Alarm, error)
	Clear(ctx context.Context, cause string, at time.Time, by, note string) error
}

// Flagger keeps what the model says about single readings. Ingest, which owns the table, satisfies it.
type Flagger interface {
	FlagObservations(ctx context.Context, flags []haidang.ObservationFlag) error
}
