package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// system is what every program needs of the machine: itself, its libraries, and
// the data that they come with. What a machine lacks is left out.
var system = []string{"/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts",
	"/dev/null", "/dev/zero", "/dev/urandom"}

// enterRoot makes a root folder that holds the system's programs and the named
// paths under their own names, nothing else, and enters it for good.
func (s spec) enterRoot() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	things, err := s.things() // before the new root lies over some of them
	if err != nil {
		return err
	}
	const root = "/tmp" // only this namespace sees what lies over it
	if err := unix.Mount("root", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=4m,mode=755"); err != nil {
		return err
	}
	for _, t := range things {
		if err := t.show(root); err != nil {
			return fmt.Errorf("%s: %w", t.path, err)
		}
	}
	return pivot(root)
}

// pivot leaves the old root behind and forbids to write to the new one itself.
func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old one then lies over the new one
		return err
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return remount("/", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV)
}

// thing is a file, folder or link of the old root.
type thing struct {
	path  string
	file  *os.File // open by path only
	link  string   // where it leads, if it is a link
	dir   bool
	flags uintptr // of the mount
}

func (s spec) things() (all []thing, err error) {
	for _, p := range slices.Concat(system, s.Readable, s.Writable) {
		t, err := look(p)
		if errors.Is(err, fs.ErrNotExist) && slices.Contains(system, p) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(s.Writable, p) {
			t.flags |= unix.MS_RDONLY
		}
		all = append(all, t)
	}
	return all, nil
}

func look(path string) (thing, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return thing{}, err
	}
	t := thing{path: path, dir: info.IsDir(), flags: unix.MS_NOSUID}
	if info.Mode()&fs.ModeSymlink != 0 {
		t.link, err = os.Readlink(path)
		return t, err
	}
	if info.Mode()&fs.ModeDevice == 0 {
		t.flags |= unix.MS_NODEV
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return thing{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	t.file = os.NewFile(uintptr(fd), path)
	return t, nil
}

// show puts the thing into the new root.
func (t thing) show(root string) error {
	target := filepath.Join(root, t.path)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if t.link != "" {
		return os.Symlink(t.link, target)
	}
	if err := t.makePlace(target); err != nil {
		return err
	}
	if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", t.file.Fd()), target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return remount(target, t.flags)
}

func (t thing) makePlace(target string) error {
	if t.dir {
		return os.MkdirAll(target, 0o755)
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// remount changes the flags of a mount and keeps those that we may not lift.
func remount(target string, flags uintptr) error {
	var have unix.Statfs_t
	if err := unix.Statfs(target, &have); err != nil {
		return err
	}
	const kept = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME
	return unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|flags|uintptr(have.Flags)&kept, "")
}
