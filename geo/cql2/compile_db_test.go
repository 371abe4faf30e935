package cql2_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"haidang/geo/cql2"
	"haidang/internal/postgres/pgtest"
)

func TestFold(t *testing.T) {
	db := pgtest.New(t)
	for _, c := range [][3]string{
		{"fold_case", "ĐƯỜNG Straße", "đường strasse"}, {"fold_marks", "Đường Kênh Xáng Trần Đề", "Duong Kenh Xang Tran De"},
		{"search_words", "  Tờ 12/345 – Kênh-Xáng.", "to 12 345 kenh xang"}, {"fold_marks", "Chișinău", "Chisinau"},
		{"search_words", "ភូឡើយ", "ភូឡើយ"},
	} {
		var got string
		if err := db.QueryRow(t.Context(), "SELECT "+c[0]+"($1)", c[1]).Scan(&got); err != nil || got != c[2] {
			t.Errorf("%s(%s) = %s, %v", c[0], c[1], got, err)
		}
	}
}

// Whatever compiles is understood by the database: it may find a value out of range,
// or a shape that PostGIS will not relate, but never a wrong type or a wrong word.
func TestDatabaseUnderstandsEveryCondition(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Exec(t.Context(), `CREATE TABLE building (name text, land_use text, floors bigint, area float8, open boolean, built date, seen timestamptz, period daterange,
		geom geometry(Geometry, 959209), "Tên đường" text);
		INSERT INTO building VALUES ('Kênh', 'LUC', 3, 1.5, true, '2026-01-01', '2026-01-01Z', '[2025-01-01,)', ST_Buffer(ST_Point(550000, 1060000, 959209), 10));
		INSERT INTO building DEFAULT VALUES`)
	if err != nil {
		t.Fatal(err)
	}
	understood := 0
	rapid.Check(t, func(r *rapid.T) {
		c, err := cql2.Compile(expr(3).Draw(r, "filter"), options)
		if err != nil {
			return
		}
		understood++
		var n int
		err = db.QueryRow(t.Context(), "SELECT count(*) FROM building t WHERE "+c.SQL, c.Args...).Scan(&n)
		if e, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || !strings.HasPrefix(e.Code, "22") && e.Code != "XX000") {
			r.Fatalf("%s: %v", c.SQL, err)
		}
	})
	if understood == 0 {
		t.Error("no drawn filter compiles")
	}
}
