package cql2_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"haidang/geo/cql2"
)

var update = flag.Bool("update", false, "write testdata/filters.txt anew")

// columns are those of a layer of buildings.
var columns = map[string]cql2.Type{"name": cql2.TypeText, "land_use": cql2.TypeText, "floors": cql2.TypeInteger, "area": cql2.TypeNumber, "open": cql2.TypeBoolean,
	"built": cql2.TypeDate, "seen": cql2.TypeTimestamp, "period": cql2.TypePeriod, "geom": cql2.TypeGeometry, "Tên đường": cql2.TypeText}

func resolve(name string) (cql2.Column, bool) {
	kind, ok := columns[name]
	return cql2.Column{SQL: `t."` + name + `"`, Type: kind}, ok
}

var options = cql2.Options{Resolve: resolve, Names: []string{"name", "floors"}, SRID: 959209}

// Each paragraph of the file is a filter, its condition, and its parameters.
func TestGolden(t *testing.T) {
	const file = "testdata/filters.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		filter, _, _ := strings.Cut(paragraph, "\n---")
		got := strings.TrimSpace(filter) + "\n--- " + compiled(t, filter)
		if got != paragraph && !*update {
			t.Errorf("got\n%s\n\nwant\n%s", got, paragraph)
		}
		out = append(out, got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compiled(t *testing.T, filter string) string {
	e, err := cql2.ParseText(filter)
	if err != nil {
		return err.Error()
	}
	again, err := cql2.ParseText(cql2.PrintText(e))
	if err != nil || !cql2.Equal(e, again) {
		t.Errorf("%s was printed as %s: %v", filter, cql2.PrintText(e), err)
	}
	c, err := cql2.Compile(e, options)
	if err != nil {
		return err.Error()
	}
	args, err := json.Marshal(c.Args)
	if err != nil {
		t.Fatal(err)
	}
	return c.SQL + "\n--- " + string(args)
}
