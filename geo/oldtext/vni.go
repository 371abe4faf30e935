package oldtext

import "unicode"

// vniAlone are the letters that one byte stands for, without a mark after them.
var vniAlone = map[byte]rune{
	0xED: 'í', 0xEC: 'ì', 0xE6: 'ỉ', 0xF3: 'ĩ', 0xF2: 'ị', 0xF4: 'ơ', 0xF6: 'ư', 0xEE: 'ỵ', 0xF1: 'đ',
	0xCD: 'Í', 0xCC: 'Ì', 0xC6: 'Ỉ', 0xD3: 'Ĩ', 0xD2: 'Ị', 0xD4: 'Ơ', 0xD6: 'Ư', 0xCE: 'Ỵ', 0xD1: 'Đ',
}

// vniMarks are what a byte adds to the letter before it, as combining marks: first
// the letter's own, then the tone. Capital marks are 0x20 below.
var vniMarks = map[byte]string{
	0xF9: "\u0301", 0xF8: "\u0300", 0xFB: "\u0309", 0xF5: "\u0303", 0xEF: "\u0323",
	0xEA: "\u0306", 0xE9: "\u0306\u0301", 0xE8: "\u0306\u0300", 0xFA: "\u0306\u0309", 0xFC: "\u0306\u0303", 0xEB: "\u0306\u0323",
	0xE2: "\u0302", 0xE1: "\u0302\u0301", 0xE0: "\u0302\u0300", 0xE5: "\u0302\u0309", 0xE3: "\u0302\u0303", 0xE4: "\u0302\u0323",
}

func vniMark(b byte) string {
	if m, ok := vniMarks[b]; ok {
		return m
	}
	if b >= 0xC0 && b < 0xE0 {
		return vniMarks[b+0x20]
	}
	return ""
}

// takesMark tells after which letters a byte is a mark: 0xF4 (ơ) is a letter itself.
func takesMark(r rune) bool {
	switch unicode.ToLower(r) {
	case 'a', 'e', 'o', 'u', 'y', 'ơ', 'ư':
		return true
	}
	return false
}

func fromVNI(in []byte) string {
	out := make([]rune, 0, len(in))
	open := false // the last letter may still get a mark
	for _, b := range in {
		if mark := vniMark(b); mark != "" && open {
			out = append(out, []rune(mark)...)
			open = false
			continue
		}
		r, ok := vniAlone[b]
		if !ok {
			r = western(b)
		}
		out = append(out, r)
		open = takesMark(r)
	}
	return string(out)
}
