package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights of Landlock, by what they are for.
const (
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readTree   = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	runTree    = readTree | unix.LANDLOCK_ACCESS_FS_EXECUTE
	writeFile  = readFile | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	writeTree  = writeFile | readTree | makeThings
	makeThings = unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REFER
)

// handled returns which rights the kernel's version of Landlock knows; all of them are taken away first.
func handled(version int) unix.LandlockRulesetAttr {
	a := unix.LandlockRulesetAttr{Handled_access_fs: 1<<13 - 1}
	if version >= 2 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 4 {
		a.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 5 {
		a.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if version >= 6 {
		a.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	return a
}

// landlockVersion asks the kernel; 0 means that it has none.
func landlockVersion() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// landlock leaves this thread, and what it becomes, the named paths only. It is
// spoken to directly: a library would have to treat all threads alike, where this
// one is about to be the only one.
func (s spec) landlock() error {
	attr := handled(s.Walls.Landlock)
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return errno
	}
	for _, p := range slices.Concat(system, s.Readable, s.Writable) {
		tree, file := uint64(readTree), uint64(readFile)
		switch {
		case slices.Contains(s.Writable, p):
			tree, file = writeTree, writeFile
		case p == "/dev/null":
			file = writeFile
		case slices.Contains(system, p):
			tree = runTree
		}
		err := allow(int(rules), p, tree&attr.Handled_access_fs, file&attr.Handled_access_fs)
		if err != nil && !(errors.Is(err, fs.ErrNotExist) && slices.Contains(system, p)) {
			return err
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// allow gives rights to a folder with all below it, or to a file.
func allow(rules int, path string, tree, file uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "landlock", Path: path, Err: err}
	}
	defer unix.Close(fd)
	rule := unix.LandlockPathBeneathAttr{Allowed_access: file, Parent_fd: int32(fd)}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		rule.Allowed_access = tree
	}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return &fs.PathError{Op: "landlock", Path: path, Err: errno}
	}
	return nil
}
