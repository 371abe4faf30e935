package mapserver

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What killed services left is swept; what is in use, new, or not ours stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	long := time.Now().Add(-time.Hour)
	for name, at := range map[string]time.Time{"haidang-ogc-left": long, "haidang-ogc-used": long, "haidang-ogc-new": time.Now(), "haidang-other": long} {
		folder := filepath.Join(temp, name)
		if err := os.MkdirAll(filepath.Join(folder, "inside"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(folder, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(temp, "haidang-ogc-file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(temp, "haidang-other"), filepath.Join(temp, "haidang-ogc-link")); err != nil {
		t.Fatal(err)
	}
	held, err := lock(filepath.Join(temp, "haidang-ogc-used"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	sweep(temp)
	entries, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"haidang-ogc-file", "haidang-ogc-link", "haidang-ogc-new", "haidang-ogc-used", "haidang-other"}) {
		t.Errorf("what is left: %v", names)
	}
	if _, err := os.Stat(filepath.Join(temp, "haidang-other", "inside")); err != nil {
		t.Error(err)
	}
}
