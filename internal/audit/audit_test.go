package audit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
	"haidang/internal/postgres/pgtest"
)

func record(ctx context.Context, pool *pgxpool.Pool, e audit.Entry) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return audit.Record(ctx, tx, e) })
}

func TestRecordListVerify(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	ctx := audit.WithOrigin(t.Context(), "192.0.2.7")
	for i := range 5 {
		e := audit.Entry{Actor: "lan", Action: "alarm.acknowledge", Object: fmt.Sprintf("alarm/%d", i),
			Detail: map[string]any{"note": "Đã gọi trạm <&>", "z": 1.50, "a": []int{i}}}
		if err := record(ctx, pool, e); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := audit.List(ctx, pool, 0, 2)
	if err != nil || len(rows) != 2 || rows[0].Seq != 5 || rows[0].Origin != "192.0.2.7" || rows[0].Actor != "lan" {
		t.Fatalf("first page %+v, %v", rows, err)
	}
	if !strings.Contains(string(rows[0].Detail), "Đã gọi trạm <&>") {
		t.Errorf("detail %s", rows[0].Detail)
	}
	if rows, err = audit.List(ctx, pool, 4, 500); err != nil || len(rows) != 3 || rows[0].Seq != 3 {
		t.Errorf("second page %+v, %v", rows, err)
	}
	if err := audit.Verify(ctx, pool); err != nil {
		t.Error(err)
	}
}

func TestRolledBackActLeavesNoRow(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	failure := errors.New("the act failed")
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := audit.Record(t.Context(), tx, audit.Entry{Action: "x", Object: "y"}); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if rows, err := audit.List(t.Context(), pool, 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestManyAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	var all sync.WaitGroup
	for person := range 8 {
		all.Go(func() {
			for i := range 10 {
				if err := record(t.Context(), pool, audit.Entry{Actor: haidang.AccountName(fmt.Sprint("p", person)), Action: "x", Object: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	rows, err := audit.List(t.Context(), pool, 0, 500)
	if err != nil || len(rows) != 80 || rows[0].Seq != 80 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := audit.Verify(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]string{
		"actor":   `UPDATE audit_log SET actor = 'minh' WHERE seq = 2`,
		"detail":  `UPDATE audit_log SET detail = '{"n": 3}' WHERE seq = 2`,
		"time":    `UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = 2`,
		"origin":  `UPDATE audit_log SET origin = 'elsewhere' WHERE seq = 2`,
		"dropped": `DELETE FROM audit_log WHERE seq = 2`,
		"first":   `DELETE FROM audit_log WHERE seq = 1`,
		"slipped": `INSERT INTO audit_log SELECT 4, at, actor, action, object, detail, origin, hash, hash FROM audit_log WHERE seq = 3`,
		"moved":   `UPDATE audit_log SET actor = 'la', action = 'nx' WHERE seq = 2`, // the same bytes in other fields
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t)
			for range 3 {
				if err := record(t.Context(), pool, audit.Entry{Actor: "lan", Action: "x", Object: "y", Detail: map[string]any{"n": 2}}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := pool.Exec(t.Context(), tamper); err == nil && name != "slipped" {
				t.Fatal("the database let somebody change the log")
			}
			if _, err := pool.Exec(t.Context(), `ALTER TABLE audit_log DISABLE TRIGGER ALL; `+tamper); err != nil && name != "slipped" {
				t.Fatal(err)
			}
			if err := audit.Verify(t.Context(), pool); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("Verify returned %v", err)
			}
		})
	}
}
