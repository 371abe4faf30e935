package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"haidang"
)

// dataVersion is the layout of the data folder. It rises when an older program
// could no longer work in the folder; migrations have their own number.
const dataVersion = 1

// dataFolder is the folder of HAIDANG_DATA while this process is its only user.
type dataFolder struct{ lock *os.File }

// openDataFolder makes the folder if there is none, locks it for this process
// and refuses one of a newer program.
func openDataFolder(dir string) (*dataFolder, error) {
	// Passable for the database's user; what is private inside has its own modes.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	f := &dataFolder{lock}
	if err := errors.Join(f.take(dir), checkVersion(filepath.Join(dir, "VERSION"))); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// take locks the folder. The kernel lets go of it when the process ends, however it ends.
func (f *dataFolder) take(dir string) error {
	err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return refuseTaken(f.lock, dir)
	}
	if err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if err := f.lock.Truncate(0); err != nil {
		return err
	}
	_, err = f.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func refuseTaken(lock *os.File, dir string) error {
	who := make([]byte, 16)
	n, _ := lock.ReadAt(who, 0)
	pid := strings.TrimSpace(string(who[:n]))
	return haidang.Refuse(haidang.ErrUnavailable,
		fmt.Sprintf("Một haidang khác (tiến trình %s) đang dùng thư mục dữ liệu %s; hãy dừng nó hoặc đặt HAIDANG_DATA khác.", pid, dir),
		fmt.Sprintf("Another haidang (process %s) is using the data folder %s; stop it or set another HAIDANG_DATA.", pid, dir))
}

// Close lets the folder go.
func (f *dataFolder) Close() error { return f.lock.Close() }

func checkVersion(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(path, []byte(strconv.Itoa(dataVersion)+"\n"), 0o644)
	}
	if err != nil {
		return err
	}
	found, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || found > dataVersion {
		return haidang.Refuse(haidang.ErrUnavailable,
			fmt.Sprintf("Thư mục dữ liệu %s thuộc bản haidang mới hơn (%s, bản này biết đến %d); hãy chạy bản mới đó hoặc đặt HAIDANG_DATA khác.", filepath.Dir(path), strings.TrimSpace(string(text)), dataVersion),
			fmt.Sprintf("The data folder %s belongs to a newer haidang (%s, this one knows %d); run that newer program or set another HAIDANG_DATA.", filepath.Dir(path), strings.TrimSpace(string(text)), dataVersion))
	}
	return nil
}
