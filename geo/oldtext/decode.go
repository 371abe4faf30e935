package oldtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Encoding is the name of a way to write text.
type Encoding string

// The encodings.
const (
	UTF8        Encoding = "utf-8"
	TCVN3       Encoding = "tcvn3"
	VNI         Encoding = "vni"
	Windows1258 Encoding = "windows-1258"
	Windows1252 Encoding = "windows-1252"
)

// Encodings lists all of them.
var Encodings = []Encoding{UTF8, TCVN3, VNI, Windows1258, Windows1252}

// Known reports whether it is one of Encodings.
func (e Encoding) Known() bool {
	for _, k := range Encodings {
		if e == k {
			return true
		}
	}
	return false
}

// Decode returns the text in NFC. What cannot be read is U+FFFD. Bytes of an older
// encoding that somebody took for Western ones and wrote as UTF-8 are read too.
func (e Encoding) Decode(in []byte) string {
	if ascii(in) {
		return string(in)
	}
	if e == UTF8 || e == "" {
		return norm.NFC.String(strings.ToValidUTF8(string(in), "�"))
	}
	if !utf8.Valid(in) {
		return norm.NFC.String(e.bytes(in))
	}
	return norm.NFC.String(e.mistaken(string(in)))
}

func (e Encoding) bytes(in []byte) string {
	switch e {
	case TCVN3:
		return fromTCVN3(in)
	case VNI:
		return fromVNI(in)
	}
	out := make([]rune, 0, len(in))
	for _, b := range in {
		if e == Windows1258 {
			out = append(out, charmap.Windows1258.DecodeByte(b))
		} else {
			out = append(out, western(b))
		}
	}
	return string(out)
}

// mistaken decodes the runs of text that could have been bytes, and leaves what is
// Unicode for certain.
func (e Encoding) mistaken(in string) string {
	var out strings.Builder
	var run []byte
	flush := func() {
		out.WriteString(e.bytes(run))
		run = run[:0]
	}
	for _, r := range in {
		if b, ok := unwestern(r); ok {
			run = append(run, b)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// western reads a byte as windows-1252, and where that has nothing as Latin 1.
func western(b byte) rune {
	if r := charmap.Windows1252.DecodeByte(b); r != utf8.RuneError {
		return r
	}
	return rune(b)
}

// unwestern is the byte that a program may have read as this letter.
func unwestern(r rune) (byte, bool) {
	if b, ok := charmap.Windows1252.EncodeRune(r); ok {
		return b, true
	}
	if r < 0x100 {
		return byte(r), true
	}
	return 0, false
}

func ascii(in []byte) bool {
	for _, b := range in {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// capitals mends what a font of capitals did: in a word whose plain letters are all
// capitals, and there are two or more, the marked ones become capitals too.
func capitals(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		plain, small := 0, false
		for _, r := range w {
			switch {
			case r < utf8.RuneSelf && unicode.IsUpper(r):
				plain++
			case r < utf8.RuneSelf && unicode.IsLower(r):
				small = true
			}
		}
		if plain >= 2 && !small {
			words[i] = strings.ToUpper(w)
		}
	}
	return strings.Join(words, " ")
}
