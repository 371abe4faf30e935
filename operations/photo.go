package operations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"haidang"
)

// The bounds of a photo as it is sent, and the size at which it is kept.
const (
	MaxPhotoBytes  = 10 << 20   // 10 MB
	maxPhotoPixels = 40_000_000 // read from the header, before anything is unpacked
	keptPixels     = 2048       // the longer side
	jpegQuality    = 85
)

// unpackTime bounds the work on one photo.
const unpackTime = 20 * time.Second

// Photos are the citizens' photos, in a folder, each named by the SHA-256 of its
// bytes. Only re-encoded pictures are in it, so none tells where it was taken.
type Photos struct {
	dir       string
	unpacking chan struct{} // one at a time: a large picture takes some 200 MB
	uploads   chan struct{} // each holds up to 10 MB
	keep      sync.Mutex    // held while a photo is stored anew or swept out
}

// NewPhotos keeps photos in the folder, which is made when the first one comes.
func NewPhotos(dir string) *Photos {
	return &Photos{dir: dir, unpacking: make(chan struct{}, 1), uploads: make(chan struct{}, 8)}
}

// Store re-encodes a JPEG, PNG or WebP picture and returns the SHA-256 of what it
// kept, once that is on disk. The same picture sent twice is kept once. It returns
// ErrTooLarge, ErrInvalid, ErrTooMany, or ErrUnavailable when the disk is full.
func (p *Photos) Store(ctx context.Context, r io.Reader) (sha256hex string, err error) {
	select {
	case p.uploads <- struct{}{}:
		defer func() { <-p.uploads }()
	default:
		return "", photosBusy()
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxPhotoBytes+1))
	if err != nil {
		return "", refusePhoto(haidang.ErrInvalid, "Ảnh chưa đến đủ. Hãy gửi lại.", "The photo did not arrive whole. Send it again.", err)
	}
	if len(data) > MaxPhotoBytes {
		return "", refusePhoto(haidang.ErrTooLarge, "Ảnh lớn hơn 10 MB. Hãy chọn ảnh nhỏ hơn.", "The photo is larger than 10 MB. Choose a smaller one.", nil)
	}
	kept, err := p.unpack(ctx, data)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(kept)
	sha256hex = hex.EncodeToString(sum[:])
	return sha256hex, p.write(sha256hex, kept)
}

// unpack waits for its turn and re-encodes the picture.
func (p *Photos) unpack(ctx context.Context, data []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, unpackTime)
	defer cancel()
	select {
	case p.unpacking <- struct{}{}:
		defer func() { <-p.unpacking }()
	case <-ctx.Done():
		return nil, photosBusy()
	}
	return reencode(ctx, data)
}

// write puts the bytes under their name so that they survive a crash from the
// moment it returns: a temporary file, synced, renamed, and the folder synced.
func (p *Photos) write(sha256hex string, data []byte) error {
	p.keep.Lock()
	defer p.keep.Unlock()
	path := p.path(sha256hex)
	if now := time.Now(); os.Chtimes(path, now, now) == nil { // there already; young again, so that nobody sweeps it out
		return nil
	}
	if err := writeDurably(path, data); err != nil {
		return refusePhoto(haidang.ErrUnavailable,
			"Máy chủ chưa lưu được ảnh. Hãy thử lại sau ít phút, hoặc gửi phản ánh không kèm ảnh.",
			"The server cannot keep the photo now. Try again in some minutes, or send the report without a photo.", explainDisk(err))
	}
	return nil
}

func explainDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("the disk is full: %w", err)
	}
	return err
}

func writeDurably(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	if err = os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// path is only for names that sha256Hex knows. Two letters of the name make a folder.
func (p *Photos) path(sha256hex string) string {
	return filepath.Join(p.dir, sha256hex[:2], sha256hex+".jpg")
}

// Open opens the JPEG of that name, or returns ErrNotFound.
func (p *Photos) Open(sha256hex string) (io.ReadSeekCloser, error) {
	if !sha256Hex.MatchString(sha256hex) {
		return nil, noPhoto(nil)
	}
	f, err := os.Open(p.path(sha256hex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noPhoto(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open photo: %w", err)
	}
	return f, nil
}

// Has reports whether the photo is on disk.
func (p *Photos) Has(sha256hex string) bool {
	if !sha256Hex.MatchString(sha256hex) {
		return false
	}
	info, err := os.Stat(p.path(sha256hex))
	return err == nil && info.Mode().IsRegular()
}

// sweep removes photos last stored before the time that nobody needs, and what
// interrupted writes left behind. It returns how many photos went.
func (p *Photos) sweep(before time.Time, needed func(sha256hex string) (bool, error)) (gone int, err error) {
	err = filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		removed, err := p.sweepOne(path, before, needed)
		if removed {
			gone++
		}
		return err
	})
	return gone, err
}

func (p *Photos) sweepOne(path string, before time.Time, needed func(string) (bool, error)) (removed bool, err error) {
	p.keep.Lock()
	defer p.keep.Unlock()
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().Before(before) {
		return false, nil //nolint:nilerr // a file that has gone is swept
	}
	name := filepath.Base(path)
	if sha := name[:max(0, len(name)-len(".jpg"))]; sha256Hex.MatchString(sha) {
		if keep, err := needed(sha); err != nil || keep {
			return false, err
		}
	} else if !strings.HasPrefix(name, ".new-") {
		return false, nil // not ours
	}
	return true, os.Remove(path)
}

func noPhoto(cause error) error {
	return &haidang.Error{Code: haidang.ErrNotFound, Cause: cause, Text: haidang.Text{VI: "Không có ảnh này.", EN: "There is no such photo."}}
}

func photosBusy() error {
	return &haidang.Error{Code: haidang.ErrTooMany, Field: "photo", Text: haidang.Text{
		VI: "Nhiều người đang gửi ảnh cùng lúc. Hãy thử lại sau một phút.",
		EN: "Many people are sending photos right now. Try again in a minute."}}
}

func refusePhoto(code haidang.ErrorCode, vi, en string, cause error) error {
	return &haidang.Error{Code: code, Field: "photo", Text: haidang.Text{VI: vi, EN: en}, Cause: cause}
}
