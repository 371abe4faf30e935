package cql2

import "strings"

// family groups the types that compare with each other.
func (t Type) family() Type {
	switch t {
	case TypeInteger:
		return TypeNumber
	case TypeTimestamp:
		return TypeDate
	}
	return t
}

// typeNames are what refusals call the types, and how one writes a literal of it.
var typeNames = map[Type]struct{ vi, en, literal string }{
	TypeText:      {"chữ", "text", "'LUC'"},
	TypeInteger:   {"số nguyên", "a whole number", "12"},
	TypeNumber:    {"số", "a number", "12.5"},
	TypeBoolean:   {"giá trị đúng/sai", "a truth value", "TRUE"},
	TypeDate:      {"ngày", "a date", "DATE('2026-03-31')"},
	TypeTimestamp: {"thời điểm", "an instant", "TIMESTAMP('2026-03-31T07:00:00Z')"},
	TypePeriod:    {"khoảng thời gian", "an interval", "INTERVAL('2026-01-01', '..')"},
	TypeGeometry:  {"hình", "a geometry", "POINT(105.97 9.6)"},
	typeOpen:      {"đầu mở", "an open end", ""},
	typeList:      {"danh sách", "a list", ""},
}

func (t Type) vi() string { return typeNames[t].vi }
func (t Type) en() string { return typeNames[t].en }

func (t Type) remedyVI() string {
	return "Bên kia phải là " + t.vi() + ", ví dụ " + typeNames[t].literal + "."
}
func (t Type) remedyEN() string {
	return "The other side has to be " + t.en() + ", such as " + typeNames[t].literal + "."
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
