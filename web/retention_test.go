package web

import (
	"context"
	"net/http"
	"testing"
	"time"

	"haidang"
	"haidang/ingest"
)

// TestRetention: an administrator decides, everybody of the room sees it, and the
// audit log knows.
func TestRetention(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	retention := ingest.NewRetention(ingest.RetentionConfig{Pool: h.pool, DataDir: t.TempDir()})
	must(t, retention.Start(t.Context()))
	t.Cleanup(func() { must(t, retention.Stop(context.Background())) })
	operator, admin := h.as(t, "operator"), h.as(t, "admin")
	decide := map[string]int{"keepMonths": 120}
	for _, c := range []struct {
		who      *client
		property string
		body     any
		want     int
	}{
		{operator, "salinity", decide, http.StatusForbidden},
		{admin, "depth_of_hell", decide, http.StatusNotFound},
		{admin, "salinity", map[string]int{"keepMonths": -1}, http.StatusBadRequest},
		{admin, "salinity", decide, http.StatusNoContent},
	} {
		if status, body := c.who.do("PUT", "/api/v1/retention/"+c.property, c.body); status != c.want {
			t.Errorf("%s: %d %s", c.property, status, body)
		}
	}
	var view ingest.RetentionView
	eventually(t, "the disk is looked at", func() bool {
		operator.get("/api/v1/retention", &view)
		return len(view.Disk.Samples) > 0
	})
	if d := view.Disk; d.Database == 0 || d.Free == nil || *d.Free == 0 || *d.Total < *d.Free || d.State != ingest.DiskLearning || d.DaysLeft != nil {
		t.Errorf("the disk is %+v", d)
	}
	salinity := kept(view, "salinity")
	if salinity.KeepMonths != 60 || salinity.Next == nil || salinity.Next.KeepMonths != 120 || !salinity.Next.From.After(time.Now()) {
		t.Errorf("salinity is kept %+v", salinity)
	}
	var n int
	must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE action = 'retention.manage' AND object = 'property/salinity' AND actor = 'admin'`).Scan(&n))
	if n != 1 {
		t.Errorf("%d audit entries", n)
	}
}

func kept(v ingest.RetentionView, code haidang.PropertyCode) (found ingest.KeptProperty) {
	for _, p := range v.Properties {
		if p.Code == code {
			found = p
		}
	}
	return found
}
