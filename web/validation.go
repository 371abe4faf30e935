package web

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"haidang"
)

// complaint is one way in which huma says that input breaks the schema, and how we say it.
// In vi and en %[1]s is the field and %[2]s what the expression caught.
type complaint struct {
	says   *regexp.Regexp
	vi, en string
}

var complaints = []complaint{
	{regexp.MustCompile(`^expected required property (\S+) to be present`), "Thiếu trường %[1]s.", "The field %[1]s is missing."},
	{regexp.MustCompile(`^required \w+ parameter is missing`), "Thiếu tham số %[1]s.", "The parameter %[1]s is missing."},
	{regexp.MustCompile(`^unexpected property`), "Trường %[1]s không có ở đây. Hãy bỏ đi.", "There is no field %[1]s here. Leave it out."},
	{regexp.MustCompile(`RFC 3339|date/time`), "Trường %[1]s phải là thời điểm như 2026-03-02T07:00:00Z.", "The field %[1]s must be a time such as 2026-03-02T07:00:00Z."},
	{regexp.MustCompile(`^expected number >=? (\S+)`), "Trường %[1]s phải từ %[2]s trở lên.", "The field %[1]s must be %[2]s or more."},
	{regexp.MustCompile(`^expected number <=? (\S+)`), "Trường %[1]s nhiều nhất là %[2]s.", "The field %[1]s must be %[2]s or less."},
	{regexp.MustCompile(`^expected length >= (\S+)`), "Trường %[1]s phải có ít nhất %[2]s ký tự.", "The field %[1]s must have at least %[2]s characters."},
	{regexp.MustCompile(`^expected length <= (\S+)`), "Trường %[1]s có nhiều nhất %[2]s ký tự.", "The field %[1]s must have at most %[2]s characters."},
	{regexp.MustCompile(`^expected array length <= (\S+)`), "Trường %[1]s có nhiều nhất %[2]s phần tử.", "The field %[1]s must have at most %[2]s entries."},
	{regexp.MustCompile(`^expected value to be one of "(.*)"`), "Trường %[1]s phải là một trong: %[2]s.", "The field %[1]s must be one of: %[2]s."},
	{regexp.MustCompile(`integer`), "Trường %[1]s phải là số nguyên.", "The field %[1]s must be a whole number."},
	{regexp.MustCompile(`number|float`), "Trường %[1]s phải là số.", "The field %[1]s must be a number."},
	{regexp.MustCompile(`boolean`), "Trường %[1]s phải là true hoặc false.", "The field %[1]s must be true or false."},
	{regexp.MustCompile(`^expected string$`), "Trường %[1]s phải là chữ.", "The field %[1]s must be text."},
	{regexp.MustCompile(`^expected (array|object)`), "Trường %[1]s không đúng dạng.", "The field %[1]s has the wrong shape."},
}

// validationRefusal words the first thing that is wrong. The value itself is never
// repeated: it may be a password.
func validationRefusal(errs []error) *haidang.Error {
	for _, err := range errs {
		if e, ok := errors.AsType[*haidang.Error](err); ok {
			return e
		}
		if d, ok := err.(huma.ErrorDetailer); ok {
			return word(d.ErrorDetail())
		}
	}
	return haidang.RefuseField("body", "Nội dung gửi lên không đọc được. Hãy gửi JSON đúng dạng.", "What was sent cannot be read. Send well-formed JSON.")
}

func word(d *huma.ErrorDetail) *haidang.Error {
	for _, c := range complaints {
		caught := c.says.FindStringSubmatch(d.Message)
		if caught == nil {
			continue
		}
		field := fieldOf(d.Location)
		extra := ""
		if len(caught) > 1 {
			extra = caught[1]
		}
		if strings.HasPrefix(d.Message, "expected required property") {
			field = extra
		}
		return haidang.RefuseField(field, say(c.vi, field, extra), say(c.en, field, extra))
	}
	if field := fieldOf(d.Location); field != "body" {
		return haidang.RefuseField(field, say("Giá trị của trường %[1]s không hợp lệ.", field, ""), say("The value of the field %[1]s is not valid.", field, ""))
	}
	return validationRefusal(nil)
}

func say(format, field, extra string) string {
	if strings.Contains(format, "%[2]s") {
		return fmt.Sprintf(format, field, extra)
	}
	return fmt.Sprintf(format, field)
}

// fieldOf is the API's spelling of a place such as "body.grants[0].role": "grants[0].role".
func fieldOf(location string) string {
	for _, where := range []string{"body.", "query.", "path.", "header."} {
		if rest, ok := strings.CutPrefix(location, where); ok {
			return rest
		}
	}
	if location == "" {
		return "body"
	}
	return location
}
