package features

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/cql2"
	"haidang/geo/crs"
)

// Query is a question about the features of a layer. The zero Query asks for all of
// them, with all properties, in longitude and latitude.
type Query struct {
	Filter    cql2.Expr // nil: none
	FilterCRS crs.CRS   // of the filter's geometries; the zero CRS is CRS84

	BBox     *orb.Bound // x and y, whatever the axis order of its system
	BBoxSRID int        // 0: 4326

	From, Until *time.Time // features of a dated layer in force on any day of these, in Vietnam; nil: open
	Day         *time.Time // in force on this day; the same as From and Until

	At *time.Time // the layer as it was at this instant; nil: as it is

	SRID       int      // of the answer's geometries; 0: 4326
	Properties []string // nil: all; empty: none
	NoGeometry bool

	SortBy []Sort    // nothing: by number
	Limit  int       // 0: no limit, for an answer by number
	After  int64     // only what comes after the feature of this number
	Beyond []*string // with SortBy and After: that feature's Sorted, so that it need not be there any more
}

// Sort is a property to sort by, texts as a Vietnamese reader expects them: thửa 2
// before thửa 10. Features without a value come last.
type Sort struct {
	Property string
	Desc     bool
}

// Feature is one feature as it was asked for.
type Feature struct {
	FID        int64
	RowVersion int64 // 0: the layer keeps none
	// Properties by name. Values are nil, string, int64, float64, bool and time.Time; a
	// date is a time at midnight UTC.
	Properties map[string]any
	Geometry   orb.Geometry // x, then y; nil when it was not asked for
	Sorted     []*string    // what it was sorted by, for Query.Beyond; nil: by number
}

// The names under which a dated layer's features say when they are in force, and
// what a filter calls that period and the features' numbers.
const (
	ValidFrom  = "valid_from"  // the first day; nil: since ever
	ValidUntil = "valid_until" // the first day on which it is no longer in force; nil: open
	Period     = "period"      // only in filters
	FID        = "fid"         // only in filters and to sort by
)

// The limits of an answer.
const (
	firstRows   = 1000    // of the first statement, which does not know yet how large features are
	pageRows    = 5000    // of any
	pageBytes   = 4 << 20 // that wait in memory for whoever takes them
	maxSorted   = 10_001  // rows of a sorted answer: a page, and whether there is another
	maxSorts    = 5
	sortLetters = 100              // of a text; what is as long as that, and the same so far, goes by number
	readTimeout = 30 * time.Second // of one statement
)

// Beginner is a pool, a connection or a transaction.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

func (q Query) check() error {
	switch {
	case q.Limit < 0:
		return haidang.RefuseField("limit", "Số lượng phải từ 0.", "The limit is 0 or more.")
	case len(q.SortBy) > maxSorts || len(q.SortBy) > 0 && (q.Limit == 0 || q.Limit > maxSorted):
		return haidang.RefuseField("sortby", "Sắp xếp được theo tối đa 5 thuộc tính và 10 000 đối tượng một lần.",
			"One sorts by at most 5 properties and 10,000 features at a time.")
	case q.After != 0 && len(q.Beyond) != len(q.SortBy):
		return brokenCursor()
	}
	return nil
}

func brokenCursor() error {
	return haidang.RefuseField("cursor", "cursor bị hỏng. Hãy lấy liên kết next của trang trước.", "The cursor is broken. Take the link next of the page before.")
}
