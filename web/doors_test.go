package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"haidang/internal/auth"
)

// deadlined notes until when an answer may be written.
type deadlined struct {
	http.ResponseWriter
	until time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error { d.until = t; return nil }

// A large changeset takes longer than an answer usually may: who edits is told what became
// of it, all the same.
func TestEditsAreAnswered(t *testing.T) {
	t.Parallel()
	d := &doors{mux: http.NewServeMux(), refuse: func(context.Context, auth.Action, error) {}}
	for pattern, action := range map[string]auth.Action{"POST /edit": auth.LayerEdit, "POST /read": auth.CatalogueRead} {
		d.handle(action, pattern, func(http.ResponseWriter, *http.Request) error { return nil })
	}
	editor := &visitor{resolve: func() (*auth.Principal, error) {
		return &auth.Principal{Account: "lan", Grants: []auth.Grant{{Role: auth.RoleEditor}}}, nil
	}}
	for path, want := range map[string]time.Duration{"/edit": 4 * time.Minute, "/read": 0} {
		w := &deadlined{ResponseWriter: httptest.NewRecorder()}
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), visitorKey{}, editor), http.MethodPost, path, nil)
		d.ServeHTTP(w, r)
		if got := time.Until(w.until); want > 0 && got < want || want == 0 && !w.until.IsZero() {
			t.Errorf("%s: %s to answer, want %s", path, got, want)
		}
	}
}
