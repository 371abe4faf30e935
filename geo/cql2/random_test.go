package cql2_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"haidang"
	"haidang/geo/cql2"
)

// expr draws any filter that can be written down, sense or not.
func expr(depth int) *rapid.Generator[cql2.Expr] {
	return rapid.Custom(func(t *rapid.T) cql2.Expr {
		if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
			return literal().Draw(t, "literal")
		}
		args := func(n int) []cql2.Expr {
			return rapid.SliceOfN(expr(depth-1), n, n).Draw(t, "args")
		}
		op := rapid.SampledFrom([]string{"and", "or", "not", "=", "<>", "<", ">", "<=", ">=", "like", "between", "in", "isNull", "casei", "accenti", "+", "-", "*", "/", "%",
			"div", "^", "s_intersects", "s_equals", "s_within", "t_after", "t_finishedBy", "t_during", "a_contains", "area"}).Draw(t, "op")
		switch op {
		case "and", "or":
			return cql2.Call{Op: cql2.Op(op), Args: args(rapid.IntRange(2, 4).Draw(t, "n"))}
		case "not", "isNull", "casei", "accenti":
			return cql2.Call{Op: cql2.Op(op), Args: args(1)}
		case "between":
			return cql2.Call{Op: cql2.Between, Args: args(3)}
		case "in":
			return cql2.Call{Op: cql2.In, Args: []cql2.Expr{expr(depth-1).Draw(t, "value"), cql2.List{Items: args(rapid.IntRange(1, 3).Draw(t, "n"))}}}
		case "a_contains":
			return cql2.Call{Op: "a_contains", Args: []cql2.Expr{cql2.Property{Name: "name"}, cql2.List{Items: args(rapid.IntRange(0, 3).Draw(t, "n"))}}}
		}
		return cql2.Call{Op: cql2.Op(op), Args: args(2)}
	})
}

func literal() *rapid.Generator[cql2.Expr] {
	return rapid.Custom(func(t *rapid.T) cql2.Expr {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return cql2.Text{Value: strings.ReplaceAll(rapid.OneOf(rapid.String(), rapid.StringMatching(`[zZ'"\\$%_;\-]{0,8}`)).Draw(t, "text"), "\x00", "")}
		case 1:
			return number(strconv.FormatFloat(rapid.Float64().Draw(t, "number"), 'g', -1, 64))
		case 2:
			return number(strconv.FormatInt(rapid.Int64().Draw(t, "number"), 10))
		case 3:
			return cql2.Bool{Value: rapid.Bool().Draw(t, "bool")}
		case 4:
			return cql2.Date{Value: instant(t).Format(time.DateOnly)}
		case 5:
			return cql2.Timestamp{Value: instant(t)}
		case 6:
			return shape(t)
		case 7:
			return interval(t)
		}
		return cql2.Property{Name: rapid.SampledFrom([]string{"name", "land_use", "floors", "area", "open", "built", "seen", "period", "geom", "Tên đường", `a"b`, "in"}).Draw(t, "name")}
	})
}

// number is the literal as the parser would have it.
func number(text string) cql2.Expr {
	e, err := cql2.ParseJSON([]byte(text))
	if err != nil {
		return cql2.Number{Value: "0"}
	}
	return e
}

func instant(t *rapid.T) time.Time {
	return time.UnixMicro(rapid.Int64Range(-62135596800e6, 253402300799e6).Draw(t, "instant")).UTC()
}

func interval(t *rapid.T) cql2.Expr {
	end := func() string {
		return rapid.SampledFrom([]string{`".."`, `{"property":"built"}`, `"` + instant(t).Format(time.RFC3339Nano) + `"`, `"` + instant(t).Format(time.DateOnly) + `"`}).Draw(t, "end")
	}
	e, err := cql2.ParseJSON([]byte(`{"interval":[` + end() + `,` + end() + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func shape(t *rapid.T) cql2.Expr {
	f := func() float64 { return rapid.Float64Range(-90, 90).Draw(t, "coordinate") + 0 }
	point := func() cql2.Coords { return cql2.Coords{Point: []float64{f(), f()}} }
	line := cql2.Coords{Parts: []cql2.Coords{point(), point(), point()}}
	ring := cql2.Coords{Parts: append(line.Parts[:3:3], line.Parts[0])}
	polygon := cql2.Coords{Parts: []cql2.Coords{ring}}
	shapes := []cql2.Shape{{Kind: "Point", Coords: point()}, {Kind: "LineString", Coords: line}, {Kind: "MultiPoint", Coords: line}, {Kind: "Polygon", Coords: polygon},
		{Kind: "MultiLineString", Coords: polygon}, {Kind: "MultiPolygon", Coords: cql2.Coords{Parts: []cql2.Coords{polygon, polygon}}}}
	if rapid.Bool().Draw(t, "collection") {
		shapes = []cql2.Shape{{Kind: "GeometryCollection", Members: rapid.SliceOfN(rapid.SampledFrom(shapes), 1, 3).Draw(t, "members")}}
	}
	if rapid.IntRange(0, 4).Draw(t, "box") == 0 {
		return cql2.BBox{Bounds: []float64{f(), f(), f(), f()}}
	}
	return cql2.Geometry{Shape: rapid.SampledFrom(shapes).Draw(t, "shape")}
}

// What is written as text is read as the same, and as JSON, and by way of the other.
func TestPrintedFiltersReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := expr(4).Draw(t, "filter")
		text := cql2.PrintText(e)
		a, err := cql2.ParseText(text)
		if err != nil || !cql2.Equal(a, e) {
			t.Fatalf("%s: %v\n%s\n%s", text, err, cql2.PrintJSON(a), cql2.PrintJSON(e))
		}
		b, err := cql2.ParseJSON(cql2.PrintJSON(a))
		if err != nil || cql2.PrintText(b) != text {
			t.Fatalf("%s: %v\n%s", text, err, cql2.PrintJSON(a))
		}
	})
}

