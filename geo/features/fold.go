package features

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold is search_words of the database for what a catalogue says.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 0x300 && r <= 0x36F:
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
