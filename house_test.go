package haidang_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors is the house from the top down. A package may import packages of lower
// floors, nothing else of the project.
var floors = [][]string{
	{"cmd"},
	{"web"},
	{"operations", "analytics", "tiles", "ingest"},
	{"geo"},
	{"internal"},
	{""}, // the nouns at the root
}

// exceptions are imports that go against the floors, each with its reason.
var exceptions = map[string]string{
	"internal/postgres/pgtest → internal/postgres": "test databases are made by the migrations",
	"internal/auth → internal/audit":               "an act on accounts and its audit row are one transaction",
}

// forbidden are packages of others that a room must not use, each with its reason.
var forbidden = []struct{ from, what, why string }{
	{"ingest/simulator", "haidang/ingest", "the simulator knows only the public device contract"},
	{"ingest/simulator", "github.com/jackc/pgx/v5", "the simulator knows only the public device contract"},
	{"operations", "github.com/gorilla/websocket", "the edge alone speaks to browsers"},
	{"tiles", "github.com/nats-io/nats.go", "events travel by internal/bus"},
	{"operations", "github.com/nats-io/nats.go", "events travel by internal/bus"},
	{"analytics", "github.com/nats-io/nats.go", "events travel by internal/bus"},
	{"web", "github.com/nats-io/nats.go", "events travel by internal/bus"},
	{"analytics", "github.com/eclipse/paho.mqtt.golang", "analytics listens to the live bus, not to devices"},
	{"web", "github.com/eclipse/paho.mqtt.golang", "reports reach the broker through operations"},
}

// goPackage is what `go list` says about one package.
type goPackage struct {
	ImportPath, Dir string
	Imports         []string
	TestImports     []string
	XTestImports    []string
}

func (p goPackage) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "haidang"), "/")
}

func list(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "node_modules") {
			all = append(all, p)
		}
	}
}

func TestImportsRunDownhill(t *testing.T) {
	for _, p := range list(t) {
		for _, imported := range p.Imports {
			if imported != "haidang" && !strings.HasPrefix(imported, "haidang/") {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(imported, "haidang"), "/")
			if why := uphill(p.room(), to); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

// uphill says why one room may not import another, or nothing.
func uphill(from, to string) string {
	if exceptions[from+" → "+to] != "" || from != "" && from != "internal" && strings.HasPrefix(to, from+"/") {
		return "" // a room uses its own chambers, they never use it
	}
	a, b := floor(from), floor(to)
	switch {
	case a < 0 || b < 0:
		return "it stands on no floor; add it to floors in this test and to docs/architecture.md"
	case a > b:
		return "imports run downhill only"
	case a == b && chambers(from, to):
		return ""
	case a == b:
		return "siblings meet through the root's nouns, the bus, or a small interface owned by the one who needs it"
	}
	return ""
}

// chambers says whether both are chambers of one room; circles the compiler refuses.
func chambers(from, to string) bool {
	a, x, _ := strings.Cut(from, "/")
	b, y, _ := strings.Cut(to, "/")
	return a == b && a != "internal" && x != "" && y != ""
}

// floor counts from the top, -1 when the package stands nowhere.
func floor(room string) int {
	top, _, _ := strings.Cut(room, "/")
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, top) })
}

func TestFloorsAreEnforced(t *testing.T) {
	for _, c := range []struct {
		from, to string
		fine     bool
	}{
		{"cmd/haidang", "web", true}, {"web", "ingest", true}, {"ingest", "geo", true}, {"geo", "internal/bus", true}, {"geo", "", true}, {"ingest", "ingest/broker", true}, {"geo/features", "geo/catalogue", true},
		{"ingest", "operations", false}, {"geo", "tiles", false}, {"", "geo", false}, {"tiles", "web", false}, {"internal/bus", "internal/auth", false},
		{"newroom", "geo", false}, {"ingest/broker", "ingest", false}, {"ingest/broker", "geo/catalogue", true}, {"tiles/overview", "ingest/broker", false},
	} {
		if why := uphill(c.from, c.to); (why == "") != c.fine {
			t.Errorf("%s → %s: got %q", c.from, c.to, why)
		}
	}
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range list(t) {
		for _, f := range forbidden {
			for _, imported := range p.Imports {
				if p.room() == f.from && (imported == f.what || strings.HasPrefix(imported, f.what+"/")) && imported != p.ImportPath {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, f.why)
				}
			}
		}
		if slices.Contains(p.Imports, "testing") && p.room() != "internal/postgres/pgtest" {
			t.Errorf("%s imports testing outside of its tests", p.ImportPath)
		}
		if slices.Contains(p.Imports, "haidang/internal/postgres/pgtest") {
			t.Errorf("%s imports pgtest outside of its tests", p.ImportPath)
		}
	}
}

func TestRootDoesNoIO(t *testing.T) {
	for _, p := range list(t) {
		if p.room() != "" {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains([]string{"os", "io", "net", "net/http", "database/sql", "log/slog"}, imported) || strings.Contains(imported, ".") {
				t.Errorf("the root's nouns import %s: they do no I/O and depend on nothing", imported)
			}
		}
	}
}

func TestPackageDocs(t *testing.T) {
	for _, p := range list(t) {
		var documented []string
		for _, file := range goFiles(t, p.Dir) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil {
				documented = append(documented, filepath.Base(file))
				if lines := strings.Count(parsed.Doc.Text(), "\n"); lines < 3 {
					t.Errorf("%s: the package comment should say what the room is for, what comes in, what goes out and what it must never do", file)
				}
			}
		}
		if len(documented) != 1 && len(goFiles(t, p.Dir)) > 0 {
			t.Errorf("%s has a package comment in %d files %v, want exactly one", p.ImportPath, len(documented), documented)
		}
	}
}

func goFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files
}

func TestNoPackageCalledUtil(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if d.Name() == "node_modules" || d.Name() == ".git" || strings.HasPrefix(path, "var") {
			return fs.SkipDir
		}
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc"}, d.Name()) {
			t.Errorf("%s says nothing about what is in it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
