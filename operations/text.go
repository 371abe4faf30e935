package operations

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// tidy is what people typed, in composed form, without the characters that no
// keyboard has, which also upset the database, and without blanks around it.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), isDirection(r):
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// isDirection reports the marks that turn text around and so can make a screen lie.
func isDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
