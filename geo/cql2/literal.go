package cql2

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// newNumber keeps whole numbers of up to 18 digits exactly, others as float64.
func newNumber(at Place, text string) (Expr, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Number{at, strconv.FormatInt(i, 10)}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || notFinite(f) {
		return nil, refuse(at, text, "Số này quá lớn hoặc không phải là số.", "This number is too great, or none.")
	}
	return Number{at, formatFloat(f)}, nil
}

// formatFloat prints the shortest spelling that is read back as the same number.
func formatFloat(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// checkText refuses what PostgreSQL cannot hold.
func checkText(at Place, s string) error {
	if strings.ContainsRune(s, 0) {
		return refuse(at, "", "Chữ có ký tự rỗng (U+0000). Hãy bỏ ký tự ấy.", "The text holds a null character (U+0000). Take it out.")
	}
	return nil
}

func newDate(at Place, s string) (Expr, error) {
	if t, err := time.Parse(time.DateOnly, s); err != nil || t.Year() < 1 {
		return nil, refuse(at, s, "Ngày phải có dạng năm-tháng-ngày và có thật, ví dụ 2026-03-31.",
			"A date is year-month-day and exists, such as 2026-03-31.")
	}
	return Date{at, s}, nil
}

// newTimestamp reads an instant of RFC 3339; microseconds are what PostgreSQL keeps.
func newTimestamp(at Place, s string) (Expr, error) {
	t, err := time.Parse(time.RFC3339, s)
	if t = t.UTC().Truncate(time.Microsecond); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return nil, refuse(at, s, "Thời điểm phải theo RFC 3339, ví dụ 2026-03-31T07:00:00Z.",
			"An instant is written as in RFC 3339, such as 2026-03-31T07:00:00Z.")
	}
	return Timestamp{at, t}, nil
}

// newInterval wants two ends; one that came as a bare text is read as what it means.
func newInterval(at Place, ends []Expr) (Expr, error) {
	if len(ends) != 2 {
		return nil, refuse(at, "INTERVAL", "INTERVAL có hai đầu, ví dụ INTERVAL('2026-01-01', '..').",
			"An INTERVAL has two ends, such as INTERVAL('2026-01-01', '..').")
	}
	read := slices.Clone(ends)
	for i, end := range ends {
		if text, ok := end.(Text); ok {
			e, err := newEnd(text)
			if err != nil {
				return nil, err
			}
			read[i] = e
		}
	}
	return Call{at, interval, read}, nil
}

func newEnd(t Text) (Expr, error) {
	switch {
	case t.Value == "..":
		return Open{t.Place}, nil
	case len(t.Value) == len(time.DateOnly):
		return newDate(t.Place, t.Value)
	}
	return newTimestamp(t.Place, t.Value)
}

func newBBox(at Place, bounds []float64) (Expr, error) {
	if n := len(bounds); n != 4 && n != 6 || slices.ContainsFunc(bounds, notFinite) {
		return nil, refuse(at, "BBOX", "BBOX có bốn số: tây, nam, đông, bắc; hoặc sáu số khi có độ cao.",
			"A BBOX has four numbers: west, south, east, north; or six with heights.")
	}
	return BBox{at, bounds}, nil
}

// newCall counts the operands of an operation that the standard defines.
func newCall(at Place, op Op, args []Expr) (Expr, error) {
	a := arities[op]
	if len(args) < a.least || len(args) > a.most {
		return nil, refuse(at, string(op), fmt.Sprintf("%s cần %d toán hạng, ở đây có %d.", op, a.least, len(args)),
			fmt.Sprintf("%s takes %d operands; there are %d here.", op, a.least, len(args)))
	}
	for _, arg := range args {
		if c, ok := arg.(Call); ok && slices.Contains(arrays, op) && c.Op.infix() { // a parenthesis there begins a list
			return nil, refuse(arg.place(), string(c.Op), fmt.Sprintf("%s nhận thuộc tính, hàm hoặc danh sách, không nhận biểu thức.", op),
				fmt.Sprintf("%s takes properties, functions and lists, no expressions.", op))
		}
	}
	return Call{at, op, args}, nil
}
