package overview

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// unitData is what is remembered of one tile of the pyramid: from it and its
// neighbours a tile is drawn, from four of it the one above is made.
type unitData struct {
	Totals []total
	Sheet  sheet     // of surfaces; nil when nothing is there
	Shares shares    // of surfaces
	Points []cluster // of points
	Lines  []line    // of lines
}

// total is the true account of the features whose middle lies in a tile.
type total struct {
	Class uint8
	Count int64
	Size  float64 // m² of surfaces, m of lines, by the layer's own coordinate system
}

func (u *unitData) empty() bool {
	return u == nil || u.Sheet == nil && u.Shares == nil && len(u.Points) == 0 && len(u.Lines) == 0 && len(u.Totals) == 0
}

// addTotals sums by class.
func addTotals(below [4]*unitData) (sum []total) {
	for _, u := range below {
		if u == nil {
			continue
		}
		for _, t := range u.Totals {
			k, found := slices.BinarySearchFunc(sum, t.Class, func(a total, c uint8) int { return int(a.Class) - int(c) })
			if !found {
				sum = slices.Insert(sum, k, total{Class: t.Class})
			}
			sum[k].Count += t.Count
			sum[k].Size += t.Size
		}
	}
	return sum
}

var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderConcurrency(1))
)

func (u *unitData) pack() ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(u); err != nil {
		return nil, fmt.Errorf("pack an overview: %w", err)
	}
	return packer.EncodeAll(b.Bytes(), nil), nil
}

func unpack(data []byte) (*unitData, error) {
	raw, err := unpacker.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack an overview: %w", err)
	}
	var u unitData
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&u); err != nil {
		return nil, fmt.Errorf("unpack an overview: %w", err)
	}
	return &u, nil
}
