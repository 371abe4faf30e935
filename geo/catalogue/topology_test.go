package catalogue_test

import (
	"testing"

	"haidang"
	"haidang/geo/catalogue"
)

func TestTopologyNamesTheField(t *testing.T) {
	t.Parallel()
	fields := wells()
	fields.Geometry, fields.Columns = "Polygon", append(fields.Columns, catalogue.Column{Name: "area_ha", Type: catalogue.Number, Unit: "har"})
	raster := wells()
	raster.Kind = catalogue.Raster
	for _, c := range []struct {
		layer catalogue.Layer
		kind  catalogue.ProblemKind
		rule  catalogue.TopologyRule
		field string
	}{
		{fields, "overlap", catalogue.TopologyRule{Severity: "block", Tolerance: 0.1}, ""},
		{fields, "area", catalogue.TopologyRule{Severity: "warn", Column: "area_ha", Percent: 3}, ""},
		{wells(), "outside", catalogue.TopologyRule{Severity: "warn"}, ""},
		{wells(), "overlap", catalogue.TopologyRule{Severity: "block"}, "topology.overlap"}, // of points
		{raster, "outside", catalogue.TopologyRule{Severity: "warn"}, "topology.outside"},
		{fields, "invalid", catalogue.TopologyRule{Severity: "warn"}, "topology.invalid"},
		{fields, "gap", catalogue.TopologyRule{Severity: "stop"}, "topology.gap.severity"},
		{fields, "gap", catalogue.TopologyRule{Severity: "warn", Tolerance: -1}, "topology.gap.tolerance"},
		{fields, "gap", catalogue.TopologyRule{Severity: "warn", Percent: 5}, "topology.gap.percent"},
		{fields, "gap", catalogue.TopologyRule{Severity: "warn", Column: "area_ha"}, "topology.gap.column"},
		{fields, "area", catalogue.TopologyRule{Severity: "warn"}, "topology.area.column"},
		{fields, "area", catalogue.TopologyRule{Severity: "warn", Column: "code"}, "topology.area.column"},
		{fields, "area", catalogue.TopologyRule{Severity: "warn", Column: "depth"}, "topology.area.column"}, // metres
		{fields, "area", catalogue.TopologyRule{Severity: "warn", Column: "area_ha", Tolerance: 5}, "topology.area.tolerance"},
	} {
		c.layer.Topology = catalogue.Topology{c.kind: c.rule}
		err := c.layer.Validate()
		if e, ok := err.(*haidang.Error); c.field == "" && err != nil || c.field != "" && (!ok || e.Field != c.field) {
			t.Errorf("%s %+v: got %v, want %q", c.kind, c.rule, err, c.field)
		}
	}
}

// The policy is changed like the rest of an entry, and coverages have one from the start.
func TestTopologyIsKept(t *testing.T) {
	t.Parallel()
	l, err := catalogue.FromTemplate("parcel", "parcels", owner)
	if err != nil {
		t.Fatal(err)
	}
	if rule, ok := l.Topology.Rule(catalogue.Area); !ok || rule.Column != "legal_area_m2" || rule.Percent != 5 || l.Validate() != nil {
		t.Errorf("parcels begin with %+v", l.Topology)
	}
	if rule, ok := l.Topology.Rule(catalogue.Overlap); !ok || rule.Severity != catalogue.Block || rule.Tolerance != 0.05 {
		t.Errorf("parcels begin with %+v", l.Topology)
	}
	before := l.ETag()
	edited, err := l.Edited(catalogue.EntryEdit{Topology: &catalogue.Topology{catalogue.Gap: {Severity: catalogue.Block}}})
	if err != nil || len(edited.Topology) != 1 || edited.ETag() == before {
		t.Errorf("became %+v, %v", edited.Topology, err)
	}
}