// ours is every piece of SQL that this package may write; columns and parameters are
// taken out before.
var ours = regexp.MustCompile(`^([ ()=<>+*/,:&-]|AND|OR|NOT|LIKE|BETWEEN|IN|IS|NULL|CASE|WHEN|THEN|END|AT TIME ZONE 'Asia/Ho_Chi_Minh'|'-?infinity'|NULLIF|coalesce|lower|upper|isempty|` +
	`mod|trunc|power|fold_case|fold_marks|ST_[A-Z][A-Za-z]+|::(text|boolean|date|timestamptz|bigint|float8|numeric|integer)|, 0\)|0\.001|- 1)*$`)

var holes = regexp.MustCompile(`\$[0-9]+|t\."[^"]*"`)

// However a filter is made, SQL holds nothing of it but parameters, and what is
// refused is refused with a sentence.
func TestNothingOfAFilterReachesSQL(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := cql2.Compile(expr(4).Draw(t, "filter"), options)
		if err != nil {
			if haidang.CodeOf(err) != haidang.ErrInvalid {
				t.Fatal(err)
			}
			return
		}
		if rest := holes.ReplaceAllString(c.SQL, ""); !ours.MatchString(rest) {
			t.Fatalf("foreign words in %s", rest)
		}
		for i := range c.Args { // PostgreSQL refuses a parameter that nothing refers to
			if !strings.Contains(c.SQL, "$"+strconv.Itoa(i+1)+"::") {
				t.Fatalf("nothing refers to argument %d of %s", i+1, c.SQL)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"name LIKE 'a\\'%' AND NOT (floors >= 2.5e3)", "S_INTERSECTS(geom, POLYGON Z((1 2 3,4 5 6,7 8 9,1 2 3)))", "T_MEETS(INTERVAL('..','2020-01-01'), period)",
		"a_equals(x, (1, 'b', TRUE)) OR - \"y\" ^ 2 in (3, 4)", "((((((", "BBOX(1,2,3,4)=GEOMETRYCOLLECTION(POINT(1 2))", "casei(name) between 1 and 2 and 3 div 4 = 5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := cql2.ParseText(s)
		checkRead(t, e, err)
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"op":"and","args":[{"op":"=","args":[{"property":"name"},"x"]},true]}`, `{"op":"in","args":[{"property":"floors"},[1,2.5,1e400]]}`,
		`{"op":"s_within","args":[{"property":"geom"},{"type":"MultiPolygon","coordinates":[[[[1,2],[3,4],[5,6],[1,2]]]]}]}`, `[[[[[[`, `{"interval":["..",{"date":"2020-01-01"}]}`,
		`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2,3]}]}`, `{"op":"t_after","args":[{"timestamp":"2020-01-01T00:00:00Z"},{"bbox":[1,2,3,4]}]}`, `null`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := cql2.ParseJSON([]byte(s))
		checkRead(t, e, err)
	})
}

// checkRead wants of whatever was read that it is stable, and of a refusal that it is one.
func checkRead(t *testing.T, e cql2.Expr, err error) {
	if err != nil {
		if haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Fatal(err)
		}
		return
	}
	a, err := cql2.ParseJSON(cql2.PrintJSON(e))
	if err != nil || !cql2.Equal(a, e) {
		t.Fatalf("as JSON: %v\n%s", err, cql2.PrintJSON(e))
	}
	b, err := cql2.ParseText(cql2.PrintText(e))
	if err != nil || !cql2.Equal(b, e) {
		t.Fatalf("as text: %v\n%s", err, cql2.PrintText(e))
	}
	if _, err := cql2.Compile(e, options); err != nil && haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Fatal(err)
	}
}
