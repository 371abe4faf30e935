package changesets_test

import (
	"strings"
	"testing"

	"haidang/geo/catalogue"
)

// The replay can tell: a history that lies in any of these ways is found out.
func TestBrokenHistoryIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, function, right, wrong string }{
		{"versions end when they were written", "keep_history", "after($1, _since)", "clock_timestamp()"},
		{"a version begins with the one before", "stamp_row", "after(NEW._since, OLD._since)", "OLD._since"},
		{"moves are lost", "write_edits", "geom = e.geom", "geom = e.base_geom"},
		{"versions are counted double", "stamp_row", "OLD.row_version + 1", "OLD.row_version + 2"},
		{"deletions leave no history", "keep_history", "BEGIN", "BEGIN IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, catalogue.ReviewNone, 1)
			o.alter(c.function, c.right, c.wrong)
			for range 60 {
				o.step()
			}
			if len(o.differences()) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

// So is what went together and is undone in part.
func TestBrokenRevertIsFoundOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t, catalogue.ReviewNone, 1)
	o.alter("changeset_revert", "h.id = c.id OR h.goes_with = c.id", "h.id = c.id")
	for range 150 {
		o.send()
	}
	if len(o.badReverts()) == 0 {
		t.Error("nobody noticed")
	}
}

// alter puts one expression of a function in place of another.
func (h *house) alter(function, right, wrong string) {
	h.Helper()
	var source string
	h.scan(`SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = '`+function+`'`, &source)
	if !strings.Contains(source, right) {
		h.Fatalf("%s has no %s", function, right)
	}
	h.exec(strings.ReplaceAll(source, right, wrong))
}
