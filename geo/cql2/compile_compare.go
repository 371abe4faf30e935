package cql2

import (
	"fmt"
	"strings"
)

// compare compiles = <> < > <= and >=.
func (c *compiler) compare(e Call) (term, error) {
	terms, err := c.alike(e.Args)
	if err != nil {
		return term{}, err
	}
	if terms[0].kind == TypeBoolean && e.Op != Equals && e.Op != Differs {
		return term{}, refuse(e.Place, string(e.Op), "Giá trị đúng/sai chỉ so sánh được bằng = và <>.", "Truth values compare with = and <> only.")
	}
	return term{"(" + terms[0].sql + " " + string(e.Op) + " " + terms[1].sql + ")", TypeBoolean, e.Place}, nil
}

func (c *compiler) between(e Call) (term, error) {
	t, err := c.alike(e.Args)
	if err != nil {
		return term{}, err
	}
	if t[0].kind == TypeBoolean {
		return term{}, refuse(e.Place, "BETWEEN", "BETWEEN cần số, chữ hoặc thời gian.", "BETWEEN takes numbers, texts or times.")
	}
	return term{fmt.Sprintf("(%s BETWEEN %s AND %s)", t[0].sql, t[1].sql, t[2].sql), TypeBoolean, e.Place}, nil
}

func (c *compiler) in(e Call) (term, error) {
	list, ok := e.Args[1].(List)
	if !ok || len(list.Items) == 0 {
		return term{}, refuse(e.Place, "IN", "Sau IN cần một danh sách không trống.", "IN needs a list with something in it.")
	}
	terms, err := c.alike(append([]Expr{e.Args[0]}, list.Items...))
	if err != nil {
		return term{}, err
	}
	items := make([]string, len(list.Items))
	for i, t := range terms[1:] {
		items[i] = t.sql
	}
	return term{"(" + terms[0].sql + " IN (" + strings.Join(items, ", ") + "))", TypeBoolean, e.Place}, nil
}

// alike compiles values that are compared with the first of them.
func (c *compiler) alike(args []Expr) ([]term, error) {
	terms := make([]term, len(args))
	days := false
	for i, arg := range args {
		t, err := c.value(arg)
		if err != nil {
			return nil, err
		}
		if err := comparable(terms[0].kind, t, i); err != nil {
			return nil, err
		}
		terms[i], days = t, days || t.kind == TypeDate
	}
	for i, t := range terms {
		if days {
			terms[i] = t.day()
		}
	}
	return terms, nil
}

// day is an instant's calendar day in Vietnam: where one side is a day, the day
// is what is compared.
func (t term) day() term {
	if t.kind != TypeTimestamp {
		return t
	}
	return term{"(" + t.sql + " AT TIME ZONE 'Asia/Ho_Chi_Minh')::date", TypeDate, t.at}
}

// comparable refuses the i-th value beside a first one of another family.
func comparable(first Type, t term, i int) error {
	switch {
	case t.kind == TypeGeometry:
		return refuse(t.at, "", "Hình không so sánh được bằng phép này. Hãy dùng S_INTERSECTS, S_EQUALS…", "Geometries do not compare like this. Use S_INTERSECTS, S_EQUALS…")
	case t.kind == TypePeriod:
		return refuse(t.at, "", "Khoảng thời gian không so sánh được bằng phép này. Hãy dùng T_INTERSECTS, T_DURING…", "Intervals do not compare like this. Use T_INTERSECTS, T_DURING…")
	case t.sql == "":
		return refuse(t.at, "", "Ở đây cần một giá trị đơn.", "A single value is needed here.")
	case i > 0 && first.family() != t.kind.family():
		return refuse(t.at, "", fmt.Sprintf("Không so sánh được %s với %s. %s", first.vi(), t.kind.vi(), first.remedyVI()),
			fmt.Sprintf("%s cannot be compared with %s. %s", capital(first.en()), t.kind.en(), first.remedyEN()))
	}
	return nil
}

func (c *compiler) like(e Call) (term, error) {
	value, err := c.text(e.Args[0], "LIKE")
	if err != nil {
		return term{}, err
	}
	if err := checkPattern(e.Args[1]); err != nil {
		return term{}, err
	}
	pattern, err := c.text(e.Args[1], "LIKE")
	return term{"(" + value.sql + " LIKE " + pattern.sql + ")", TypeBoolean, e.Place}, err
}

// checkPattern wants a literal, in CASEI and ACCENTI or not, that LIKE can read.
func checkPattern(e Expr) error {
	for {
		switch p := e.(type) {
		case Text:
			if n := len(p.Value) - len(strings.TrimRight(p.Value, `\`)); n%2 == 1 {
				return refuse(p.Place, p.Value, `Mẫu không được kết thúc bằng một dấu \; hãy viết \\ cho chính dấu ấy.`, `A pattern must not end in one \; write \\ for the sign itself.`)
			}
			return nil
		case Call:
			if p.Op == CaseI || p.Op == AccentI {
				e = p.Args[0]
				continue
			}
		}
		return refuse(e.place(), "", "Sau LIKE cần một mẫu trong nháy đơn, ví dụ 'Kênh%'.", "LIKE needs a pattern in single quotes, such as 'Kênh%'.")
	}
}

// fold compiles CASEI and ACCENTI; migration 16 has the functions.
func (c *compiler) fold(e Call) (term, error) {
	t, err := c.text(e.Args[0], strings.ToUpper(string(e.Op)))
	function := map[Op]string{CaseI: "fold_case", AccentI: "fold_marks"}[e.Op]
	return term{function + "(" + t.sql + ")", TypeText, e.Place}, err
}

func (c *compiler) text(e Expr, what string) (term, error) {
	t, err := c.value(e)
	if err == nil && t.kind != TypeText {
		err = refuse(e.place(), "", fmt.Sprintf("%s cần chữ, không phải %s.", what, t.kind.vi()), fmt.Sprintf("%s takes text, not %s.", what, t.kind.en()))
	}
	return t, err
}
