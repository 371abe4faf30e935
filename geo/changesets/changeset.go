package changesets

import (
	"encoding/json"
	"time"

	"github.com/paulmach/orb"

	"haidang"
)

// State is where a changeset is.
type State string

// The states. A changeset is drafted, submitted, and applied; or rejected, and perhaps
// reopened; an applied one may be reverted by another.
const (
	Draft     State = "draft"
	Submitted State = "submitted" // waits for a reviewer
	Approved  State = "approved"  // and applied later
	Applied   State = "applied"
	Rejected  State = "rejected"
	Reverted  State = "reverted"
	Dropped   State = "dropped" // by its author
)

// Source is where a changeset comes from.
type Source string

// The sources.
const (
	Page        Source = "page"
	QGIS        Source = "qgis" // or whatever speaks OGC API Features part 4
	FromImport  Source = "import"
	FromSQL     Source = "sql" // a statement on the table, by its owner
	FromRevert  Source = "revert"
	FromRestore Source = "restore"
)

// Changeset is edits of the features of one layer that are decided whole.
type Changeset struct {
	ID          int64               `json:"id"`
	Layer       haidang.LayerSlug   `json:"layer"`
	Title       string              `json:"title"` // why
	State       State               `json:"state"`
	Source      Source              `json:"source"`
	Author      haidang.AccountName `json:"author"` // of FromSQL a role of the database
	AuthorName  string              `json:"authorName"`
	Reverts     *int64              `json:"reverts"`
	RevertedBy  *int64              `json:"revertedBy"`
	Version     int64               `json:"version"` // raised by every change
	CreatedAt   time.Time           `json:"createdAt"`
	UpdatedAt   time.Time           `json:"updatedAt"`
	SubmittedAt *time.Time          `json:"submittedAt"`
	DecidedBy   *string             `json:"decidedBy"`
	DecidedAt   *time.Time          `json:"decidedAt"`
	AppliedAt   *time.Time          `json:"appliedAt"` // the instant from which the layer's history shows it
	Counts      Counts              `json:"counts"`
}

// Counts says how much is in a changeset.
type Counts struct {
	Insert   int `json:"insert"`
	Update   int `json:"update"`
	Delete   int `json:"delete"`
	Problems int `json:"problems"`
	Blocking int `json:"blocking"`
}

// Drafted is an edit as the changeset has it.
type Drafted struct {
	FID         int64
	N           int64 // order of drafting
	Op          Op
	BaseVersion *int64
	Before      *Version // as the author saw it; nil: new
	After       *Version // nil: deleted
	Changed     []string // columns, and "geometry"
	Conflicts   []Conflict
}

// Version is a feature at one time.
type Version struct {
	Properties map[string]json.RawMessage
	Geometry   orb.Geometry
}

// wholeFeature is the Field of a Conflict over all of a feature.
const wholeFeature = "*"

// Conflict is a column that an edit would overwrite unseen; Field is "geometry" for the
// shape, "*" where one deletes what the other changes.
type Conflict struct {
	FID    int64           `json:"fid"`
	Field  string          `json:"field"`
	Now    *int64          `json:"now_version"` // nil: the feature is gone
	Base   json.RawMessage `json:"base"`
	Theirs json.RawMessage `json:"theirs"`
	Mine   json.RawMessage `json:"mine"`
}

// Note is something said of a changeset, or what became of it.
type Note struct {
	At     time.Time           `json:"at"`
	By     haidang.AccountName `json:"by"`
	ByName string              `json:"byName"`
	Kind   string              `json:"kind"` // comment, or the act
	Text   string              `json:"text"`
}
