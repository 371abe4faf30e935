package imports

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"haidang"
)

const header1 = "SET standard_conforming_strings = OFF;\nBEGIN;\nALTER TABLE \"public\".\"data\" ADD COLUMN \"a\"\"b\" VARCHAR;\nCOPY \"public\".\"data\" (\"haidang_geom\", \"a\"\"b\", \"c\") FROM STDIN;\n"

func TestStream(t *testing.T) {
	t.Parallel()
	in := header1 + "0101\tx\\ty\\\\z\\nq\t\\N\n\\N\t\\N\t1\n" + string(bytes.Repeat([]byte("a"), 3000)) + "\tb\tc\n\\.\nEND;\n"
	s, err := newStream(bytes.NewReader([]byte(in)), 2000)
	if err != nil || len(s.Fields) != 2 || s.Fields[0] != (field{`a"b`, "VARCHAR"}) {
		t.Fatalf("%+v, %v", s, err)
	}
	r, err := s.next()
	if err != nil || hex.EncodeToString(r.Shape) != "0101" || string(r.Values[0]) != "x\ty\\z\nq" || r.Values[1] != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = s.next(); err != nil || r.Shape != nil || r.Values[0] != nil || string(r.Values[1]) != "1" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = s.next(); err != nil || !r.Long || r.N != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err = s.next(); err != io.EOF {
		t.Errorf("at the end %v", err)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(header1 + "0101\tx\\ty\t\\N\n\\.\n"))
	f.Add([]byte(header1 + "\\N\t\\\t\\x41\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := newStream(bytes.NewReader(in), 1000)
		if err != nil {
			return
		}
		for {
			r, err := s.next()
			if err != nil {
				return
			}
			if !r.Long && len(r.Values) != len(s.Fields) {
				t.Fatalf("%d values of %d", len(r.Values), len(s.Fields))
			}
			_, _ = walk(r.Shape, true)
		}
	})
}

// What was walked and fits is written as what it was, for any type of layer.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{"0101000000000000000000F03F0000000000000040", "010300000001000000040000006EBA353FE0C820419A999919A02C304100000000A8C9204100000000A02C304100000000A8C9204100000000042D30416EBA353FE0C820419A999919A02C3041",
		"0104000000010000000101000000000000000000F03F0000000000000040", "01070000000100000001070000000100000001070000000000", "010100000000000000000000F87F000000000000F87F"} {
		b, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := walk(bytes.Clone(in), false)
		if err != nil {
			return
		}
		for _, want := range []string{"Point", "MultiPoint", "Polygon", "MultiPolygon", "Geometry", "LineString", "MultiLineString"} {
			wrap, ok := fits(s, want)
			if !ok {
				continue
			}
			out := appendEWKB(nil, in, s, 959209, wrap)
			again, err := walk(out, false)
			if err != nil || again.vertices != s.vertices || again.vertices > 0 && again.extent != s.extent {
				t.Fatalf("%x as %s is %x: %+v, %v", in, want, out, again, err)
			}
		}
	})
}

func FuzzUnzip(f *testing.F) {
	good, err := os.ReadFile(func() string {
		to := filepath.Join(f.TempDir(), "a.zip")
		writeZip(f, to, func(add func(string, []byte)) {
			add("a/a.shp", []byte("\x00\x00\x27\x0a"))
			add("a/a.dbf", []byte("x"))
		})
		return to
	}())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, in []byte) {
		dir := t.TempDir()
		file := filepath.Join(dir, "in")
		if err := os.WriteFile(file, in, 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out")
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		_, _, err := unzip(t.Context(), file, out, Limits{Unpacked: 1 << 20}.orDefault(), plenty)
		if err != nil && !errors.As(err, new(*haidang.Error)) {
			t.Errorf("no sentence: %v", err)
		}
		all, _ := os.ReadDir(dir)
		if len(all) != 2 {
			t.Errorf("written outside: %v", all)
		}
	})
}
