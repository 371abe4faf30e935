package cql2

import (
	"fmt"

	"haidang"
)

// field is the parameter that refusals name.
const field = "filter"

// longest is how much of the filter a refusal repeats, in characters.
const longest = 40

// refuse says what is wrong with a filter, where, and near what.
func refuse(at Place, near, vi, en string) *haidang.Error {
	switch {
	case near != "" && at.Char > 0:
		near = shorten(near)
		vi = fmt.Sprintf("Ở ký tự %d, gần “%s”: %s", at.Char, near, vi)
		en = fmt.Sprintf("At character %d, near “%s”: %s", at.Char, near, en)
	case at.Char > 0:
		vi, en = fmt.Sprintf("Ở ký tự %d: %s", at.Char, vi), fmt.Sprintf("At character %d: %s", at.Char, en)
	case at.Path != "":
		vi, en = fmt.Sprintf("Ở %s: %s", at.Path, vi), fmt.Sprintf("At %s: %s", at.Path, en)
	}
	return haidang.RefuseField(field, vi, en)
}

func shorten(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}
