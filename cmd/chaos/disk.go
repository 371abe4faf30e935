package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// disk is a small file system of our own.
type disk struct{ at, image string }

// errNoDisk says that this machine does not let us make one.
type errNoDisk struct{ why string }

func (e errNoDisk) Error() string { return "a small disk cannot be made here: " + e.why }

// mountDisk makes a file system of so many bytes below dir: a file with ext4 in it,
// or memory where loop devices are not to be had.
func mountDisk(dir, name string, bytes int64) (*disk, error) {
	d := &disk{at: filepath.Join(dir, name), image: filepath.Join(dir, name+".image")}
	if err := os.MkdirAll(d.at, 0o711); err != nil {
		return nil, err
	}
	if err := sparse(d.image, bytes); err != nil {
		return nil, err
	}
	why, err := say("mkfs.ext4", "-q", "-m", "0", d.image)
	if err == nil {
		why, err = say("mount", "-o", "loop", d.image, d.at)
	}
	if err != nil {
		if more, err := say("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", bytes), "none", d.at); err != nil {
			return nil, errNoDisk{why + more}
		}
		progress("no loop device (%s): the disk is memory", why)
	}
	return d, os.Chmod(d.at, 0o711)
}

func sparse(path string, bytes int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(bytes)
}

func say(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (d *disk) unmount() error {
	if out, err := say("umount", d.at); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return os.Remove(d.image)
}

// free is how many bytes the disk still takes.
func (d *disk) free() int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.at, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * s.Bsize
}

// fillTo leaves so many bytes free, with a file that is nobody's. 0 takes the very last.
func (d *disk) fillTo(free int64) error {
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		more := d.free() - free
		if more < 4096 {
			return nil
		}
		// The house takes from the disk meanwhile: then try with less.
		for ; more >= 4096; more /= 2 {
			if err = syscall.Fallocate(int(f.Fd()), 0, info.Size(), more); err == nil {
				break
			}
		}
		if err != nil {
			return nil
		}
	}
}

func (d *disk) ballast() string { return filepath.Join(d.at, "ballast") }

func (d *disk) drop() error { return os.Remove(d.ballast()) }
