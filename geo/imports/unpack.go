package imports

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"haidang"
	"haidang/internal/sandbox"
)

// belongings are what lies beside a file of several parts. Anything else in a zip is
// not unpacked at all.
var belongings = []string{".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".dat", ".map", ".id", ".ind", ".mid"}

// unpack lays the file out in dir for the sandbox: as it is under a plain name, or
// the parts of a zip. name is the file's own name, for its ending. room refuses what
// the disk has no place for; it is asked before, and again and again while bytes are
// written, for others write too.
func unpack(ctx context.Context, file, name, dir string, l Limits, room func(int64) error) (source, error) {
	end := strings.ToLower(filepath.Ext(name))
	if end != ".zip" {
		f, err := recognise(file, name)
		if err != nil {
			return source{}, err
		}
		to := filepath.Join(dir, "data"+end)
		if err := copyFile(ctx, file, to, room); err != nil {
			return source{}, err
		}
		return source{Format: f, Path: to, Dir: dir}, sandbox.Lend(dir)
	}
	main, inner, err := unzip(ctx, file, dir, l, room)
	if err != nil {
		return source{}, err
	}
	f, err := recognise(main, inner)
	if err != nil {
		return source{}, err
	}
	return source{Format: f, Path: main, Dir: dir}, sandbox.Lend(dir)
}

// copyFile never shares the bytes with a name outside: what is lent is ours alone.
func copyFile(ctx context.Context, from, to string, room func(int64) error) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err == nil {
		err = room(info.Size())
	}
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(&careful{out: out, room: room}, reading{ctx, in})
	return errors.Join(err, out.Close())
}

// stretch is how many bytes are written before the disk is looked at again.
const stretch = 32 << 20

// careful writes as long as there is room.
type careful struct {
	out  io.Writer
	room func(int64) error
	left int
}

func (c *careful) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		if err := c.room(stretch); err != nil {
			return 0, err
		}
		c.left = stretch
	}
	return c.out.Write(p)
}

// reading ends with its context.
type reading struct {
	ctx context.Context //nolint:containedctx // for one copy
	r   io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// unzip unpacks the one importable file of a zip with its belongings, and returns
// its path and its name. Names from outside never become paths: parts are numbered by kind.
func unzip(ctx context.Context, file, dir string, l Limits, room func(int64) error) (to, name string, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return "", "", badZip("Tệp zip hỏng hoặc chưa đủ. Hãy nén lại rồi tải lên.", "The zip is broken or not whole. Pack it again, then upload it.")
	}
	defer z.Close()
	main, parts, err := choose(z.File, l)
	if err != nil {
		return "", "", err
	}
	var all int64
	for _, p := range parts {
		all += int64(p.UncompressedSize64)
	}
	if err := room(all); err != nil {
		return "", "", err
	}
	left := l.Unpacked
	for _, p := range parts {
		n, err := extract(ctx, p, filepath.Join(dir, "data"+partEnd(p.Name)), left, l.Ratio, room)
		if err != nil {
			return "", "", err
		}
		left -= n
	}
	return filepath.Join(dir, "data"+partEnd(main.Name)), strings.ToValidUTF8(path.Base(main.Name), "�"), nil
}

func partEnd(name string) string { return strings.ToLower(path.Ext(name)) }

// choose finds the file to import and what belongs to it, and refuses what is odd
// before a byte is unpacked.
func choose(files []*zip.File, l Limits) (main *zip.File, parts []*zip.File, err error) {
	if len(files) > l.Entries {
		return nil, nil, badZip(fmt.Sprintf("Tệp zip có %d mục, quá %d.", len(files), l.Entries), fmt.Sprintf("The zip has %d entries, more than %d.", len(files), l.Entries))
	}
	var mains []*zip.File
	var total uint64
	for _, f := range files {
		if err := checkEntry(f); err != nil {
			return nil, nil, err
		}
		total += f.UncompressedSize64
		if total > uint64(l.Unpacked) {
			return nil, nil, tooBig(l)
		}
		if importable(f.Name) {
			mains = append(mains, f)
		}
	}
	if len(mains) != 1 {
		return nil, nil, notOne(mains)
	}
	return mains[0], belonging(files, mains[0]), nil
}

