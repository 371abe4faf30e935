package ingest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReportSink files citizens' reports. AcceptReport runs inside the transaction
// of the batch, behind a savepoint: an error undoes its own writes only. A
// *haidang.Error turns the message into a dead letter; any other error makes the
// whole batch try again. committed, when not nil, runs after COMMIT.
type ReportSink interface {
	AcceptReport(ctx context.Context, tx pgx.Tx, channel string, payload []byte, receivedAt time.Time) (committed func(), err error)
}
