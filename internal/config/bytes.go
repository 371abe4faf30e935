package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"haidang"
)

// Bytes is an amount of storage. It is written as a number with an optional unit:
// kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB of 1024.
type Bytes int64

var units = map[string]float64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}

// UnmarshalText reads an amount such as 20GB or 1.5 GiB.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	n, err := strconv.ParseFloat(digits, 64)
	unit, known := units[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	if n *= unit; err != nil || !known || !(n >= 0 && n < math.MaxInt64) {
		return haidang.RefuseField("", fmt.Sprintf("%q không phải dung lượng; hãy viết như 20GB hay 512MiB.", s),
			fmt.Sprintf("%q is no amount of storage; write it like 20GB or 512MiB.", s))
	}
	*b = Bytes(n)
	return nil
}
