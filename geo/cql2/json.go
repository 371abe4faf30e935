package cql2

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseJSON reads a filter in CQL2 JSON. A refusal is a haidang.Error of the kind
// ErrInvalid for the field "filter".
func ParseJSON(b []byte) (Expr, error) {
	if err := checkInput(string(b)); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return nil, refuse(Place{}, "", fmt.Sprintf("Bộ lọc không phải là JSON hợp lệ (byte %d). Hãy kiểm tra dấu ngoặc và dấu phẩy.", d.InputOffset()),
			fmt.Sprintf("The filter is not valid JSON (byte %d). Look at brackets and commas.", d.InputOffset()))
	}
	e, err := reader{}.expr(v)
	if err != nil {
		return nil, err
	}
	return e, checkSize(e)
}

// reader turns decoded JSON into nodes and knows where it is.
type reader struct {
	path  string
	depth int
}

func (r reader) place() Place { return Place{Path: r.path} }

// at is the reader one step further in.
func (r reader) at(step string) reader {
	return reader{strings.TrimPrefix(r.path+step, "."), r.depth + 1}
}

func (r reader) expr(v any) (Expr, error) {
	if r.depth > 4*maxDepth {
		return nil, tooDeep(r.place())
	}
	switch v := v.(type) {
	case string:
		return Text{r.place(), v}, checkText(r.place(), v)
	case bool:
		return Bool{r.place(), v}, nil
	case json.Number:
		return newNumber(r.place(), v.String())
	case []any:
		items, err := r.exprs(v, "")
		return List{r.place(), items}, err
	case map[string]any:
		return r.object(v)
	}
	return nil, refuse(r.place(), "", `Ở đây không dùng null; hãy viết {"op":"isNull","args":[…]}.`, `null has no place here; write {"op":"isNull","args":[…]}.`)
}

func (r reader) exprs(list []any, step string) ([]Expr, error) {
	items := make([]Expr, len(list))
	for i, v := range list {
		e, err := r.at(fmt.Sprintf("%s[%d]", step, i)).expr(v)
		if err != nil {
			return nil, err
		}
		items[i] = e
	}
	return items, nil
}

// object reads what the standard writes as an object, told apart by one member.
func (r reader) object(o map[string]any) (Expr, error) {
	for _, form := range []struct {
		member string
		read   func(any, map[string]any) (Expr, error)
	}{
		{"op", r.operation}, {"property", r.property}, {"date", r.date}, {"timestamp", r.timestamp},
		{"interval", r.interval}, {"type", r.geometry}, {"bbox", r.bbox},
	} {
		if v, ok := o[form.member]; ok {
			return form.read(v, o)
		}
	}
	return nil, refuse(r.place(), "", "Đối tượng này phải có op, property, date, timestamp, interval, type hoặc bbox.",
		"This object needs op, property, date, timestamp, interval, type or bbox.")
}

func (r reader) operation(v any, o map[string]any) (Expr, error) {
	name, ok := v.(string)
	list, isList := o["args"].([]any)
	if !ok || !isList {
		return nil, refuse(r.place(), "", "op phải là chữ và args phải là danh sách.", "op is a text and args a list.")
	}
	args, err := r.exprs(list, ".args")
	if err != nil {
		return nil, err
	}
	return r.call(Op(name), args)
}

func (r reader) call(op Op, args []Expr) (Expr, error) {
	switch {
	case op == In && len(args) == 2:
		if list, ok := args[1].(List); !ok || len(list.Items) == 0 {
			return nil, refuse(args[1].place(), "", "Toán hạng thứ hai của in phải là danh sách không trống.", "The second operand of in is a list with something in it.")
		}
	case op == interval || !op.known() && (isKeyword(string(op)) || !isBare(string(op))):
		return nil, refuse(r.place(), "", fmt.Sprintf("Không có phép toán “%s”.", shorten(string(op))), fmt.Sprintf("There is no operation “%s”.", shorten(string(op))))
	case !op.known():
		return Call{r.place(), op, args}, checkName(r.place(), string(op))
	}
	return newCall(r.place(), op, args)
}

func (r reader) property(v any, _ map[string]any) (Expr, error) {
	name, _ := v.(string)
	return Property{r.place(), name}, checkName(r.place(), name)
}
