package topology

import (
	"github.com/paulmach/orb"

	"haidang/geo/catalogue"
)

// Problem is one thing that is wrong with the shapes after a changeset.
type Problem struct {
	Kind     catalogue.ProblemKind
	Severity catalogue.Severity
	FID      int64        // the edited feature
	OtherFID int64        // of an overlap: the feature that has the same ground; 0: none
	Geometry orb.Geometry // where, in the layer's CRS unless it was asked for in another; nil where that cannot be said
	At       orb.Point    // the middle of that in the layer's CRS
	Measure  float64      // m² of overlap and gap; m of sliver (its width) and outside (how far); % of area (more than 0: drawn too large); 0 of invalid
}
