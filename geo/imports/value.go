package imports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/geo/catalogue"
)

// read turns a value of the file into the text that COPY takes for the column. It
// returns null for nothing, and a sentence for what the column cannot hold.
func (c column) read(s string) (text string, null bool, why *haidang.Text) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true, nil
	}
	switch c.Type {
	case catalogue.Integer:
		text, why = c.integer(s)
	case catalogue.Number:
		text, why = c.decimal(s)
	case catalogue.Boolean:
		text, why = truth(s)
	case catalogue.Date:
		text, why = day(s)
	case catalogue.DateTime:
		text, why = instant(s)
	default:
		return c.word(s)
	}
	return text, false, why
}

func (c column) word(s string) (string, bool, *haidang.Text) {
	if c.codes == nil {
		return s, false, nil
	}
	if code, ok := c.codes[fold(s)]; ok {
		return code, false, nil
	}
	parts := strings.Split(s, "+") // one parcel, several uses
	for i, p := range parts {
		code, ok := c.codes[fold(p)]
		if !ok || len(parts) == 1 {
			return "", false, sentence("Mã %q không có trong danh mục %s.", "The code %q is not in the list %s.", clip(s, 60), c.CodeList)
		}
		parts[i] = code
	}
	return strings.Join(parts, "+"), false, nil
}

func sentence(vi, en string, args ...any) *haidang.Text {
	return &haidang.Text{VI: fmt.Sprintf(vi, args...), EN: fmt.Sprintf(en, args...)}
}

// bits of PostgreSQL's integer types.
var bits = map[string]int{"int2": 16, "int4": 32}

func (c column) integer(s string) (string, *haidang.Text) {
	size := 64
	if b, ok := bits[c.udt]; ok {
		size = b
	}
	if n, err := strconv.ParseInt(s, 10, size); err == nil {
		return strconv.FormatInt(n, 10), nil
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < math.Ldexp(1, min(size-1, 53)) {
		return strconv.FormatInt(int64(f), 10), nil
	}
	return "", sentence("%q không phải số nguyên vừa với cột.", "%q is no whole number that fits the column.", clip(s, 60))
}

// decimal bounds a number by the column's type: what is beyond single precision would
// end the COPY of all features.
func (c column) decimal(s string) (string, *haidang.Text) {
	text, why := decimal(s)
	if why != nil || c.udt != "float4" {
		return text, why
	}
	f, _ := strconv.ParseFloat(text, 64) // decimal wrote it
	if single := float32(f); !math.IsInf(float64(single), 0) {
		return strconv.FormatFloat(float64(single), 'g', -1, 32), nil
	}
	return "", sentence("%q quá lớn đối với cột.", "%q is too large for the column.", clip(s, 60))
}

// decimal also takes a comma for the decimal point, as Vietnamese programs write it.
func decimal(s string) (string, *haidang.Text) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		f, err = strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	}
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return "", sentence("%q không phải số.", "%q is no number.", clip(s, 60))
	}
	return strconv.FormatFloat(f, 'g', -1, 64), nil
}

func truth(s string) (string, *haidang.Text) {
	switch fold(s) {
	case "1", "t", "true", "y", "yes", "co", "dung", "x":
		return "t", nil
	case "0", "f", "false", "n", "no", "khong", "sai":
		return "f", nil
	}
	return "", sentence("%q không phải có hay không.", "%q is neither yes nor no.", clip(s, 60))
}

// days are the ways a day is written; the day comes before the month where a slash
// follows it, as people here write.
var days = []string{"2006/01/02", "2006-01-02", "2/1/2006", "2-1-2006", "2.1.2006", "20060102"}

func day(s string) (string, *haidang.Text) {
	s, _, _ = strings.Cut(s, " ")
	s, _, _ = strings.Cut(s, "T")
	for _, form := range days {
		if d, err := time.Parse(form, s); err == nil && d.Year() >= 1000 {
			return d.Format(time.DateOnly), nil
		}
	}
	return "", sentence("%q không phải ngày (2025-12-31 hoặc 31/12/2025).", "%q is no day (2025-12-31 or 31/12/2025).", clip(s, 60))
}

// instants are the ways an instant is written; one that names no zone is by the clocks here.
var instants = []string{time.RFC3339Nano, "2006/01/02 15:04:05.999999999Z07", "2006/01/02 15:04:05.999999999Z0700", "2006/01/02 15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2/1/2006 15:04:05", "2/1/2006 15:04"}

func instant(s string) (string, *haidang.Text) {
	for _, form := range instants {
		if t, err := time.ParseInLocation(form, s, haidang.LocalTime); err == nil && t.Year() >= 1000 && t.Year() < 10000 {
			return t.UTC().Format(time.RFC3339Nano), nil
		}
	}
	if d, why := day(s); why == nil {
		t, err := time.ParseInLocation(time.DateOnly, d, haidang.LocalTime)
		return t.UTC().Format(time.RFC3339), errText(err)
	}
	return "", sentence("%q không phải thời điểm.", "%q is no instant.", clip(s, 60))
}

func errText(err error) *haidang.Text {
	if err == nil {
		return nil
	}
	return &haidang.Text{VI: err.Error(), EN: err.Error()}
}
