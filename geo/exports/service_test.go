package exports_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/exports"
	"haidang/internal/auth"
	"haidang/internal/jobs"
)

var admin = &auth.Principal{Account: "ba", Grants: []auth.Grant{{Role: auth.RoleAdmin}}}

func running(t *testing.T, pool *pgxpool.Pool, c exports.Config) *exports.Service {
	t.Helper()
	c.Pool = pool
	queue := jobs.New(jobs.Config{Pool: pool})
	s := exports.NewService(c, queue)
	for _, start := range []func(context.Context) error{s.Start, queue.Start} {
		if err := start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, stop := range []func(context.Context) error{queue.Stop, s.Stop, s.Stop} {
			if err := stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// finished waits for an export's job to end.
func finished(t *testing.T, s *exports.Service, id int64) exports.Export {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		e, err := s.Get(t.Context(), admin, id)
		if err != nil {
			t.Fatal(err)
		}
		if e.Job != nil && e.Job.State.Over() {
			return e
		}
	}
	t.Fatal("the export does not end")
	return exports.Export{}
}

func TestExportIsMadeKeptAndFetched(t *testing.T) {
	t.Parallel()
	pool, _ := house(t)
	folder := filepath.Join(t.TempDir(), "exports")
	s := running(t, pool, exports.Config{Folder: folder})
	id, err := s.Request(t.Context(), admin, "plot", exports.Request{Format: exports.GeoJSON, CRS: "CRS84"})
	if err != nil {
		t.Fatal(err)
	}
	e := finished(t, s, id)
	if !e.Ready || e.Features != 3 || e.Name != "plot-CRS84.geojson" || e.Job.State != jobs.Done {
		t.Fatalf("%+v %+v", e, e.Job)
	}
	f, _, err := s.Open(t.Context(), admin, id)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := io.ReadAll(f)
	f.Close()
	if int64(len(data)) != e.Bytes {
		t.Errorf("%d bytes, want %d", len(data), e.Bytes)
	}
	if _, err := s.Get(t.Context(), &auth.Principal{Account: "somebody", Grants: admin.Grants}, id); haidang.CodeOf(err) != haidang.ErrNotFound {
		t.Errorf("another's export: %v", err)
	}
	if err := s.Remove(t.Context(), admin, id); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRightTakenBackAfterwards: whoever loses the right to export can no longer fetch
// what was made before.
func TestRightTakenBackAfterwards(t *testing.T) {
	t.Parallel()
	pool, _ := house(t)
	s := running(t, pool, exports.Config{Folder: t.TempDir()})
	editor := &auth.Principal{Account: "ba", Grants: []auth.Grant{{Role: auth.RoleEditor, Agency: "sotnmt"}}}
	id, err := s.Request(t.Context(), editor, "plot", exports.Request{Format: exports.CSV})
	if err != nil {
		t.Fatal(err)
	}
	finished(t, s, id)
	if _, err := pool.Exec(t.Context(), `DELETE FROM layer_right WHERE verb = 'export'`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(t.Context(), editor, id); haidang.CodeOf(err) != haidang.ErrForbidden {
		t.Errorf("opened without the right: %v", err)
	}
	if _, err := s.Request(t.Context(), editor, "plot", exports.Request{Format: exports.CSV}); haidang.CodeOf(err) != haidang.ErrForbidden {
		t.Errorf("asked without the right: %v", err)
	}
}

func TestNobodyFillsTheDisk(t *testing.T) {
	t.Parallel()
	pool, _ := house(t)
	s := running(t, pool, exports.Config{Folder: t.TempDir(), Room: 300})
	id, err := s.Request(t.Context(), admin, "plot", exports.Request{Format: exports.GeoJSON})
	if err != nil {
		t.Fatal(err)
	}
	if e := finished(t, s, id); e.Ready || e.Job.State != jobs.Failed || e.Job.Text.EN == "" {
		t.Errorf("%+v %+v", e, e.Job)
	}
	for range 10 {
		_, err = s.Request(t.Context(), admin, "plot", exports.Request{Format: exports.GeoJSON})
	}
	if haidang.CodeOf(err) != haidang.ErrTooMany {
		t.Errorf("eleven at once: %v", err)
	}
}
