package exports

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"haidang"
)

// room is what the files being made may take, so that two that begin at once do not
// both count on the same bytes.
type room struct {
	mu    sync.Mutex
	taken int64
}

// reserve takes half of what is left of the folder's bytes for one export: the next
// one finds room too. release gives it back once the file is made or thrown away.
// ErrTooLarge: there is none; ErrUnavailable: the disk is nearly full.
func (s *Service) reserve() (bytes int64, release func(), err error) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	left, err := s.left()
	if err != nil {
		return 0, nil, err
	}
	bytes = (left + 1) / 2
	s.room.taken += bytes
	return bytes, sync.OnceFunc(func() {
		s.room.mu.Lock()
		defer s.room.mu.Unlock()
		s.room.taken -= bytes
	}), nil
}

// left is what nobody has of the folder's bytes, as far as the disk has them.
func (s *Service) left() (int64, error) {
	used, err := s.used()
	if err != nil {
		return 0, err
	}
	left := s.config.Room - used - s.room.taken
	if left <= 0 {
		return 0, noRoom()
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(s.config.Folder, &disk); err != nil {
		return 0, fmt.Errorf("look at the disk for exports: %w", err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	if left = min(left, free-s.config.Spare-s.room.taken); left <= 0 {
		return 0, haidang.Refuse(haidang.ErrUnavailable, fmt.Sprintf("Ổ đĩa máy chủ chỉ còn %d MiB; không đủ chỗ để xuất. Hãy báo quản trị viên dọn ổ đĩa.", free>>20),
			fmt.Sprintf("The server's disk has %d MiB left; there is no room to export. Have an administrator free some.", free>>20))
	}
	return left, nil
}

// used is what finished files take. What is being made lies in folders, within what
// was reserved for it.
func (s *Service) used() (bytes int64, err error) {
	entries, err := os.ReadDir(s.config.Folder)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // others are gone meanwhile
			bytes += info.Size()
		}
	}
	return bytes, nil
}
