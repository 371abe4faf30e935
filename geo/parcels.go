package geo

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
	"haidang/geo/catalogue"
)

// Parcel is one generated cadastral parcel.
type Parcel struct {
	Sheet, Number int
	LandUse       string   // code of the land-use map, such as "LUC"
	Outline       orb.Ring // VN-2000 TM-3 105°30', metres east and north; 8 vertices, closed
}

// The generated cadastre: sheets of 50 × 50 parcels of about 40 × 48 m, fourteen
// sheets wide, from a corner south-west of the town of Sóc Trăng.
const (
	parcelWidth, parcelHeight = 40.0, 48.0 // metres
	sheetSide                 = 50         // parcels
	sheetParcels              = sheetSide * sheetSide
	sheetsWide                = 14
	cornerEast, cornerNorth   = 530_000.0, 1_046_000.0 // metres
)

// landUses are dealt out so that rice is common and houses stand in rows.
var landUses = []string{"LUC", "LUC", "LUC", "CLN", "NTS", "BHK", "ONT"}

// Parcels yields the first n parcels of an endless cadastre, the same ones each
// time. Neighbours share their vertices, so there is neither gap nor overlap.
func Parcels(n int) iter.Seq[Parcel] {
	return func(yield func(Parcel) bool) {
		for i := range n {
			if !yield(parcelOf(i/sheetParcels, i%sheetParcels)) {
				return
			}
		}
	}
}

// parcelOf is one parcel; sheets and their parcels are counted from 0.
func parcelOf(sheet, number int) Parcel {
	column := sheet%sheetsWide*sheetSide + number%sheetSide
	row := sheet/sheetsWide*sheetSide + number/sheetSide
	return Parcel{Sheet: sheet + 1, Number: number + 1, LandUse: landUses[(column/3+row/2*5)%len(landUses)], Outline: outline(column, row)}
}

// outline goes round the parcel counter-clockwise by its corners and the middles
// of its sides, counted in half parcels.
func outline(column, row int) orb.Ring {
	x, y := 2*column, 2*row
	return orb.Ring{vertex(x, y), vertex(x+1, y), vertex(x+2, y), vertex(x+2, y+1), vertex(x+2, y+2),
		vertex(x+1, y+2), vertex(x, y+2), vertex(x, y+1), vertex(x, y)}
}

// vertex is a point of the lattice, moved up to 3 m from its place by an amount
// that depends on nothing but that place.
func vertex(x, y int) orb.Point {
	shift := func(a, b int) float64 { return float64((x*a+y*b)%13-6) / 2 }
	return orb.Point{cornerEast + float64(x)*parcelWidth/2 + shift(5, 7), cornerNorth + float64(y)*parcelHeight/2 + shift(11, 3)}
}

// GenerateParcelLayer makes a layer of the code, like the parcel layer and marked as
// simulated, with n parcels. It returns ErrConflict when there is one of that code.
func GenerateParcelLayer(ctx context.Context, pool *pgxpool.Pool, n int, slug haidang.LayerSlug) error {
	return withParcels(ctx, pool, Parcels(n), func(tx pgx.Tx) (string, error) {
		l := parcelLayer
		l.Slug, l.Table = slug, "layer_"+string(slug)
		l.Title.VI, l.Title.EN = l.Title.VI+" mô phỏng ("+string(slug)+")", "Simulated parcels ("+string(slug)+")"
		l.Simulated = true
		return l.Table, catalogue.Create(ctx, tx, l)
	})
}

// GenerateParcels fills the empty parcel layer with n parcels, marked as
// simulated. It returns ErrConflict when the layer holds parcels already.
func GenerateParcels(ctx context.Context, pool *pgxpool.Pool, n int) error {
	return writeParcels(ctx, pool, Parcels(n))
}

func writeParcels(ctx context.Context, pool *pgxpool.Pool, parcels iter.Seq[Parcel]) error {
	return withParcels(ctx, pool, parcels, func(tx pgx.Tx) (string, error) {
		if err := refuseParcels(ctx, tx); err != nil {
			return "", err
		}
		return "layer_parcel", catalogue.Adopt(ctx, tx, parcelLayer)
	})
}

// withParcels writes the parcels into the table that ready makes or finds.
func withParcels(ctx context.Context, pool *pgxpool.Pool, parcels iter.Seq[Parcel], ready func(pgx.Tx) (table string, err error)) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil { // a whole cadastre, on an old machine
			return fmt.Errorf("write parcels: %w", err)
		}
		table, err := ready(tx)
		if err != nil {
			return err
		}
		if err := stageParcels(ctx, tx, parcels); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO `+pgx.Identifier{table}.Sanitize()+` (sheet, number, land_use, area_m2, geom)
			SELECT sheet, number, land_use, ST_Area(shape), shape
			FROM (SELECT sheet, number, land_use, ST_GeomFromWKB(shape, 959209) AS shape FROM staged_parcel) staged ORDER BY sheet, number`)
		if err != nil {
			return fmt.Errorf("write parcels: %w", err)
		}
		return nil
	})
}

func refuseParcels(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE layer_parcel IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock parcels: %w", err)
	}
	var some bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM layer_parcel)`).Scan(&some); err != nil {
		return fmt.Errorf("look for parcels: %w", err)
	}
	if some {
		return haidang.Refuse(haidang.ErrConflict,
			"Lớp thửa đất đã có dữ liệu; không sinh thêm. Hãy sinh vào một lớp riêng: --layer thua_thu. Hoặc quản trị viên dọn lớp trước: POST /api/v1/layers/parcel/empty.",
			"The parcel layer holds parcels already; none were generated. Generate them into a layer of their own: --layer parcel_trial. Or have an administrator empty it first: POST /api/v1/layers/parcel/empty.")
	}
	return nil
}

func stageParcels(ctx context.Context, tx pgx.Tx, parcels iter.Seq[Parcel]) error {
	_, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE staged_parcel (sheet integer, number integer, land_use text, shape bytea) ON COMMIT DROP`)
	if err != nil {
		return fmt.Errorf("stage parcels: %w", err)
	}
	next, stop := iter.Pull(parcels)
	defer stop()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"staged_parcel"}, []string{"sheet", "number", "land_use", "shape"},
		pgx.CopyFromFunc(func() ([]any, error) {
			p, more := next()
			if !more {
				return nil, nil
			}
			shape, err := wkb.Marshal(orb.Polygon{p.Outline})
			return []any{int32(p.Sheet), int32(p.Number), p.LandUse, shape}, err
		}))
	if err != nil {
		return fmt.Errorf("stage parcels: %w", err)
	}
	return nil
}
