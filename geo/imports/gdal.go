package imports

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"haidang"
	"haidang/internal/sandbox"
)

// geometryName is what we have GDAL call the geometry.
const geometryName = "haidang_geom"

// reader runs GDAL's programs on one source.
type reader struct {
	source source
	limits Limits
}

// drivers are all that this GDAL has, found once.
var drivers = sync.OnceValues(func() ([]string, error) {
	out, err := sandbox.Command(context.Background(), sandbox.Limits{}, nil, nil, "ogrinfo", "--formats").Output()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  (.+?) -[a-z,]+- \(`).FindAllStringSubmatch(string(out), -1) {
		names = append(names, m[1])
	}
	return names, nil
})

// environment leaves GDAL the drivers of the format and the writer of our stream, and
// nothing that reaches beyond the file.
func (r reader) environment() ([]string, error) {
	all, err := drivers()
	if err != nil {
		return nil, err
	}
	var skip []string
	for _, d := range all {
		if !slices.Contains(r.source.Format.drivers, d) && d != "PGDUMP" && d != "PGDump" {
			skip = append(skip, d)
		}
	}
	return []string{"GDAL_SKIP=" + strings.Join(skip, ","), "GDAL_CACHEMAX=64", "GDAL_NUM_THREADS=1", "PG_USE_COPY=YES",
		"CPL_VSIL_CURL_ALLOWED_EXTENSIONS={none}", "GDAL_HTTP_TIMEOUT=1", "DXF_ENCODING=ISO-8859-1", "DXF_MERGE_BLOCK_GEOMETRIES=FALSE",
		"OGR_ENABLE_PARTIAL_REPROJECTION=NO", "CPL_TMPDIR=/nonexistent", "GDAL_DATA=/usr/share/gdal", "OGR_SQLITE_PRAGMA=trusted_schema=OFF",
		"OGR_GEOJSON_MAX_OBJ_SIZE=1000"}, nil
}

func (r reader) command(ctx context.Context, output int64, program string, args ...string) (*sandbox.Cmd, error) {
	env, err := r.environment()
	if err != nil {
		return nil, err
	}
	limits := sandbox.Limits{Wall: r.limits.Time, Memory: r.limits.Memory, FileSize: 1 << 20, Output: output}
	c := sandbox.Command(ctx, limits, []string{r.source.Dir}, nil, program, args...)
	c.Env = env
	return c, nil
}

func (r reader) openOptions() (args []string) {
	for _, o := range r.source.Format.open {
		args = append(args, "-oo", o)
	}
	return args
}

// layerLine is how ogrinfo lists a layer: 1: name (Polygon)
var layerLine = regexp.MustCompile(`^(\d+): (.*?)(?: \(([^()]*)\))?$`)

// layers lists the names of the file's layers.
func (r reader) layers(ctx context.Context) (names []string, err error) {
	c, err := r.command(ctx, 4<<20, "ogrinfo", append([]string{"-ro", "-q", r.source.Path}, r.openOptions()...)...)
	if err != nil {
		return nil, err
	}
	out, err := c.Output()
	if err != nil {
		return nil, unreadable(err)
	}
	for line := range strings.Lines(string(out)) {
		m := layerLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if n, _ := strconv.Atoi(first(m, 1)); m != nil && n == len(names)+1 {
			names = append(names, m[2])
		}
	}
	if len(names) == 0 {
		return nil, haidang.RefuseField("file", "Tệp không có lớp nào.", "The file has no layer.")
	}
	if len(names) > r.limits.Layers {
		return nil, haidang.RefuseField("file", "Tệp có quá nhiều lớp. Hãy xuất riêng lớp cần nhập.", "The file has too many layers. Export the one to import by itself.")
	}
	return names, nil
}

func first(m []string, i int) string {
	if m == nil {
		return ""
	}
	return m[i]
}

// wkt returns the coordinate system that the file declares for a layer, "" for none.
func (r reader) wkt(ctx context.Context, layer string) (string, error) {
	args := append([]string{"-ro", "-so", "-nocount", "-noextent", r.source.Path}, r.openOptions()...)
	c, err := r.command(ctx, 4<<20, "ogrinfo", append(args, layer)...)
	if err != nil {
		return "", err
	}
	out, err := c.Output()
	if err != nil {
		return "", unreadable(err)
	}
	_, text, _ := strings.Cut(string(out), "\nLayer SRS WKT:\n")
	text, _, _ = strings.Cut(text, "\nData axis")
	if strings.HasPrefix(text, "(unknown)") {
		return "", nil
	}
	return text, nil
}

// stream reads the features of a layer and hands each to do. GDAL is told that there
// is no coordinate system, so that it has nothing to transform.
func (r reader) stream(ctx context.Context, layer string, begin func([]field) error, do func(record) error) error {
	args := append([]string{"-f", "PGDump", "/vsistdout/", r.source.Path}, r.openOptions()...)
	args = append(args, layer, "-nln", "data", "-a_srs", "none", "-dim", "XY", "-nlt", "CONVERT_TO_LINEAR", "-unsetFid",
		"-lco", "CREATE_SCHEMA=OFF", "-lco", "DROP_TABLE=OFF", "-lco", "SPATIAL_INDEX=NONE", "-lco", "LAUNDER=NO", "-lco", "PRECISION=NO",
		"-lco", "GEOMETRY_NAME="+geometryName, "-lco", "FID=haidang_fid")
	c, err := r.command(ctx, 1<<40, "ogr2ogr", args...)
	if err != nil {
		return err
	}
	out, in := io.Pipe()
	c.Stdout = in
	ended := make(chan error, 1)
	go func() {
		err := c.Run()
		_ = in.CloseWithError(errors.Join(err, io.EOF))
		ended <- err
	}()
	err = r.read(out, begin, do)
	_ = out.CloseWithError(errStop)
	ran := <-ended
	if err != nil && !errors.Is(err, errGone) {
		return err
	}
	if ran != nil {
		return unreadable(ran)
	}
	return nil // a layer without features writes nothing to read
}

// errStop ends a program whose output nobody reads any more; errGone is an output
// that ended too early, of which the program itself says more.
var (
	errStop = errors.New("no longer read")
	errGone = errors.New("the stream ended early")
)

func (r reader) read(in io.Reader, begin func([]field) error, do func(record) error) error {
	// A vertex is 32 digits; values come on top.
	s, err := newStream(in, 32*r.limits.FeatureVertices+(r.limits.Text+16)*64)
	if err != nil {
		if errors.Is(err, errNoGeometry) || errors.Is(err, errStream) {
			return err
		}
		return errGone
	}
	if len(s.Fields) > r.limits.Fields {
		return haidang.RefuseField("file", "Lớp có quá nhiều cột.", "The layer has too many columns.")
	}
	if err := begin(s.Fields); err != nil {
		return err
	}
	for {
		rec, err := s.next()
		switch {
		case err == io.EOF:
			_, _ = io.Copy(io.Discard, in) // the program's farewell; cut off it would look like a failure
			return nil
		case errors.Is(err, errStream):
			return err
		case err != nil:
			return errGone
		}
		if err := do(rec); err != nil {
			return err
		}
	}
}

// complaint is what people need not read: drivers that were missing anyway, and where
// the file lay meanwhile.
var complaint = regexp.MustCompile(`Warning 1: Unable to find driver .*\n?|/\S*/sandbox-\d+/`)

// unreadable makes a program's end a sentence; what is not the file's fault stays as it is.
func unreadable(err error) error {
	f, ok := errors.AsType[*sandbox.Failure](err)
	if !ok {
		return err
	}
	said := complaint.ReplaceAllString(f.Stderr, "")
	vi, en := "Không đọc được tệp: "+said, "The file cannot be read: "+said
	switch f.Reason {
	case sandbox.Slow:
		vi, en = "Đọc tệp quá lâu nên đã dừng. Hãy chia nhỏ tệp.", "Reading the file took too long and was stopped. Divide the file."
	case sandbox.Crashed:
		vi, en = "Đọc tệp cần quá nhiều bộ nhớ nên đã dừng. Hãy chia nhỏ tệp.", "Reading the file needed too much memory and was stopped. Divide the file."
	case sandbox.Loud, sandbox.Big:
		vi, en = "Tệp nở ra quá lớn khi đọc.", "The file grew too large when it was read."
	}
	f.Stderr = clip(said, 2000)
	e := haidang.RefuseField("file", clip(vi, 600), clip(en, 600))
	e.Cause = f
	return e
}

func clip(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
