package cql2

import "time"

// Expr is a node of a filter. Nodes are made by the parsers, or by hand from the
// types below; whatever is made by hand is checked by Compile.
type Expr interface{ place() Place }

// Place says where a node stood in what was sent.
type Place struct {
	Char int    // 1 for the first character of a text; 0 in JSON
	Path string // in JSON, such as args[1].args[0]
}

func (p Place) place() Place { return p }

// Call is an operation upon other nodes. Unknown operations are functions.
type Call struct {
	Place
	Op   Op
	Args []Expr
}

// Property is the value that a feature has under a name.
type Property struct {
	Place
	Name string
}

// Text is a character literal.
type Text struct {
	Place
	Value string
}

// Number is a numeric literal in its shortest spelling, such as 12, -0.5 or 1e+30.
type Number struct {
	Place
	Value string
}

// Bool is TRUE or FALSE.
type Bool struct {
	Place
	Value bool
}

// Date is a calendar day, YYYY-MM-DD.
type Date struct {
	Place
	Value string
}

// Timestamp is an instant, kept in UTC.
type Timestamp struct {
	Place
	Value time.Time
}

// Open is the ".." at an end of an interval that has none.
type Open struct{ Place }

// List is what IN looks through, or an array.
type List struct {
	Place
	Items []Expr
}

// Geometry is a literal shape in the coordinate system of the filter.
type Geometry struct {
	Place
	Shape Shape
}

// BBox is a box in the coordinate system of the filter: 4 numbers, or 6 with heights.
type BBox struct {
	Place
	Bounds []float64
}

// Equal reports whether two filters say the same in the same way, wherever they stood.
func Equal(a, b Expr) bool { return string(PrintJSON(a)) == string(PrintJSON(b)) }
