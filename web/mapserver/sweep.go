package mapserver

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// folderPrefix begins the names of the services' folders.
const folderPrefix = "haidang-ogc-"

// newFolder is how long a folder may be there before its service has locked it.
const newFolder = time.Minute

// lock marks the folder as in use until the file is closed or the process is gone.
func lock(folder string) (*os.File, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// sweep removes the folders of services that were killed: our own user's, not new, and
// locked by nobody.
func sweep(temp string) {
	folders, err := filepath.Glob(filepath.Join(temp, folderPrefix+"*"))
	if err != nil {
		return // the pattern is ours
	}
	for _, folder := range folders {
		if !old(folder) {
			continue
		}
		held, err := lock(folder)
		if err != nil {
			continue // in use
		}
		if err := os.RemoveAll(folder); err != nil {
			slog.Warn("mapserver: a folder that was left behind cannot be removed", "folder", folder, "error", err)
		}
		_ = held.Close()
	}
}

func old(folder string) bool {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < newFolder {
		return false
	}
	own, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(own.Uid) == os.Getuid()
}
