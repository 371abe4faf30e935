package cql2

import "strings"

// escapes are what a backslash makes of the character behind it. Before any other
// it stands for itself, so that \% and \_ reach LIKE as they are.
var escapes = map[byte]byte{'\\': '\\', '\'': '\'', 'a': 7, 'b': 8, 't': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13}

// takeChars reads a character literal.
func (l *lexer) takeChars(at Place) (string, error) {
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		c := l.rest[i]
		switch {
		case c == '\'' && strings.HasPrefix(l.rest[i:], "''"):
			i++
			b.WriteByte(c)
		case c == '\'':
			l.take(i + 1)
			return b.String(), nil
		case c == '\\' && i+1 < len(l.rest) && escapes[l.rest[i+1]] != 0:
			i++
			b.WriteByte(escapes[l.rest[i]])
		default:
			b.WriteByte(c)
		}
	}
	return "", refuse(at, l.rest, "Chữ này thiếu dấu nháy đơn ở cuối. Nháy đơn bên trong viết hai lần: ''.",
		"This text lacks its closing single quote. A quote inside is written twice: ''.")
}

// quoteChars is takeChars turned round.
func quoteChars(s string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'"
}
