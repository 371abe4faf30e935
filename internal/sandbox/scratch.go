package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Scratch makes a folder of its own below parent that a program may be given. The
// caller removes it.
func Scratch(parent string) (string, error) {
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	if parent, err = filepath.EvalSymlinks(parent); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, "sandbox-")
	if err != nil {
		return "", err
	}
	return dir, Lend(dir)
}

// Lend hands files or folders of ours, with all below them, to the user who runs
// the programs, so that naming them as readable or writable suffices. It does
// nothing unless we are root.
func Lend(paths ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, p := range paths {
		err := filepath.WalkDir(p, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
