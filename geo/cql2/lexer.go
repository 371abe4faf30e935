package cql2

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind of a token.
type kind int

const (
	end kind = iota
	word
	quoted // a name in double quotes
	chars  // a character literal
	digits // a number without its sign
	sign   // punctuation and operators
)

// token is one word of a text filter. Its place counts characters, not bytes.
type token struct {
	Place
	kind kind
	text string // decoded where it was escaped
}

// lexer cuts a text filter into tokens, one ahead of the parser.
type lexer struct {
	rest string
	char int // characters before rest
	next token
}

// is reports whether the next token is this word or sign, in any case.
func (l *lexer) is(text string) bool {
	return (l.next.kind == word || l.next.kind == sign) && strings.EqualFold(l.next.text, text)
}

func (l *lexer) advance() error {
	l.skipSpace()
	t := token{Place: Place{Char: l.char + 1}}
	r, _ := utf8.DecodeRuneInString(l.rest)
	var err error
	switch {
	case l.rest == "":
		t.kind = end
	case startsName(r):
		t.kind, t.text = word, l.take(nameLength(l.rest))
	case r == '"':
		t.kind = quoted
		t.text, err = l.takeQuoted(t.Place)
	case r == '\'':
		t.kind = chars
		t.text, err = l.takeChars(t.Place)
	case numberLength(l.rest) > 0:
		t.kind, t.text = digits, l.take(numberLength(l.rest))
	default:
		t.kind = sign
		t.text, err = l.takeSign(t.Place)
	}
	l.next = t
	return err
}

func (l *lexer) skipSpace() {
	for i, r := range l.rest {
		if !unicode.IsSpace(r) {
			l.take(i)
			return
		}
	}
	l.take(len(l.rest))
}

// take moves past n bytes and returns them.
func (l *lexer) take(n int) string {
	s := l.rest[:n]
	l.rest = l.rest[n:]
	l.char += utf8.RuneCountInString(s)
	return s
}

func (l *lexer) takeSign(at Place) (string, error) {
	for _, s := range []string{"<>", "<=", ">=", "(", ")", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^"} {
		if strings.HasPrefix(l.rest, s) {
			return l.take(len(s)), nil
		}
	}
	_, n := utf8.DecodeRuneInString(l.rest)
	return "", refuse(at, l.rest[:n], "CQL2 không có ký hiệu này. Chữ đặt trong nháy đơn, tên thuộc tính lạ trong nháy kép.",
		"CQL2 has no such sign. Text stands in single quotes, an unusual property name in double quotes.")
}

// takeQuoted reads a name in double quotes; two of them stand for one.
func (l *lexer) takeQuoted(at Place) (string, error) {
	for i := 1; i < len(l.rest); i++ {
		switch {
		case l.rest[i] != '"':
		case strings.HasPrefix(l.rest[i:], `""`):
			i++
		default:
			s := l.take(i + 1)
			return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`), nil
		}
	}
	return "", refuse(at, l.rest, "Tên này thiếu dấu nháy kép ở cuối.", "This name lacks its closing double quote.")
}

// numberLength is how many bytes at the start of s are an unsigned number.
func numberLength(s string) int {
	whole := run(s)
	n := whole
	if strings.HasPrefix(s[n:], ".") {
		fraction := run(s[n+1:])
		if whole+fraction == 0 {
			return 0
		}
		n += 1 + fraction
	}
	if n > 0 && n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if d := run(s[e:]); d > 0 {
			return e + d
		}
	}
	return n
}

// run is how many digits s begins with.
func run(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
