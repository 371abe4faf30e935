package cql2

import "encoding/json"

// PrintJSON writes a filter as CQL2 JSON. ParseJSON reads it back as the same.
func PrintJSON(e Expr) []byte {
	b, err := json.Marshal(tree(e))
	if err != nil {
		panic(err) // there is nothing in a tree that JSON cannot hold
	}
	return b
}

type object = map[string]any

// tree is a node as encoding/json takes it.
func tree(e Expr) any {
	switch e := e.(type) {
	case Call:
		if e.Op == interval {
			return object{"interval": []any{treeOfEnd(e.Args[0]), treeOfEnd(e.Args[1])}}
		}
		return object{"op": e.Op, "args": trees(e.Args)}
	case Property:
		return object{"property": e.Name}
	case Text:
		return e.Value
	case Number:
		return json.Number(e.Value)
	case Bool:
		return e.Value
	case Date:
		return object{"date": e.Value}
	case Timestamp:
		return object{"timestamp": formatTime(e.Value)}
	case List:
		return trees(e.Items)
	case Geometry:
		return e.Shape.tree()
	case BBox:
		return object{"bbox": numbers(e.Bounds)}
	}
	return nil
}

func trees(list []Expr) []any {
	all := make([]any, len(list))
	for i, e := range list {
		all[i] = tree(e)
	}
	return all
}

func treeOfEnd(e Expr) any {
	switch e := e.(type) {
	case Open:
		return ".."
	case Date:
		return e.Value
	case Timestamp:
		return formatTime(e.Value)
	}
	return tree(e)
}

func (s Shape) tree() any {
	if s.Kind != collection {
		return object{"type": s.Kind, "coordinates": s.Coords.tree()}
	}
	members := make([]any, len(s.Members))
	for i, m := range s.Members {
		members[i] = m.tree()
	}
	return object{"type": s.Kind, "geometries": members}
}

func (c Coords) tree() any {
	if c.Point != nil {
		return numbers(c.Point)
	}
	parts := make([]any, len(c.Parts))
	for i, p := range c.Parts {
		parts[i] = p.tree()
	}
	return parts
}

func numbers(list []float64) []json.Number {
	all := make([]json.Number, len(list))
	for i, f := range list {
		all[i] = json.Number(formatFloat(f))
	}
	return all
}
