package cql2

import (
	"strings"
	"unicode/utf8"
)

// nameStarts are the characters that a bare name may begin with, by the grammar of
// the standard, in pairs of first and last.
var nameStarts = []rune{':', ':', '_', '_', 'A', 'Z', 'a', 'z', 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFE,
	0x200C, 0x200D, 0x2070, 0x218F, 0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFC, 0x10000, 0xEFFFF}

// nameParts may follow besides.
var nameParts = []rune{'.', '.', '0', '9', 0x300, 0x36F, 0x203F, 0x2040}

func within(r rune, ranges []rune) bool {
	for i := 0; i < len(ranges); i += 2 {
		if r >= ranges[i] && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

func startsName(r rune) bool { return within(r, nameStarts) }

// nameLength is how many bytes at the start of s are a bare name.
func nameLength(s string) int {
	for i, r := range s {
		if !startsName(r) && (i == 0 || !within(r, nameParts)) {
			return i
		}
	}
	return len(s)
}

// quoteName prints a property name so that it is read back as one.
func quoteName(name string) string {
	if isBare(name) && !isKeyword(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func isBare(name string) bool { return name != "" && nameLength(name) == len(name) }

// checkName refuses a name that no property has.
func checkName(at Place, name string) error {
	switch {
	case name == "" || strings.ContainsRune(name, 0):
		return refuse(at, "", "Tên thuộc tính trống hoặc có ký tự rỗng.", "The property name is empty or holds a null character.")
	case utf8.RuneCountInString(name) > maxName:
		return refuse(at, name, "Tên này quá dài.", "This name is too long.")
	}
	return nil
}
