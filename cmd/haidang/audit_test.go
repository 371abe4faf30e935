package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/postgres/pgtest"
)

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	says := func() (string, error) {
		var out bytes.Buffer
		err := verifyAudit(t.Context(), pool, &out)
		return out.String(), err
	}
	if text, err := says(); err != nil || !strings.Contains(text, "empty") {
		t.Errorf("without rows: %q, %v", text, err)
	}
	for range 3 {
		if err := recordAct(t.Context(), pool, "device.disable", "thing/gauge1", nil); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := says(); err != nil || !strings.Contains(text, "whole: 3 rows") {
		t.Errorf("untouched: %q, %v", text, err)
	}
	if _, err := pool.Exec(t.Context(), `ALTER TABLE audit_log DISABLE TRIGGER ALL; UPDATE audit_log SET actor = 'nobody' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if _, err := says(); haidang.CodeOf(err) != haidang.ErrConflict || !errors.Is(err, audit.ErrBroken) || !strings.Contains(sentence(err), "row 2") {
		t.Errorf("changed: %v", err)
	}
}
