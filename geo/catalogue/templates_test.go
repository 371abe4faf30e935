package catalogue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
)

// TestEveryTemplateBecomesALayer makes a layer of each, in one database, and holds
// what it names to what there is.
func TestEveryTemplateBecomesALayer(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	if err := inTx(t, db, func(tx pgx.Tx) error { return catalogue.Reference(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	lists, err := catalogue.CodeLists(t.Context(), db, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range catalogue.Templates() {
		l, err := catalogue.FromTemplate(template.Name, haidang.LayerSlug("my_"+template.Name), owner)
		if err != nil {
			t.Fatal(err)
		}
		made := create(t, db, l)
		for _, c := range made.Columns {
			known := slices.ContainsFunc(lists, func(l catalogue.CodeList) bool { return l.Slug == c.CodeList })
			if c.Label.VI == "" || c.Label.EN == "" || c.CodeList != "" && !known {
				t.Errorf("%s.%s lacks a label or its code list %q", made.Slug, c.Name, c.CodeList)
			}
		}
		sector := slices.ContainsFunc(haidang.LayerSectors(), func(s haidang.Sector) bool { return s.Code == made.Sector })
		if made.Description.EN == "" || made.Theme == "" || len(made.Key) == 0 || !sector {
			t.Errorf("%s lacks a description, a theme, a key or a sector: %+v", made.Slug, made)
		}
	}
}

func TestReferenceListsComeOnce(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	for range 2 {
		if err := inTx(t, db, func(tx pgx.Tx) error { return catalogue.Reference(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	var versions, items int
	err := db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM code_list_version), (SELECT count(*) FROM code_list_item WHERE list = 'land_use')`).Scan(&versions, &items)
	if err != nil || versions < 20 || items < 70 {
		t.Errorf("%d versions, %d land uses, %v", versions, items, err)
	}
}

func TestLandUseNamesWiderCodes(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	if err := inTx(t, db, func(tx pgx.Tx) error { return catalogue.Reference(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	list, err := catalogue.ReadCodeList(t.Context(), db, catalogue.LandUseList, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Codes {
		if _, ok := list.Find(c.Parent); c.Parent != "" && !ok || c.Colour == "" {
			t.Errorf("%s: wider code %q, colour %q", c.Code, c.Parent, c.Colour)
		}
	}
	if luc, _ := list.Find("LUC"); luc.Colour != "#fffc8c" || !strings.Contains(list.Note, "phụ lục") {
		t.Errorf("LUC is %+v; note %q", luc, list.Note)
	}
}
