package geo

import (
	"context"
	"iter"
	"math"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The sheets of the generated cadastre that lie about the town of Sóc Trăng: four
// wide, two high. The rest of its sheets are for measurements.
const (
	townColumn, townRow   = 9, 5 // of the sheet in the south-west
	townWide, townHigh    = 4, 2
	townEast, townNorth   = 552_400.0, 1_061_900.0 // centre
	townRadius, townFades = 1_500.0, 2_600.0       // metres: nothing but town, and its last houses
)

// townUses are dealt out as landUses are.
var townUses = []string{"ODT", "ODT", "ODT", "TMD", "ODT", "CLN", "DKV", "ODT", "DGD"}

// townParcels fills the empty parcel layer with the town's parcels, at most n. It
// returns ErrConflict when there are some.
func townParcels(ctx context.Context, pool *pgxpool.Pool, n int) error {
	return writeParcels(ctx, pool, parcelsOfTown(n))
}

func parcelsOfTown(n int) iter.Seq[Parcel] {
	return func(yield func(Parcel) bool) {
		for i := range min(n, townWide*townHigh*sheetParcels) {
			of, number := i/sheetParcels, i%sheetParcels
			p := parcelOf((townRow+of/townWide)*sheetsWide+townColumn+of%townWide, number)
			p.LandUse = townUse(p, number)
			if !yield(p) {
				return
			}
		}
	}
}

// townUse makes a parcel part of the town the likelier the nearer it is.
func townUse(p Parcel, number int) string {
	far := math.Hypot(p.Outline[0][0]-townEast, p.Outline[0][1]-townNorth)
	chance := (townFades - far) / (townFades - townRadius) * 10
	if float64(number*7%10) < chance {
		return townUses[(number/2+number/sheetSide*4)%len(townUses)]
	}
	return p.LandUse
}
