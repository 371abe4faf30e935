package cql2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Type of a property, or of any value in a filter.
type Type string

// The types. A period is a daterange; a list is only ever written in a filter.
const (
	TypeText      Type = "text"
	TypeInteger   Type = "integer"
	TypeNumber    Type = "number"
	TypeBoolean   Type = "boolean"
	TypeDate      Type = "date"
	TypeTimestamp Type = "timestamp"
	TypePeriod    Type = "period"
	TypeGeometry  Type = "geometry"

	typeOpen Type = "open"
	typeList Type = "list"
)

// Column is where a property's value lies. SQL goes into the statement as it is:
// a quoted, possibly qualified, identifier.
type Column struct {
	SQL  string
	Type Type
}

// CRS is a coordinate system that the literals of a filter are in. The zero CRS is
// CRS84: longitude and latitude on WGS 84.
type CRS struct {
	SRID      int  // as the database knows it; 0 stands for 4326
	LatFirst  bool // the second axis comes first, as EPSG has it for 4326
	Projected bool // in metres, not degrees
}

// Options say what a filter is compiled against.
type Options struct {
	// Resolve gives the column of a property that may be asked for.
	Resolve func(name string) (Column, bool)
	// Names are those that Resolve knows, for the refusal of one that it does not.
	Names []string
	// SRID is the coordinate system of the geometry columns.
	SRID int
	// Literals is the coordinate system of the geometry literals.
	Literals CRS
	// Args are parameters that the statement has already; the filter's follow.
	Args []any
}

// Condition is a boolean expression in SQL and all parameters so far.
type Condition struct {
	SQL  string
	Args []any
}

// Compile turns a filter into a condition. It refuses what cannot be answered: an
// unknown property, values that cannot be compared, functions, shapes outside of
// their coordinate system.
func Compile(e Expr, o Options) (Condition, error) {
	if err := checkSize(e); err != nil {
		return Condition{}, err
	}
	c := &compiler{Options: o, args: slices.Clone(o.Args)}
	t, err := c.boolean(e)
	return Condition{t.sql, c.args}, err
}

type compiler struct {
	Options
	args []any
}

// term is a value in SQL. It stands for itself wherever it is put.
type term struct {
	sql  string
	kind Type
	at   Place
}

// param adds a parameter and names it with its type.
func (c *compiler) param(value any, sqlType string) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args)) + "::" + sqlType
}

func (c *compiler) boolean(e Expr) (term, error) {
	t, err := c.value(e)
	if err == nil && t.kind != TypeBoolean {
		err = refuse(e.place(), "", fmt.Sprintf("Ở đây cần một điều kiện đúng hoặc sai, không phải %s. Hãy so sánh nó với một giá trị.", t.kind.vi()),
			fmt.Sprintf("A condition is needed here, not %s. Compare it with a value.", t.kind.en()))
	}
	return t, err
}

func (c *compiler) value(e Expr) (term, error) {
	switch e := e.(type) {
	case Call:
		return c.call(e)
	case Property:
		return c.property(e)
	case Text:
		return term{c.param(e.Value, "text"), TypeText, e.Place}, checkText(e.Place, e.Value)
	case Number:
		return c.number(e)
	case Bool:
		return term{c.param(e.Value, "boolean"), TypeBoolean, e.Place}, nil
	case Date:
		_, err := newDate(e.Place, e.Value)
		return term{c.param(e.Value, "date"), TypeDate, e.Place}, err
	case Timestamp:
		return term{c.param(e.Value, "timestamptz"), TypeTimestamp, e.Place}, nil
	case Geometry:
		return c.shape(e.Place, e.Shape, false)
	case BBox:
		return c.box(e)
	case Open:
		return term{"", typeOpen, e.Place}, nil
	}
	return term{"", typeList, e.place()}, nil
}

func (c *compiler) number(n Number) (term, error) {
	if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
		return term{c.param(i, "bigint"), TypeInteger, n.Place}, nil
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || notFinite(f) {
		return term{}, refuse(n.Place, n.Value, "Đây không phải là số.", "This is no number.")
	}
	return term{c.param(f, "float8"), TypeNumber, n.Place}, nil
}

func (c *compiler) property(p Property) (term, error) {
	column, ok := c.Resolve(p.Name)
	if !ok {
		near := p.Name
		names := strings.Join(c.Names, ", ")
		return term{}, refuse(p.Place, near, fmt.Sprintf("Lớp không có thuộc tính “%s” để lọc. Có: %s.", shorten(near), names),
			fmt.Sprintf("The layer has no property “%s” to filter by. It has: %s.", shorten(near), names))
	}
	return term{column.SQL, column.Type, p.Place}, nil
}

// call compiles an operation by its family.
func (c *compiler) call(e Call) (term, error) {
	a := arities[e.Op]
	switch {
	case !e.Op.known():
		return term{}, refuse(e.Place, string(e.Op), "Máy chủ không có hàm này; chỉ có các phép toán của CQL2.", "This server has no such function, only the operations of CQL2.")
	case len(e.Args) < a.least || len(e.Args) > a.most:
		return term{}, refuse(e.Place, string(e.Op), "Số toán hạng không đúng.", "The number of operands is wrong.")
	case slices.Contains(arrays, e.Op):
		return term{}, refuse(e.Place, string(e.Op), "Lớp không có thuộc tính kiểu mảng. Hãy dùng IN.", "No layer has properties that are arrays. Use IN.")
	case slices.Contains(spatial, e.Op):
		return c.spatial(e)
	case allen[e.Op] != "":
		return c.temporal(e)
	case slices.Contains(comparisons, e.Op):
		return c.compare(e)
	case slices.Contains(arithmetic, e.Op):
		return c.arithmetic(e)
	}
	return c.other(e)
}

func (c *compiler) other(e Call) (term, error) {
	switch e.Op {
	case And, Or, Not:
		return c.logical(e)
	case Like:
		return c.like(e)
	case Between:
		return c.between(e)
	case In:
		return c.in(e)
	case CaseI, AccentI:
		return c.fold(e)
	case IsNull:
		return c.isNull(e)
	}
	return term{"", TypePeriod, e.Place}, nil // an interval, which only temporal looks into
}

func (c *compiler) logical(e Call) (term, error) {
	parts := make([]string, len(e.Args))
	for i, arg := range e.Args {
		t, err := c.boolean(arg)
		if err != nil {
			return term{}, err
		}
		parts[i] = t.sql
	}
	if e.Op == Not {
		return term{"(NOT " + parts[0] + ")", TypeBoolean, e.Place}, nil
	}
	return term{"(" + strings.Join(parts, " "+strings.ToUpper(string(e.Op))+" ") + ")", TypeBoolean, e.Place}, nil
}

func (c *compiler) isNull(e Call) (term, error) {
	t, err := c.value(e.Args[0])
	if err == nil && t.sql == "" {
		err = refuse(t.at, "", "IS NULL chỉ hỏi được về một giá trị hoặc thuộc tính.", "IS NULL asks about a value or a property.")
	}
	return term{"(" + t.sql + " IS NULL)", TypeBoolean, e.Place}, err
}
