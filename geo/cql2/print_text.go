package cql2

import (
	"strings"
	"time"
)

// PrintText writes a filter as CQL2 text. ParseText reads it back as the same.
func PrintText(e Expr) string {
	var b strings.Builder
	printText(&b, e)
	return b.String()
}

func printText(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case Call:
		printCall(b, e)
	case Property:
		b.WriteString(quoteName(e.Name))
	case Text:
		b.WriteString(quoteChars(e.Value))
	case Number:
		b.WriteString(e.Value)
	case Bool:
		b.WriteString(map[bool]string{true: "TRUE", false: "FALSE"}[e.Value])
	case Date:
		b.WriteString("DATE(" + quoteChars(e.Value) + ")")
	case Timestamp:
		b.WriteString("TIMESTAMP(" + quoteChars(formatTime(e.Value)) + ")")
	case List:
		printList(b, e.Items)
	case Geometry:
		b.WriteString(e.Shape.WKT())
	case BBox:
		b.WriteString("BBOX(" + joinFloats(e.Bounds, ", ") + ")")
	}
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func printList(b *strings.Builder, items []Expr) {
	b.WriteByte('(')
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		printText(b, item)
	}
	b.WriteByte(')')
}

func printCall(b *strings.Builder, c Call) {
	switch {
	case c.Op == interval:
		b.WriteString("INTERVAL(")
		printEnd(b, c.Args[0])
		b.WriteString(", ")
		printEnd(b, c.Args[1])
		b.WriteByte(')')
	case !c.Op.known():
		b.WriteString(string(c.Op))
		printList(b, c.Args)
	case called[strings.ToLower(string(c.Op))] != "":
		b.WriteString(strings.ToUpper(string(c.Op)))
		printList(b, c.Args)
	default:
		printOperator(b, c)
	}
}

func printEnd(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case Open:
		b.WriteString("'..'")
	case Date:
		b.WriteString(quoteChars(e.Value))
	case Timestamp:
		b.WriteString(quoteChars(formatTime(e.Value)))
	default:
		printText(b, e)
	}
}

// printOperator writes operators between their operands, which stand in
// parentheses wherever they hold an operator themselves.
func printOperator(b *strings.Builder, c Call) {
	op := strings.ToUpper(string(c.Op))
	switch c.Op {
	case Not:
		b.WriteString("NOT ")
		printOperand(b, c.Args[0])
	case IsNull:
		printOperand(b, c.Args[0])
		b.WriteString(" IS NULL")
	case Between:
		for i, joint := range []string{"", " BETWEEN ", " AND "} {
			b.WriteString(joint)
			printOperand(b, c.Args[i])
		}
	default:
		for i, arg := range c.Args {
			if i > 0 {
				b.WriteString(" " + op + " ")
			}
			printOperand(b, arg)
		}
	}
}

func printOperand(b *strings.Builder, e Expr) {
	c, ok := e.(Call)
	if ok = ok && c.Op.known() && c.Op != interval && called[strings.ToLower(string(c.Op))] == ""; !ok {
		printText(b, e)
		return
	}
	b.WriteByte('(')
	printText(b, e)
	b.WriteByte(')')
}

// WKT is the shape in well-known text, which is how CQL2 text writes it, too.
func (s Shape) WKT() string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(s.Kind))
	flat := true
	s.eachPoint(func(p []float64) { flat = flat && len(p) == 2 })
	if !flat {
		b.WriteString(" Z")
	}
	if s.Kind == collection {
		for i, m := range s.Members {
			b.WriteString(map[bool]string{true: " (", false: ", "}[i == 0])
			b.WriteString(m.WKT())
		}
		b.WriteByte(')')
		return b.String()
	}
	b.WriteByte(' ')
	c := s.Coords
	if s.Kind == "Point" {
		c = Coords{Parts: []Coords{c}}
	}
	c.print(&b)
	return b.String()
}

func (c Coords) print(b *strings.Builder) {
	if c.Point != nil {
		b.WriteString(joinFloats(c.Point, " "))
		return
	}
	b.WriteByte('(')
	for i, part := range c.Parts {
		if i > 0 {
			b.WriteString(", ")
		}
		part.print(b)
	}
	b.WriteByte(')')
}

func joinFloats(list []float64, between string) string {
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = formatFloat(f)
	}
	return strings.Join(parts, between)
}
