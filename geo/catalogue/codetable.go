package catalogue

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"haidang"
)

// codeFields are what a column of a table of codes may be called, in the order that
// counts where the table has no head.
var codeFields = [][]string{
	{"code", "mã", "ma", "mã số", "ký hiệu"},
	{"label_vi", "name_vi", "vi", "tên", "tên tiếng việt", "nhãn", "loại", "name", "label"},
	{"label_en", "name_en", "en", "tên tiếng anh", "english"},
	{"colour", "color", "màu", "màu sắc"},
	{"parent", "mã cha", "thuộc", "nhóm"},
}

// ReadCodes reads codes from a table as spreadsheets save and copy it: fields divided by
// commas, semicolons or tabs, with a head or in the order code, name, English name,
// colour, wider code. It returns ErrInvalid with the line that cannot be read.
func ReadCodes(table string) ([]Code, error) {
	table = strings.TrimPrefix(table, "\ufeff")
	r := csv.NewReader(strings.NewReader(table))
	r.Comma, r.FieldsPerRecord = divider(table), -1
	at := []int{0, 1, 2, 3, 4}
	var codes []Code
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badTable(err)
		}
		if head := headOf(record); first && head != nil {
			at = head
			continue
		}
		if c := codeFrom(record, at); c != (Code{}) {
			codes = append(codes, c)
		}
		if len(codes) > maxCodes {
			break
		}
	}
	if len(codes) == 0 || len(codes) > maxCodes {
		return nil, haidang.RefuseField("table", fmt.Sprintf("Bảng phải có từ 1 đến %d dòng mã.", maxCodes), fmt.Sprintf("The table must have 1 to %d rows of codes.", maxCodes))
	}
	return codes, nil
}

// divider is what divides most fields of the first line.
func divider(table string) rune {
	line, _, _ := strings.Cut(table, "\n")
	return slices.MaxFunc([]rune{',', ';', '\t'}, func(a, b rune) int { return strings.Count(line, string(a)) - strings.Count(line, string(b)) })
}

// headOf says in which field each of codeFields is, -1 where in none; nil: this is no
// head, because it names no code or no label.
func headOf(record []string) []int {
	at := make([]int, len(codeFields))
	for i, names := range codeFields {
		at[i] = slices.IndexFunc(record, func(s string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(s))) })
	}
	if at[0] < 0 || at[1] < 0 {
		return nil
	}
	return at
}

func codeFrom(record []string, at []int) Code {
	field := func(i int) string {
		if at[i] < 0 || at[i] >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[at[i]])
	}
	return Code{Code: field(0), Label: haidang.Text{VI: field(1), EN: field(2)}, Colour: colourFrom(field(3)), Parent: field(4)}
}

// colourFrom spells a colour as the catalogue does; what is none stays, to be refused.
func colourFrom(s string) string {
	s = strings.ToLower(s)
	if s != "" && !strings.HasPrefix(s, "#") {
		return "#" + s
	}
	return s
}

func badTable(err error) error {
	line := 0
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		line = p.Line
	}
	return haidang.RefuseField("table", fmt.Sprintf("Dòng %d của bảng không đọc được: dấu ngoặc kép mở mà không đóng, hoặc đặt sai chỗ.", line),
		fmt.Sprintf("Line %d of the table cannot be read: a quotation mark is not closed, or stands where it cannot.", line))
}
