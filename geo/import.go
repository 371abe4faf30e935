package geo

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// ImportOptions says how to read a file of areas and since when they are in force.
type ImportOptions struct {
	NameField string    // property that holds the name, such as "fullName"
	CodeField string    // property that holds the official code
	ValidFrom time.Time // first day in force; only its date counts
	Level     Level
	Source    string // where it comes from, for the record: a file's name
	By        string // who imports
}

// ImportReport says what became of every feature.
type ImportReport struct {
	Read       int      // features in the file
	Vertices   int      // stored vertices of the new units
	Imported   int      // new units
	Unchanged  int      // already recorded just so
	Superseded int      // earlier units that this import ends
	Repaired   []Remark // invalid geometry made valid
	Refused    []Remark // any one of them stops the whole import
}

// Remark is what the import has to say about one feature.
type Remark struct {
	Feature int // 1 is the first in the file
	Code    haidang.UnitCode
	Text    haidang.Text
}

// ImportAreas records the areas of a GeoJSON FeatureCollection (WGS 84) as units in force from a day.
func ImportAreas(ctx context.Context, pool *pgxpool.Pool, r io.Reader, o ImportOptions) (ImportReport, error) {
	return ImportReport{}, nil
}
