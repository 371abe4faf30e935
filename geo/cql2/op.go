package cql2

import (
	"slices"
	"strings"
)

// Op is an operation, spelled as in CQL2 JSON.
type Op string

// The operations that are more than a row in a table.
const (
	And         Op = "and"
	Or          Op = "or"
	Not         Op = "not"
	Equals      Op = "="
	Differs     Op = "<>"
	Less        Op = "<"
	Greater     Op = ">"
	AtMost      Op = "<="
	AtLeast     Op = ">="
	Like        Op = "like"
	Between     Op = "between"
	In          Op = "in"
	IsNull      Op = "isNull"
	CaseI       Op = "casei"
	AccentI     Op = "accenti"
	Plus        Op = "+"
	Minus       Op = "-"
	Times       Op = "*"
	Divide      Op = "/"
	Modulo      Op = "%"
	IntDivide   Op = "div"
	Power       Op = "^"
	SIntersects Op = "s_intersects"
	SDisjoint   Op = "s_disjoint"
	SEquals     Op = "s_equals"

	interval Op = "interval" // in JSON an object of its own
)

// many is an operation's greatest number of operands where there is no other.
const many = maxNodes

// arity is how many operands an operation takes.
type arity struct{ least, most int }

var arities = map[Op]arity{
	And: {2, many}, Or: {2, many}, Not: {1, 1}, Like: {2, 2}, Between: {3, 3}, In: {2, 2}, IsNull: {1, 1},
	Equals: {2, 2}, Differs: {2, 2}, Less: {2, 2}, Greater: {2, 2}, AtMost: {2, 2}, AtLeast: {2, 2},
	CaseI: {1, 1}, AccentI: {1, 1}, interval: {2, 2},
	Plus: {2, 2}, Minus: {2, 2}, Times: {2, 2}, Divide: {2, 2}, Modulo: {2, 2}, IntDivide: {2, 2}, Power: {2, 2},
}

var (
	comparisons = []Op{Equals, Differs, Less, Greater, AtMost, AtLeast}
	arithmetic  = []Op{Plus, Minus, Times, Divide, Modulo, IntDivide, Power}
	spatial     = []Op{SIntersects, SDisjoint, SEquals, "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains"}
	arrays      = []Op{"a_equals", "a_contains", "a_containedBy", "a_overlaps"}
)

// called are the operations that CQL2 text writes like functions, by their name in lower case.
var called = map[string]Op{}

func init() {
	names := slices.Concat(spatial, arrays, []Op{CaseI, AccentI})
	for name := range allen {
		names = append(names, name)
	}
	for _, op := range names {
		called[strings.ToLower(string(op))] = op
		if _, known := arities[op]; !known {
			arities[op] = arity{2, 2}
		}
	}
}

// known reports whether the standard defines the operation.
func (o Op) known() bool {
	_, ok := arities[o]
	return ok
}

// infix reports whether text writes the operation between or beside its operands.
func (o Op) infix() bool {
	return o.known() && o != interval && called[strings.ToLower(string(o))] == ""
}

// reserved are the words of CQL2 text that cannot be a bare property name.
var reserved = []string{"and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div"}

// openers are the words that mean something else than a function before a parenthesis.
var openers = []string{"date", "timestamp", "interval", "bbox"}

func isReserved(word string) bool { return slices.Contains(reserved, strings.ToLower(word)) }

// isKeyword reports whether a word has to stand in quotes to be a property.
func isKeyword(word string) bool {
	lower := strings.ToLower(word)
	_, op := called[lower]
	return op || isReserved(lower) || slices.Contains(openers, lower) || shapeKind(lower) != ""
}
