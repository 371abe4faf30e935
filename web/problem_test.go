package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
)

// Who asks while the database is away, or out of disk, is asked to come again; a mistake of
// ours is not said to be that.
func TestWhatCannotBeNow(t *testing.T) {
	t.Parallel()
	for want, causes := range map[haidang.ErrorCode][]error{
		haidang.ErrUnavailable: {&pgconn.PgError{Code: "53100"}, &pgconn.PgError{Code: "53300"}, &pgconn.PgError{Code: "57P01"}, &pgconn.ConnectError{}, io.ErrUnexpectedEOF, context.DeadlineExceeded},
		haidang.ErrInternal:    {&pgconn.PgError{Code: "42P01"}, &pgconn.PgError{Code: "57014"}, errors.New("a mistake")},
	} {
		for _, cause := range causes {
			if got := refusalOf(fmt.Errorf("read a thing: %w", cause)); got.Code != want || got.Cause == nil {
				t.Errorf("%#v: %s, want %s", cause, got.Code, want)
			}
		}
	}
}
