package geo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/audit"
)

// ImportOptions says how to read a file of areas and since when they are in force.
type ImportOptions struct {
	NameField string    // property that holds the name, such as "fullName"
	CodeField string    // property that holds the official code
	ValidFrom time.Time // first day in force; only its date counts
	Level     Level
	Source    string              // where it comes from, for the record: a file's name
	By        haidang.AccountName // who imports; empty for whoever runs the program's verb
}

// ImportReport says what became of every feature.
type ImportReport struct {
	Read       int // features in the file
	Imported   int // new units
	Unchanged  int // already in force just so
	Superseded int // earlier units that this import ends

	// Approximate counts the drawn units of that level that stay in force, because
	// the file does not cover them.
	Approximate int

	Vertices int      // stored vertices of all units of the file
	Repaired []Remark // invalid geometry made valid
	Refused  []Remark // any one of them stops the whole import
}

// Remark is what the import has to say about one feature.
type Remark struct {
	Feature int // 1 is the first in the file
	Code    haidang.UnitCode
	Text    haidang.Text
}

// ImportAreas records the areas of a GeoJSON FeatureCollection (RFC 7946: WGS 84,
// longitude first) as units in force from a day on. Units of that level which have
// a code of the file, or are approximate and for the greater part covered by it,
// are in force only until that day. All or nothing: when any feature is refused
// nothing is recorded, and the report names each with its reason beside an
// ErrInvalid. The same file again changes nothing. Imports wait for each other.
func ImportAreas(ctx context.Context, pool *pgxpool.Pool, r io.Reader, o ImportOptions) (ImportReport, error) {
	if err := o.check(); err != nil {
		return ImportReport{}, err
	}
	areas, refused, err := readAreas(r, o.NameField, o.CodeField)
	report := ImportReport{Read: len(areas) + len(refused), Refused: refused}
	if err != nil {
		return report, err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return importIn(ctx, tx, areas, o, &report) })
	return report, err
}

func (o ImportOptions) check() error {
	switch {
	case o.Level < LevelProvince || o.Level > LevelCommune:
		return haidang.RefuseField("level", "Cấp phải là 1 (tỉnh), 2 (huyện) hoặc 3 (xã, phường).",
			"The level must be 1 (province), 2 (district) or 3 (commune or ward).")
	case o.ValidFrom.Year() < 1945 || o.ValidFrom.Year() > 2200:
		return haidang.RefuseField("valid-from", "Cần ngày bắt đầu hiệu lực, ví dụ 2025-07-01.",
			"The first day in force is needed, such as 2025-07-01.")
	}
	return nil
}

func importIn(ctx context.Context, tx pgx.Tx, areas []area, o ImportOptions, report *ImportReport) error {
	if err := stageAreas(ctx, tx, areas); err != nil {
		return err
	}
	if err := repairAreas(ctx, tx, report); err != nil {
		return err
	}
	if n := len(report.Refused); n > 0 {
		return haidang.RefuseField("file",
			fmt.Sprintf("%d trong %d đối tượng bị từ chối; chưa ghi gì cả.", n, report.Read),
			fmt.Sprintf("%d of %d features are refused; nothing was recorded.", n, report.Read))
	}
	if err := recordAreas(ctx, tx, o, report); err != nil {
		return err
	}
	if report.Imported+report.Superseded == 0 {
		return nil
	}
	if err := redrawBase(ctx, tx); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: o.By, Action: "areas.import", Object: "areas/" + o.Source, Detail: map[string]any{
		"level": o.Level, "validFrom": o.ValidFrom.Format(time.DateOnly), "read": report.Read, "imported": report.Imported,
		"unchanged": report.Unchanged, "superseded": report.Superseded, "repaired": len(report.Repaired)}})
}
