package cql2

import (
	"encoding/json"
	"strconv"
)

func (r reader) date(v any, _ map[string]any) (Expr, error) {
	s, _ := v.(string)
	return newDate(r.place(), s)
}

func (r reader) timestamp(v any, _ map[string]any) (Expr, error) {
	s, _ := v.(string)
	return newTimestamp(r.place(), s)
}

func (r reader) interval(v any, _ map[string]any) (Expr, error) {
	list, _ := v.([]any)
	ends, err := r.exprs(list, ".interval")
	if err != nil {
		return nil, err
	}
	return newInterval(r.place(), ends)
}

func (r reader) bbox(v any, _ map[string]any) (Expr, error) {
	list, _ := v.([]any)
	bounds, err := r.numbers(list)
	if err != nil {
		return nil, err
	}
	return newBBox(r.place(), bounds)
}

// geometry reads a GeoJSON geometry.
func (r reader) geometry(_ any, o map[string]any) (Expr, error) {
	s, err := r.shape(o)
	if err == nil {
		err = s.check(r.place())
	}
	return Geometry{r.place(), s}, err
}

func (r reader) shape(o map[string]any) (s Shape, err error) {
	s.Kind, _ = o["type"].(string)
	if s.Kind != collection {
		depth, known := depths[s.Kind]
		if !known {
			return s, s.check(r.place())
		}
		s.Coords, err = r.at(".coordinates").coords(o["coordinates"], depth)
		return s, err
	}
	list, _ := o["geometries"].([]any)
	for i, v := range list {
		in := r.at(".geometries[" + strconv.Itoa(i) + "]")
		member, ok := v.(map[string]any)
		if !ok || member["type"] == collection {
			return s, refuse(in.place(), "", "Ở đây cần một hình GeoJSON, không phải GeometryCollection.", "A GeoJSON geometry is needed here, not a GeometryCollection.")
		}
		m, err := in.shape(member)
		if err != nil {
			return s, err
		}
		s.Members = append(s.Members, m)
	}
	return s, nil
}

func (r reader) coords(v any, depth int) (c Coords, err error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return c, refuse(r.place(), "", "Toạ độ không đúng cấu trúc GeoJSON.", "The coordinates are not built as in GeoJSON.")
	}
	if depth == 0 {
		c.Point, err = r.numbers(list)
		return c, err
	}
	for i, v := range list {
		part, err := r.at("["+strconv.Itoa(i)+"]").coords(v, depth-1)
		if err != nil {
			return c, err
		}
		c.Parts = append(c.Parts, part)
	}
	return c, nil
}

func (r reader) numbers(list []any) ([]float64, error) {
	numbers := make([]float64, len(list))
	for i, v := range list {
		n, _ := v.(json.Number)
		f, err := n.Float64()
		if err != nil {
			return nil, refuse(r.place(), "", "Toạ độ phải là số.", "A coordinate is a number.")
		}
		numbers[i] = f + 0 // +0 makes -0 an ordinary zero
	}
	return numbers, nil
}
