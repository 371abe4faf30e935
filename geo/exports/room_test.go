package exports

import (
	"os"
	"path/filepath"
	"testing"

	"haidang"
)

func reserved(t *testing.T, s *Service) (int64, func()) {
	t.Helper()
	bytes, release, err := s.reserve()
	if err != nil || bytes <= 0 {
		t.Fatalf("%d bytes: %v", bytes, err)
	}
	return bytes, release
}

// TestTwoExportsShareTheRoom: what several at once may write is together no more than
// there is, and comes back when they end.
func TestTwoExportsShareTheRoom(t *testing.T) {
	t.Parallel()
	s := &Service{config: Config{Folder: t.TempDir(), Room: 1000}}
	if err := os.WriteFile(filepath.Join(s.config.Folder, "1.csv"), make([]byte, 400), 0o600); err != nil {
		t.Fatal(err)
	}
	first, endFirst := reserved(t, s)
	second, endSecond := reserved(t, s)
	if first+second > 600 {
		t.Errorf("%d and %d bytes of 600", first, second)
	}
	endFirst()
	endFirst() // twice is once
	endSecond()
	if again, _ := reserved(t, s); again != first {
		t.Errorf("%d bytes after all have ended, %d before", again, first)
	}
}

func TestNoExportOnAFullDisk(t *testing.T) {
	t.Parallel()
	full := &Service{config: Config{Folder: t.TempDir(), Room: 1000, Spare: 1 << 60}}
	if _, _, err := full.reserve(); haidang.CodeOf(err) != haidang.ErrUnavailable {
		t.Errorf("a full disk: %v", err)
	}
	none := &Service{config: Config{Folder: t.TempDir(), Room: 1000}, room: room{taken: 1000}}
	if _, _, err := none.reserve(); haidang.CodeOf(err) != haidang.ErrTooLarge {
		t.Errorf("everything is taken: %v", err)
	}
}
