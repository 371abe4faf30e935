package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"haidang"
)

// ProblemKind is what may be wrong with the shapes of a layer after an edit.
type ProblemKind string

// The kinds of problems.
const (
	Invalid ProblemKind = "invalid" // no shape at all: a ring crosses itself and the like; always looked for
	Overlap ProblemKind = "overlap" // two polygons share ground
	Gap     ProblemKind = "gap"     // ground between polygons that none of them has
	Sliver  ProblemKind = "sliver"  // a polygon too thin to be meant
	Outside ProblemKind = "outside" // reaches out of its commune
	Area    ProblemKind = "area"    // the drawn area differs from the one in a column
)

// ProblemKinds are those that a layer's Topology may name, in the order in which they are looked for.
var ProblemKinds = []ProblemKind{Overlap, Gap, Sliver, Outside, Area}

// Severity says what becomes of an edit with a problem.
type Severity string

// The severities.
const (
	Warn  Severity = "warn"  // it is shown to whoever decides
	Block Severity = "block" // the edit is not taken
)

// Topology says which problems are looked for when the layer is edited, and how strictly.
type Topology map[ProblemKind]TopologyRule

// TopologyRule is about one kind of problem.
type TopologyRule struct {
	Severity  Severity `json:"severity" enum:"warn,block"`
	Tolerance float64  `json:"tolerance,omitempty" doc:"What is still no problem: m² of overlap and gap, m of width of sliver, m of outside; 0 stands for 0.05 m², 0.5 m, 1 m"`
	Column    string   `json:"column,omitempty" doc:"Of area: the number column that holds the legal area, in m², har (hectares) or km2 by its unit"`
	Percent   float64  `json:"percent,omitempty" doc:"Of area: the difference that is still no problem; 0 stands for 5"`
}

// tolerances stand where a rule names none.
var tolerances = map[ProblemKind]float64{Overlap: 0.05, Gap: 0.05, Sliver: 0.5, Outside: 1}

const usualPercent = 5.0

// Rule returns the rule for a kind with every number filled in, and whether there is one.
func (t Topology) Rule(kind ProblemKind) (TopologyRule, bool) {
	r, ok := t[kind]
	if r.Tolerance == 0 {
		r.Tolerance = tolerances[kind]
	}
	if kind == Area && r.Percent == 0 {
		r.Percent = usualPercent
	}
	return r, ok
}

// squareMetres is what a unit of area (UCUM) has; a column without a unit holds square metres.
var squareMetres = map[string]float64{"": 1, "m2": 1, "ar": 100, "har": 10_000, "km2": 1_000_000}

// SquareMetres is how much the number 1 in the column stands for, 0 when it is no area.
func (c Column) SquareMetres() float64 {
	if c.Type != Number && c.Type != Integer {
		return 0
	}
	return squareMetres[c.Unit]
}

// CoverageTopology suits polygons that share borders and do not overlap; legal names the
// column with the area on paper, "" for none.
func CoverageTopology(legal string) Topology {
	t := Topology{Overlap: {Severity: Block}, Gap: {Severity: Warn}, Sliver: {Severity: Warn}}
	if legal != "" {
		t[Area] = TopologyRule{Severity: Warn, Column: legal}
	}
	return t
}

// Polygonal reports whether the layer may hold polygons.
func (l Layer) Polygonal() bool {
	return strings.HasSuffix(l.Geometry, "Polygon") || l.Geometry == "Geometry"
}

// checkTopology wants rules that can be held against what the layer holds.
func (l Layer) checkTopology() error {
	for kind, rule := range l.Topology {
		field := "topology." + string(kind)
		switch {
		case !slices.Contains(ProblemKinds, kind):
			return haidang.RefuseField(field, fmt.Sprintf("Không có loại kiểm tra %.40q; có %v.", kind, ProblemKinds), fmt.Sprintf("There is no check %.40q; there are %v.", kind, ProblemKinds))
		case kind != Outside && !l.Polygonal() || l.Kind == Raster:
			return haidang.RefuseField(field, "Kiểm tra này chỉ dùng cho lớp có vùng; lớp điểm và đường chỉ có outside.", "This check is for layers of polygons; points and lines have only outside.")
		}
		if err := l.checkRule(kind, rule, field); err != nil {
			return err
		}
	}
	return nil
}

func (l Layer) checkRule(kind ProblemKind, r TopologyRule, field string) error {
	column, _ := l.Column(r.Column)
	switch {
	case r.Severity != Warn && r.Severity != Block:
		return haidang.RefuseField(field+".severity", "Mức là warn (nhắc) hoặc block (chặn).", "The severity is warn or block.")
	case !(r.Tolerance >= 0 && r.Tolerance <= 1_000_000) || kind == Area && r.Tolerance != 0:
		return haidang.RefuseField(field+".tolerance", "Dung sai từ 0 đến 1.000.000; kiểm tra area dùng percent.", "The tolerance is 0 to 1,000,000; the check area has a percent instead.")
	case !(r.Percent >= 0 && r.Percent <= 1000) || kind != Area && r.Percent != 0:
		return haidang.RefuseField(field+".percent", "Phần trăm từ 0 đến 1000, chỉ của kiểm tra area.", "The percentage is 0 to 1000, of the check area only.")
	case kind != Area && r.Column != "":
		return haidang.RefuseField(field+".column", "Chỉ kiểm tra area cần một cột.", "Only the check area has a column.")
	case kind == Area && column.SquareMetres() == 0:
		return haidang.RefuseField(field+".column", fmt.Sprintf("Cần một cột số chứa diện tích (m2, har, km2); %.60q không phải.", r.Column),
			fmt.Sprintf("It needs a column of numbers that are areas (m2, har, km2); %.60q is none.", r.Column))
	}
	return nil
}
