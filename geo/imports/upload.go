package imports

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5"

	"haidang"
)

func hasFormat(end string) bool {
	return slices.ContainsFunc(formats, func(f Format) bool { return slices.Contains(f.ends, end) })
}

// room refuses what would take the disk below its reserve.
func (im *Importer) room(size int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(im.dir, &disk); err != nil {
		return err
	}
	if free := int64(disk.Bavail) * disk.Bsize; free-size < im.limits.DiskReserve {
		return haidang.Refuse(haidang.ErrUnavailable, fmt.Sprintf("Ổ đĩa máy chủ chỉ còn %d MiB; không đủ chỗ cho tệp này.", free>>20),
			fmt.Sprintf("The server's disk has %d MiB left; there is no room for this file.", free>>20))
	}
	return nil
}

// roomForTable refuses what makes a table as large as another one where the disk does
// not have room for it. The database usually shares the disk with the files.
func (im *Importer) roomForTable(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, table string) error {
	var size int64
	if err := db.QueryRow(ctx, `SELECT pg_total_relation_size($1::regclass)`, table).Scan(&size); err != nil {
		return err
	}
	return im.room(size)
}

// Append takes bytes of the file from an offset on and returns how many there are
// now, also when the sender is cut off in between. ErrConflict: the offset is not
// where the file ends. Two senders at once cannot mix: the second finds the file locked.
func (im *Importer) Append(ctx context.Context, id, offset int64, in io.Reader) (received int64, err error) {
	f, err := im.openForAppend(ctx, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	i, err := im.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if i.Received != offset || i.State != Uploading && offset != i.FileSize {
		return i.Received, haidang.Refuse(haidang.ErrConflict, fmt.Sprintf("Tệp đã nhận đến byte %d, không phải %d. Hãy gửi tiếp từ đó.", i.Received, offset),
			fmt.Sprintf("The file has been received up to byte %d, not %d. Go on from there.", i.Received, offset))
	}
	if i.State != Uploading {
		return i.Received, nil // nothing is missing
	}
	if err := im.room(i.FileSize - offset); err != nil {
		return i.Received, err
	}
	n, copied := take(io.NewOffsetWriter(f, offset), in, i.FileSize-offset)
	if err := f.Sync(); err != nil {
		return i.Received, err
	}
	ctx = context.WithoutCancel(ctx) // the sender may be gone; what came counts
	if err := im.change(ctx, id, []State{Uploading}, `received = $3`, offset+n); err != nil {
		return i.Received, err
	}
	if offset+n == i.FileSize {
		copied = errors.Join(copied, im.whole(ctx, i))
	}
	return offset + n, copied
}

// take copies what may still come and refuses more.
func take(to io.Writer, in io.Reader, left int64) (int64, error) {
	n, err := io.Copy(to, io.LimitReader(in, left))
	if err != nil || n < left {
		return n, err
	}
	if more, _ := io.ReadFull(in, make([]byte, 1)); more > 0 {
		return n, haidang.RefuseField("size", "Gửi nhiều byte hơn kích thước đã báo.", "More bytes were sent than the size that was announced.")
	}
	return n, nil
}

func (im *Importer) openForAppend(ctx context.Context, id int64) (*os.File, error) {
	if _, err := im.Get(ctx, id); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(im.path(id), os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, haidang.Refuse(haidang.ErrConflict, "Lần nhập này không còn nhận tệp.", "This import takes no file any more.")
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(haidang.Refuse(haidang.ErrConflict, "Tệp này đang được gửi ở một nơi khác.", "This file is being sent from elsewhere."), f.Close())
	}
	return f, nil
}

// whole fingerprints the finished file.
func (im *Importer) whole(ctx context.Context, i Import) error {
	f, err := os.Open(im.path(i.ID))
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if n, err := io.Copy(sum, f); err != nil || n != i.FileSize {
		return fmt.Errorf("read the file of import %d: %d bytes of %d: %w", i.ID, n, i.FileSize, err)
	}
	return im.change(ctx, i.ID, []State{Uploading}, `state = 'uploaded', sha256 = $3`, sum.Sum(nil))
}

// Take is Open and Append in one, for a file on this machine.
func (im *Importer) Take(ctx context.Context, by haidang.AccountName, path, name string) (Import, error) {
	f, err := os.Open(path)
	if err != nil {
		return Import{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Import{}, err
	}
	i, err := im.Open(ctx, by, name, info.Size())
	if err != nil {
		return i, err
	}
	if _, err := im.Append(ctx, i.ID, 0, reading{ctx, f}); err != nil {
		return i, errors.Join(err, im.Cancel(context.WithoutCancel(ctx), i.ID))
	}
	return im.Get(ctx, i.ID)
}
