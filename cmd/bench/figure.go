package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
)

// figure is one number worth knowing. More is better, unless the unit is ms or MB.
type figure struct {
	name, unit string
	prepare    func(ctx context.Context) (*bench, error)
}

// bench measures the value and its floor, once each time it is asked. close may
// be nil. note says what else is worth printing, extras are further numbers by name,
// one a run; both may be nil.
type bench struct {
	floor, value func(ctx context.Context) (float64, error)
	note         func() string
	extras       map[string][]float64
	close        func() error
}

// result is one line of bench.json. Ratio is value / floor, both medians.
type result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Floor float64 `json:"floor"`
	Ratio float64 `json:"ratio"`

	// Extras are medians of further numbers.
	Extras map[string]float64 `json:"extras,omitempty"`

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
	r.addExtras(b.extras)
	return r, nil
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[len(sorted)/2]
}

func (r *result) addExtras(extras map[string][]float64) {
	for _, name := range slices.Sorted(maps.Keys(extras)) {
		if r.Extras == nil {
			r.Extras = map[string]float64{}
		}
		r.Extras[name] = median(extras[name])
		r.note += fmt.Sprintf("   %s %.1f", name, r.Extras[name])
	}
}

func (r result) line() string {
	number := func(v float64) string {
		if math.Abs(v) >= 100 {
			return fmt.Sprintf("%.0f", v)
		}
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%-20s %10s %-8s (%s to %s)   floor %10s (%s to %s)   ratio %.2f%s", r.Name,
		number(r.Value), r.Unit, number(slices.Min(r.values)), number(slices.Max(r.values)),
		number(r.Floor), number(slices.Min(r.floors)), number(slices.Max(r.floors)), r.Ratio, r.note)
}

func writeResults(path string, results []result) error {
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
