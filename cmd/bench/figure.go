package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

// figure is one number worth knowing. More is better.
type figure struct {
	name, unit string
	prepare    func(ctx context.Context) (*bench, error)
}

// bench measures the value and its floor, once each time it is asked. close may
// be nil. note says what else is worth printing, and may be nil.
type bench struct {
	floor, value func(ctx context.Context) (float64, error)
	note         func() string
	close        func() error
}

// result is one line of bench.json. Ratio is value / floor, both medians.
type result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Floor float64 `json:"floor"`
	Ratio float64 `json:"ratio"`

	values, floors []float64
	note           string
}

// measure interleaves floor and value, so that a busy minute hits both.
func measure(ctx context.Context, f figure, runs int) (r result, err error) {
	b, err := f.prepare(ctx)
	if err != nil {
		return r, err
	}
	if b.close != nil {
		defer func() { err = errors.Join(err, b.close()) }()
	}
	r = result{Name: f.name, Unit: f.unit}
	for range runs {
		floor, err := b.floor(ctx)
		if err != nil {
			return r, fmt.Errorf("floor: %w", err)
		}
		value, err := b.value(ctx)
		if err != nil {
			return r, err
		}
		r.floors, r.values = append(r.floors, floor), append(r.values, value)
	}
	r.Value, r.Floor = median(r.values), median(r.floors)
	r.Ratio = r.Value / r.Floor
	if b.note != nil {
		r.note = b.note()
	}
	return r, nil
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

func (r result) line() string {
	return fmt.Sprintf("%-20s %10.0f %-8s (%.0f to %.0f)   floor %10.0f (%.0f to %.0f)   ratio %.2f%s", r.Name,
		r.Value, r.Unit, slices.Min(r.values), slices.Max(r.values), r.Floor, slices.Min(r.floors), slices.Max(r.floors), r.Ratio, r.note)
}

func writeResults(path string, results []result) error {
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
