package exports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
	"haidang/internal/sandbox"
)

// Result is what became of an export.
type Result struct {
	Features int64
	Bytes    int64
	Remark   haidang.Text // what had to change to fit the format; empty: nothing
}

// gdalTime bounds GDAL's part of an export.
const gdalTime = 20 * time.Minute

// File makes a file of the layer at the path, whole or not at all; work is a folder
// on the same disk for what lies between, and maxBytes bounds all that is on the disk at once.
func File(ctx context.Context, db features.Beginner, l catalogue.Layer, r Request, path, work string, maxBytes int64, told Progress) (Result, error) {
	p, err := newPlan(l, r)
	if err != nil {
		return Result{}, err
	}
	scratch, err := sandbox.Scratch(work)
	if err != nil {
		return Result{}, fmt.Errorf("make room for an export: %w", err)
	}
	defer os.RemoveAll(scratch)
	room := &budget{left: maxBytes}
	made := filepath.Join(scratch, "made"+r.Format.Extension())
	var result Result
	if r.Format.Streams() {
		result.Features, err = p.streamTo(ctx, db, made, room, told)
	} else {
		result, err = p.convert(ctx, db, scratch, made, room, told)
	}
	if err != nil {
		return result, err
	}
	info, err := os.Stat(made)
	if err != nil {
		return result, err
	}
	result.Bytes = info.Size()
	if err := os.Chmod(made, 0o600); err != nil {
		return result, err
	}
	if os.Geteuid() == 0 { // GDAL made it as nobody
		if err := os.Chown(made, 0, 0); err != nil {
			return result, err
		}
	}
	return result, os.Rename(made, path)
}

func (p plan) streamTo(ctx context.Context, db features.Beginner, path string, room *budget, told Progress) (n int64, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return p.stream(ctx, db, room.meter(f), told)
}

// convert stages the features and lets GDAL make the file of them.
func (p plan) convert(ctx context.Context, db features.Beginner, scratch, made string, room *budget, told Progress) (Result, error) {
	s := newStaging(p, scratch, room)
	defer s.close()
	n, err := p.write(ctx, db, s, told)
	if err != nil {
		return Result{}, err
	}
	result := Result{Features: n, Remark: s.remark()}
	out := filepath.Join(scratch, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		return result, err
	}
	if err := sandbox.Lend(scratch); err != nil {
		return result, err
	}
	for _, part := range s.parts {
		if err := p.ogr(ctx, part, scratch, out, made, room); err != nil {
			return result, err
		}
	}
	if p.format != Shapefile {
		return result, nil
	}
	return result, p.zip(out, made, room, result.Remark)
}

func (p plan) zip(out, made string, room *budget, remark haidang.Text) (err error) {
	f, err := os.OpenFile(made, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return zipFolder(out, room.meter(f), remark)
}

// ogr makes a file of one part. It is given the official code to label coordinates
// that are in that system already, and no target: so it transforms nothing.
func (p plan) ogr(ctx context.Context, part *part, scratch, out, made string, room *budget) error {
	target, driver := made, "GPKG"
	options := []string{"-lco", "IDENTIFIER=" + p.layer.Title.VI, "-lco", "GEOMETRY_NAME=geom", "-lco", "FID=fid"}
	if p.format == Shapefile {
		target, driver = filepath.Join(out, part.name+".shp"), "ESRI Shapefile"
		options = []string{"-lco", "ENCODING=UTF-8"}
	}
	args := append([]string{"-f", driver, "-a_srs", p.system.Official(), "-nln", part.name, "-nlt", part.kind, "-gt", "65536",
		"-oo", "GEOM_POSSIBLE_NAMES=" + shapeColumn, "-oo", "KEEP_GEOM_COLUMNS=NO", "-oo", "EMPTY_STRING_AS_NULL=YES"}, options...)
	cmd := sandbox.Command(ctx, sandbox.Limits{Wall: gdalTime, Memory: 2 << 30, FileSize: max(room.left, 1<<20), Output: 1 << 20}, nil, []string{scratch}, "ogr2ogr", append(args, target, part.path)...)
	cmd.Dir, cmd.Env = scratch, []string{"OGR_CSV_MAX_LINE_SIZE=1000000000", "OGR_SQLITE_CACHE=64", "CPL_TMPDIR=" + scratch, "OGR_SQLITE_SYNCHRONOUS=OFF"}
	if err := cmd.Run(); err != nil {
		if failure, ok := errors.AsType[*sandbox.Failure](err); ok && failure.Reason == sandbox.Big {
			return noRoom()
		}
		return fmt.Errorf("write %s: %w", p.format, err)
	}
	return nil
}
