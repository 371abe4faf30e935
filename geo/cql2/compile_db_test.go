package cql2_test

import (
	"testing"

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
