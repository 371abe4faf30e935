package imports

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// ogr2ogr's PGDump driver writes what PostgreSQL would read: hexadecimal EWKB, so no
// digit of a coordinate is lost, and text as the file has it. We read it instead, and
// nothing of it is ever run.

// stream decodes that text.
type stream struct {
	in      *bufio.Reader
	longest int // bytes of a line; a longer one is skipped and said
	Fields  []field
	row     int64
	line    []byte
	ended   bool
}

// field is a column of the source as the stream declares it.
type field struct {
	Name string
	Type string // PostgreSQL's, such as VARCHAR or FLOAT8
}

// record is one feature of the stream; its slices hold until the next.
type record struct {
	N      int64    // 1 is the first
	Long   bool     // more bytes than allowed: nothing else is known
	Shape  []byte   // EWKB; nil for none
	Values [][]byte // by field; nil for null
}

var errStream = errors.New("the stream from GDAL cannot be read")

// newStream reads up to the first feature. It returns io.EOF when there is none to come.
func newStream(r io.Reader, longest int) (*stream, error) {
	s := &stream{in: bufio.NewReaderSize(r, 256<<10), longest: longest}
	types := map[string]string{}
	for {
		text, err := s.statement()
		if err != nil {
			return nil, err
		}
		if name, kind, ok := addsColumn(text); ok {
			types[name] = kind
		}
		if !strings.HasPrefix(text, "COPY ") {
			continue
		}
		names, err := copied(text)
		if err != nil {
			return nil, err
		}
		for _, n := range names[1:] {
			s.Fields = append(s.Fields, field{n, types[n]})
		}
		_, err = s.in.ReadString('\n')
		return s, err
	}
}

// longestStatement bounds what comes before the features.
const longestStatement = 4 << 20

// statement reads to the next semicolon outside of quotes.
func (s *stream) statement() (string, error) {
	var text []byte
	quote := byte(0)
	for len(text) < longestStatement {
		c, err := s.in.ReadByte()
		if err != nil {
			return "", err
		}
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == ';':
			return strings.TrimSpace(string(text)), nil
		}
		text = append(text, c)
	}
	return "", errStream
}

var columnForm = regexp.MustCompile(`(?s)^ALTER TABLE "public"\."data" ADD COLUMN "((?:[^"]|"")*)" (.*)$`)

func addsColumn(text string) (name, kind string, ok bool) {
	m := columnForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return strings.ReplaceAll(m[1], `""`, `"`), m[2], true
}

var quotedForm = regexp.MustCompile(`(?s)"((?:[^"]|"")*)"`)

// copied lists the columns of a COPY statement; the first must be the geometry.
func copied(text string) ([]string, error) {
	list, ok := strings.CutPrefix(text, `COPY "public"."data" (`)
	if !ok {
		return nil, errStream
	}
	var names []string
	for _, m := range quotedForm.FindAllStringSubmatch(list, -1) {
		names = append(names, strings.ReplaceAll(m[1], `""`, `"`))
	}
	if len(names) == 0 || names[0] != geometryName {
		return nil, errNoGeometry
	}
	return names, nil
}

var errNoGeometry = errors.New("no geometry")

// next returns the next feature, or io.EOF after the last.
func (s *stream) next() (record, error) {
	if s.ended {
		return record{}, io.EOF
	}
	long, err := s.readLine()
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return record{}, err
	}
	if !long && string(s.line) == `\.` {
		s.ended = true
		return record{}, io.EOF
	}
	s.row++
	r := record{N: s.row, Long: long}
	if long {
		return r, nil
	}
	return r, s.split(&r)
}

// readLine reads a line of bounded length; of a longer one it keeps nothing.
func (s *stream) readLine() (long bool, err error) {
	s.line = s.line[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		if !long {
			s.line = append(s.line, part...)
		}
		if len(s.line) > s.longest {
			long, s.line = true, s.line[:0]
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		s.line = bytes.TrimSuffix(s.line, []byte("\n"))
		return long, err
	}
}

// split cuts the line at its tabs and undoes the escapes in place.
func (s *stream) split(r *record) error {
	r.Values = make([][]byte, 0, len(s.Fields))
	rest := s.line
	for i := 0; ; i++ {
		cell, more, found := bytes.Cut(rest, []byte("\t"))
		value := unescape(cell)
		switch {
		case i > 0:
			r.Values = append(r.Values, value)
		case value != nil:
			n, err := hex.Decode(value, value)
			if err != nil {
				return fmt.Errorf("%w: geometry of feature %d", errStream, r.N)
			}
			r.Shape = value[:n]
		}
		if !found {
			break
		}
		rest = more
	}
	if len(r.Values) != len(s.Fields) {
		return fmt.Errorf("%w: feature %d has %d values of %d", errStream, r.N, len(r.Values), len(s.Fields))
	}
	return nil
}

// unescape undoes COPY's escapes in place; nil is null.
func unescape(b []byte) []byte {
	if string(b) == `\N` {
		return nil
	}
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		return b
	}
	out := b[:i]
	for ; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			i++
			c = unescaped(b[i])
		}
		out = append(out, c)
	}
	return out
}

func unescaped(c byte) byte {
	if k := strings.IndexByte("btnvfr", c); k >= 0 {
		return "\b\t\n\v\f\r"[k]
	}
	return c
}

// appendEscaped writes a value as COPY reads it. NUL cannot be kept by PostgreSQL.
func appendEscaped(out []byte, v string) []byte {
	for i := range len(v) {
		switch c := v[i]; c {
		case 0:
		case '\\':
			out = append(out, `\\`...)
		case '\t':
			out = append(out, `\t`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			out = append(out, c)
		}
	}
	return out
}
