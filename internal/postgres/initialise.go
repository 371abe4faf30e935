package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"haidang"
)

// initPatience bounds initdb, which takes a second on a healthy disk.
const initPatience = 3 * time.Minute

// initialise makes the cluster where there is none. initdb works in a folder
// beside it, which is renamed once whole: a half-made cluster is never seen.
func (c *Cluster) initialise(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data, "PG_VERSION")); err == nil {
		return nil
	}
	if err := os.Remove(c.data); err != nil && !os.IsNotExist(err) { // removes an empty folder only
		return refuse("Thư mục %s có tệp nhưng không phải cơ sở dữ liệu; hãy dời nó đi hoặc chọn HAIDANG_DATA khác.",
			"The folder %s holds files but no database; move it away or choose another HAIDANG_DATA.", c.data)
	}
	draft := c.data + ".init"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	defer os.RemoveAll(draft) // gone already when all went well
	if err := os.Mkdir(draft, 0o700); err != nil {
		return err
	}
	if err := c.user.own(draft); err != nil {
		return err
	}
	if err := c.initdb(ctx, draft); err != nil {
		return err
	}
	return os.Rename(draft, c.data)
}

func (c *Cluster) initdb(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, initPatience)
	defer cancel()
	// C.UTF-8 knows Vietnamese letters and never changes its order with the
	// system's library, so no index spoils; people's sorting is the pages' work.
	args := []string{"-D", dir, "--username", clusterRole, "--encoding", "UTF8", "--locale", "C.UTF-8",
		"--auth-local", "peer", "--auth-host", "reject"}
	if c.config.Throwaway {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	cmd := c.user.command(filepath.Join(c.bin, "initdb"), args...)
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stop()
	out, err := combined(cmd)
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", errors.Join(err, ctx.Err()), lastLine(out))
	}
	return appendTo(filepath.Join(dir, "postgresql.conf"), "\ninclude 'haidang.conf' # written anew at every start; use ALTER SYSTEM for your own\n")
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func lastLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "error") || strings.Contains(lines[i], "FATAL") || strings.Contains(lines[i], "No space left") {
			return lines[i]
		}
	}
	return lines[len(lines)-1]
}

// explainDisk turns every way of saying "disk full" into one sentence.
func explainDisk(err error, dir string) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) && !strings.Contains(err.Error(), "No space left on device") {
		return err
	}
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Ổ đĩa chứa %s đã đầy; hãy giải phóng chỗ trống rồi chạy lại.", dir),
		EN: fmt.Sprintf("The disk that holds %s is full; free some space and start again.", dir)}}
}
