package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// longestSocket is what fits into sockaddr_un on Linux, without the closing zero.
const longestSocket = 107

// systemPlace is where a cluster goes that cannot live in the data folder.
const systemPlace = "/var/lib/haidang"

// dataPlace returns where the cluster of the data folder lives: dir itself, or
// the place that a note beside it names because the server's user cannot enter.
func (u serverUser) dataPlace(dir string, notice func(string)) (string, error) {
	note := dir + ".location"
	if there, err := os.ReadFile(note); err == nil {
		elsewhere := strings.TrimSpace(string(there))
		notice(fmt.Sprintf("The database's files are in %s.", elsewhere))
		return elsewhere, u.checkOwner(elsewhere)
	}
	if u.canEnter(filepath.Dir(dir)) {
		return dir, u.checkOwner(dir)
	}
	elsewhere, err := makeSystemPlace()
	if err != nil {
		return "", err
	}
	notice(fmt.Sprintf("The user %s, who runs the database, cannot enter %s: its files go to %s.", u.name, filepath.Dir(dir), elsewhere))
	return elsewhere, writeFile(note, elsewhere+"\n", 0o644)
}

// makeSystemPlace makes a folder of an unused name, so that a new clone never
// finds an old clone's data.
func makeSystemPlace() (string, error) {
	if err := os.MkdirAll(systemPlace, 0o711); err != nil {
		return "", err
	}
	parent, err := os.MkdirTemp(systemPlace, "")
	if err != nil {
		return "", err
	}
	return filepath.Join(parent, "postgres"), os.Chmod(parent, 0o711) // root's, passable
}

// checkOwner refuses a cluster of somebody else, which the server would refuse in darker words.
func (u serverUser) checkOwner(dir string) error {
	uid, ok := ownerOf(dir)
	if !ok || uid == u.uid {
		return nil
	}
	return refuse("Thư mục %s thuộc người dùng khác (uid %d, không phải %s); hãy chạy bằng người dùng đó hoặc chọn HAIDANG_DATA khác.",
		"The folder %s belongs to another user (uid %d, not %s); run as that user or choose another HAIDANG_DATA.", dir, uid, u.name)
}

// socketPlace returns a private folder for the socket: beside the data when the
// path is short enough, else a proper place.
func (u serverUser) socketPlace(data string, notice func(string)) (string, error) {
	dir := filepath.Join(filepath.Dir(data), "socket")
	if !socketFits(dir) {
		dir = u.shortPlace(data)
		notice(fmt.Sprintf("The path of the data folder does not suit a socket: the database's socket goes to %s.", dir))
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		return dir, u.own(dir)
	case !errors.Is(err, fs.ErrExist):
		return "", err
	}
	return dir, u.checkPrivate(dir)
}

// socketFits says whether a socket in dir can be made and named: libpq reads a comma as a list of hosts.
func socketFits(dir string) bool {
	return len(dir)+len("/.s.PGSQL.")+len(clusterPort) <= longestSocket && !strings.ContainsAny(dir, ",\n")
}

func (u serverUser) shortPlace(data string) string {
	sum := sha256.Sum256([]byte(data))
	name := "haidang-" + hex.EncodeToString(sum[:6])
	if u.dropped {
		return filepath.Join("/run", name)
	}
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" && socketFits(filepath.Join(run, name)) && isDir(run) {
		return filepath.Join(run, name)
	}
	return filepath.Join("/tmp", name)
}

// checkPrivate refuses a socket folder that somebody else may have laid out for us.
func (u serverUser) checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid, ok := ownerOf(dir)
	if ok && info.IsDir() && info.Mode().Perm() == 0o700 && uid == u.uid {
		return nil
	}
	return refuse("Thư mục %s không phải của riêng người dùng %s (quyền 0700); hãy xoá nó rồi chạy lại.",
		"The folder %s is not private to the user %s (mode 0700); remove it and start again.", dir, u.name)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// writeFile replaces a file whole: readers see the old one or the new one, and a
// link laid in its place is replaced, not followed.
func writeFile(path, text string, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
