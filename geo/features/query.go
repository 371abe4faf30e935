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

	SRID       int      // of the answer's geometries; 0: 4326
	Properties []string // nil: all; empty: none
	NoGeometry bool

	SortBy []Sort // nothing: by number
	Limit  int    // 0: no limit, for an answer by number
	After  int64  // only features with a greater number; not together with SortBy
	Offset int    // features to leave out at the beginning; only with SortBy
}

// Sort is a property to sort by. Features without a value come last.
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
	pageRows    = 5000      // of one statement when there is no limit
	maxSorted   = 10_000    // rows of a sorted answer
	maxOffset   = 1_000_000 // rows left out before a sorted answer
	maxSorts    = 5
	readTimeout = 30 * time.Second // of one statement, including what the reader keeps it waiting
)

// Beginner is a pool, a connection or a transaction.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

func (q Query) check() error {
	switch {
	case q.Limit < 0 || q.Offset < 0 || q.Offset > maxOffset:
		return haidang.RefuseField("offset", "Số lượng và vị trí bắt đầu phải từ 0; vị trí tối đa là 1 000 000.", "Limit and offset are 0 or more; the offset at most 1,000,000.")
	case len(q.SortBy) == 0 && q.Offset > 0:
		return haidang.RefuseField("offset", "Không sắp xếp thì hãy đọc tiếp từ số cuối của trang trước.", "Without sorting, go on from the last number of the page before.")
	case len(q.SortBy) > maxSorts || len(q.SortBy) > 0 && (q.After != 0 || q.Limit == 0 || q.Limit > maxSorted):
		return haidang.RefuseField("sortby", "Sắp xếp được theo tối đa 5 thuộc tính và 10 000 đối tượng một lần, dùng offset để đọc tiếp.",
			"One sorts by at most 5 properties and 10,000 features at a time, and goes on with offset.")
	}
	return nil
}
