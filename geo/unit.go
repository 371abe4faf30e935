package geo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// Level of an administrative unit.
type Level int16

// The levels. Districts ended on 30 June 2025.
const (
	LevelProvince Level = 1
	LevelDistrict Level = 2
	LevelCommune  Level = 3
)

// Unit is an administrative unit as in force on some day.
type Unit struct {
	Code        haidang.UnitCode `json:"code"`
	Level       Level            `json:"level"`
	Name        string           `json:"name"` // as the authority writes it, with "Phường" or "Xã"
	NameKm      string           `json:"nameKm"`
	Lon         float64          `json:"lon"` // where its label stands, WGS 84 degrees
	Lat         float64          `json:"lat"`
	BBox        [4]float64       `json:"bbox"`        // west, south, east, north
	Approximate bool             `json:"approximate"` // drawn by us, not surveyed
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const unitColumns = `u.code, u.level, u.name_vi, u.name_km, u.approximate,
	ST_X(u.label), ST_Y(u.label), ST_XMin(u.geom), ST_YMin(u.geom), ST_XMax(u.geom), ST_YMax(u.geom)`

// UnitsOn returns the communes and wards in force on the calendar date of day,
// by what is known now, ordered by code.
func UnitsOn(ctx context.Context, pool *pgxpool.Pool, day time.Time) ([]Unit, error) {
	rows, err := pool.Query(ctx, `SELECT `+unitColumns+`
		FROM units_on($1::date) u
		WHERE u.level = $2 ORDER BY u.code`, day.Format(time.DateOnly), LevelCommune)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	units, err := pgx.CollectRows(rows, scanUnit)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return units, nil
}

// UnitAt returns the commune or ward in force on the calendar date of day that
// holds the point (WGS 84 degrees). Of two units a surveyed one wins over one that
// was drawn, then the lower code. It returns ErrNotFound when no unit does.
func UnitAt(ctx context.Context, db Querier, lon, lat float64, day time.Time) (Unit, error) {
	rows, err := db.Query(ctx, `SELECT `+unitColumns+`
		FROM units_on($3::date) u
		WHERE u.level = $4 AND ST_Intersects(u.geom, ST_SetSRID(ST_MakePoint($1, $2), 4326))
		ORDER BY u.approximate, u.code LIMIT 1`, lon, lat, day.Format(time.DateOnly), LevelCommune)
	if err != nil {
		return Unit{}, fmt.Errorf("find unit: %w", err)
	}
	unit, err := pgx.CollectExactlyOneRow(rows, scanUnit)
	if errors.Is(err, pgx.ErrNoRows) {
		return Unit{}, haidang.Refuse(haidang.ErrNotFound,
			"Vị trí này không thuộc xã, phường nào đang có hiệu lực.",
			"No commune or ward in force holds this point.")
	}
	if err != nil {
		return Unit{}, fmt.Errorf("find unit: %w", err)
	}
	return unit, nil
}

func scanUnit(row pgx.CollectableRow) (u Unit, err error) {
	err = row.Scan(&u.Code, &u.Level, &u.Name, &u.NameKm, &u.Approximate,
		&u.Lon, &u.Lat, &u.BBox[0], &u.BBox[1], &u.BBox[2], &u.BBox[3])
	return u, err
}
