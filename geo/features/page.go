package features

import "github.com/jackc/pgx/v5"

// page is what one statement read.
type page struct {
	features []Feature
	bytes    int
	last     bool // there is no more
}

// rowsToFill is how many rows of the same size make a full page.
func (p page) rowsToFill() int {
	return max(1, min(pageRows, pageBytes/max(1, p.bytes/len(p.features))))
}

// rowBytes is about what a feature takes in memory beside its values.
const rowBytes = 200

// sizeOf is about how much memory the row takes as a feature.
func sizeOf(rows pgx.Rows) int {
	n := rowBytes
	for _, v := range rows.RawValues() {
		n += len(v)
	}
	return n
}
