package cql2

import (
	"fmt"
	"slices"
	"strings"
)

// spatial compiles S_INTERSECTS and its kin.
func (c *compiler) spatial(e Call) (term, error) {
	if !slices.ContainsFunc(e.Args, isProperty) { // two literals meet where they were drawn
		defer func(srid int) { c.SRID = srid }(c.SRID)
		c.SRID = c.literalSRID()
	}
	var sides [2]string
	var columns, literals []string
	for i, arg := range e.Args {
		t, err := c.geometry(arg, e.Op)
		if err != nil {
			return term{}, err
		}
		sides[i] = t.sql
		if isProperty(arg) {
			columns = append(columns, t.sql)
		} else {
			literals = append(literals, t.sql)
		}
	}
	if e.Op == SEquals && len(literals) == 1 && c.transforms() {
		// Coordinates that went through a transformation meet to the millimetre, not to the bit.
		return term{fmt.Sprintf("(%[1]s && ST_Expand(%[2]s, 0.001) AND ST_Dimension(%[1]s) = ST_Dimension(%[2]s) AND ST_HausdorffDistance(%[1]s, %[2]s) <= 0.001)", columns[0], literals[0]), TypeBoolean, e.Place}, nil
	}
	function := "ST_" + capital(strings.TrimPrefix(string(e.Op), "s_"))
	return term{function + "(" + sides[0] + ", " + sides[1] + ")", TypeBoolean, e.Place}, nil
}

func isProperty(e Expr) bool {
	_, ok := e.(Property)
	return ok
}

func (c *compiler) geometry(e Expr, op Op) (term, error) {
	if g, ok := e.(Geometry); ok {
		if g.Shape.Kind == collection && op != SIntersects && op != SDisjoint {
			shape, same := g.Shape.gather()
			if !same {
				return term{}, refuse(e.place(), collection, "Với phép này mọi hình trong GEOMETRYCOLLECTION phải cùng loại. Hãy dùng S_INTERSECTS, hoặc chia ra nhiều điều kiện.",
					"For this operation all members of a GEOMETRYCOLLECTION must be of one kind. Use S_INTERSECTS, or several conditions.")
			}
			g.Shape = shape
		}
		return c.shape(g.Place, g.Shape, op == SEquals)
	}
	t, err := c.value(e)
	if err == nil && t.kind != TypeGeometry {
		err = refuse(e.place(), "", fmt.Sprintf("Ở đây cần hình, không phải %s. Ví dụ POINT(105.97 9.6) hoặc BBOX(105.9,9.5,106.0,9.7).", t.kind.vi()),
			fmt.Sprintf("A geometry is needed here, not %s. For example POINT(105.97 9.6) or BBOX(105.9,9.5,106.0,9.7).", t.kind.en()))
	}
	return t, err
}

// gather makes one Multi shape of a collection whose members are of one kind.
func (s Shape) gather() (Shape, bool) {
	kind := strings.TrimPrefix(s.Members[0].Kind, "Multi")
	all := Shape{Kind: "Multi" + kind}
	for _, m := range s.Members {
		switch m.Kind {
		case kind:
			all.Coords.Parts = append(all.Coords.Parts, m.Coords)
		case all.Kind:
			all.Coords.Parts = append(all.Coords.Parts, m.Coords.Parts...)
		default:
			return s, false
		}
	}
	return all, true
}

func (c *compiler) literalSRID() int {
	if c.Literals.SRID == 0 {
		return 4326
	}
	return c.Literals.SRID
}

func (c *compiler) transforms() bool { return c.literalSRID() != c.SRID }

// shape puts a literal into the coordinate system of the layer.
func (c *compiler) shape(at Place, s Shape, exact bool) (term, error) {
	if err := s.check(at); err != nil {
		return term{}, err
	}
	s = s.flat(c.Literals.LatFirst)
	e := s.extent()
	if err := c.checkExtent(at, e); err != nil {
		return term{}, err
	}
	if err := s.checkCrossings(at); err != nil {
		return term{}, err
	}
	srid := c.literalSRID()
	sql := "ST_GeomFromText(" + c.param(s.WKT(), "text") + ", " + c.param(srid, "integer") + ")"
	if s.area() {
		sql = "ST_MakeValid(" + sql + ")" // one that crosses itself could fail on some rows
	}
	if c.transforms() {
		sql = c.transformed(sql, s, e, exact)
	}
	return term{sql, TypeGeometry, at}, nil
}

// transformed clips to where data can be, follows long edges, and transforms.
func (c *compiler) transformed(sql string, s Shape, e extent, exact bool) string {
	if home, clips := c.home(); clips && !home.holds(e) {
		sql = fmt.Sprintf("ST_Intersection(%s, ST_MakeEnvelope(%s, %s, %s, %s, %s))", sql, c.param(home.west, "float8"), c.param(home.south, "float8"),
			c.param(home.east, "float8"), c.param(home.north, "float8"), c.param(c.literalSRID(), "integer"))
	}
	if step := c.step(e); !exact && s.longestEdge() > step {
		sql = "ST_Segmentize(" + sql + ", " + c.param(step, "float8") + ")"
	}
	return "ST_Transform(" + sql + ", " + c.param(c.SRID, "integer") + ")"
}

// area reports whether the shape has, or may have, an inside.
func (s Shape) area() bool {
	return strings.HasSuffix(s.Kind, "Polygon") || slices.ContainsFunc(s.Members, Shape.area)
}