// checkEntry refuses names that lead out, links, ciphers and zips within.
func checkEntry(f *zip.File) error {
	name := strings.ReplaceAll(f.Name, `\`, "/")
	switch {
	case !utf8.ValidString(name) && strings.Contains(name, "\x00"), strings.HasPrefix(name, "/"), slices.Contains(strings.Split(name, "/"), ".."), strings.Contains(name, ":"):
		return badZip(fmt.Sprintf("Tệp zip có tên mục dẫn ra ngoài: %q.", f.Name), fmt.Sprintf("The zip has an entry whose name leads out of it: %q.", f.Name))
	case !f.Mode().IsRegular() && !f.Mode().IsDir():
		return badZip(fmt.Sprintf("Tệp zip có liên kết hoặc mục đặc biệt: %q.", f.Name), fmt.Sprintf("The zip has a link or a special entry: %q.", f.Name))
	case f.Flags&1 != 0:
		return badZip("Tệp zip có mật khẩu. Hãy nén lại không mật khẩu.", "The zip has a password. Pack it again without.")
	case slices.Contains([]string{".zip", ".7z", ".rar", ".gz", ".tar", ".kmz"}, partEnd(name)):
		return badZip(fmt.Sprintf("Trong zip còn tệp nén %q. Hãy giải nén nó trước.", f.Name), fmt.Sprintf("There is a packed file within the zip: %q. Unpack it first.", f.Name))
	}
	return nil
}

func importable(name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(name, "__MACOSX/") || strings.HasSuffix(name, "/") {
		return false
	}
	end := partEnd(name)
	return end != ".txt" && slices.ContainsFunc(formats, func(f Format) bool { return slices.Contains(f.ends, end) })
}

// belonging lists the file and those beside it with the same stem.
func belonging(files []*zip.File, main *zip.File) []*zip.File {
	stem := func(name string) string { return strings.ToLower(strings.TrimSuffix(name, path.Ext(name))) }
	parts, seen := []*zip.File{main}, map[string]bool{partEnd(main.Name): true}
	for _, f := range files {
		end := partEnd(f.Name)
		if slices.Contains(belongings, end) && stem(f.Name) == stem(main.Name) && !seen[end] {
			parts, seen[end] = append(parts, f), true
		}
	}
	return parts
}

// extract trusts the sizes that the zip names for nothing but an early refusal.
func extract(ctx context.Context, f *zip.File, to string, left, ratio int64, room func(int64) error) (int64, error) {
	in, err := f.Open()
	if err != nil {
		return 0, badZip("Tệp zip dùng cách nén không hỗ trợ.", "The zip is packed in a way that is not supported.")
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	most := min(left, max(int64(f.CompressedSize64), 1<<10)*ratio)
	n, err := io.Copy(&careful{out: out, room: room}, io.LimitReader(reading{ctx, in}, most+1))
	switch {
	case n > most:
		return 0, badZip(fmt.Sprintf("Mục %q trong zip nở ra quá %d byte: không giải nén tiếp.", f.Name, most),
			fmt.Sprintf("The entry %q of the zip grows beyond %d bytes: it is not unpacked further.", f.Name, most))
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case haidang.CodeOf(err) == haidang.ErrUnavailable: // no room
		return 0, err
	case err != nil:
		return 0, badZip(fmt.Sprintf("Mục %q trong zip bị hỏng.", f.Name), fmt.Sprintf("The entry %q of the zip is broken.", f.Name))
	}
	return n, out.Close()
}

func badZip(vi, en string) error { return haidang.RefuseField("file", vi, en) }

func tooBig(l Limits) error {
	return badZip(fmt.Sprintf("Giải nén ra quá %d MiB.", l.Unpacked>>20), fmt.Sprintf("Unpacked it is more than %d MiB.", l.Unpacked>>20))
}

func notOne(mains []*zip.File) error {
	if len(mains) == 0 {
		return badZip("Trong zip không có tệp nào nhập được (.shp, .gpkg, .tab, .dxf…).", "There is no file in the zip that can be imported (.shp, .gpkg, .tab, .dxf…).")
	}
	var names []string
	for _, m := range mains[:min(len(mains), 10)] {
		names = append(names, path.Base(m.Name))
	}
	list := strings.ToValidUTF8(strings.Join(names, ", "), "�")
	return badZip("Trong zip có nhiều tệp: "+list+". Hãy nén riêng từng tệp.", "There are several files in the zip: "+list+". Pack each by itself.")
}
