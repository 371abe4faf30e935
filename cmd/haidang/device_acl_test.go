package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Hashes of secrets are their owner's alone, also where an older file was everybody's.
func TestRightsFilesAreTheOwners(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeFiles(dir, map[string]string{"users.csv": "new"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "new" || info.Mode().Perm() != 0o600 {
		t.Errorf("holds %q with mode %v", text, info.Mode())
	}
}
