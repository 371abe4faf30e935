package ogc

import (
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// flow is a pen whose ink runs to a reader. Up to flowStart bytes wait until all is
// there; then they go, and what follows in pieces of flowSize.
type flow struct {
	pen
	w     http.ResponseWriter
	begun int64 // bytes that are gone
}

const (
	flowStart = 4 << 20
	flowSize  = 256 << 10
	flowPause = time.Minute // longest wait for a reader to take one piece
)

// flush hands on what is there when it is at least so much. An error means that the
// reader is gone.
func (f *flow) flush(least int) error {
	if f.begun == 0 && least > 0 {
		least = flowStart
	}
	if len(f.b) < least || len(f.b) == 0 {
		return nil
	}
	for piece := range slices.Chunk(f.b, flowSize) {
		_ = http.NewResponseController(f.w).SetWriteDeadline(time.Now().Add(flowPause)) // a recorder of a test has none
		n, err := f.w.Write(piece)
		if f.begun += int64(n); err != nil {
			return err
		}
	}
	f.b = f.b[:0]
	return nil
}

// cut ends an answer that cannot be finished: as an error when nothing of it is gone,
// else by ending the connection, so that nobody takes a part for the whole.
func (f *flow) cut(err error) error {
	if f.begun == 0 {
		return err
	}
	slog.Warn("ogc: an answer was cut off", "bytes", f.begun, "error", err)
	panic(http.ErrAbortHandler)
}
