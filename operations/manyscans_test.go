package operations

import (
	"encoding/binary"
	"testing"

	"haidang"
)

// TestManyScans sends 60 kB that would keep a processor busy for half a minute, and
// what is allowed.
func TestManyScans(t *testing.T) {
	t.Parallel()
	if _, err := reencode(t.Context(), manyScans(6300, 6300, 600)); haidang.CodeOf(err) != haidang.ErrInvalid || err == nil {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := reencode(t.Context(), manyScans(64, 64, maxScans-1)); err != nil {
		t.Errorf("a progressive picture: %v", err)
	}
	hidden := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, 4, 0xFF, 0xDA}, manyScans(64, 64, 2)[2:]...)
	if n := countScans(append(hidden, 0xFF, 0xDA, 0, 2)); n != 3 {
		t.Errorf("counted %d scans, want 3: neither that of a preview nor what follows the end", n)
	}
}

// manyScans is a grey progressive JPEG whose coefficients are all zero, told over
// and over: each further scan costs the sender some 40 bytes and a decoder a walk
// through the whole picture.
func manyScans(w, h, scans int) []byte {
	segment := func(marker byte, body ...byte) []byte {
		head := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))
		return append(head, body...)
	}
	table := func(class byte, symbols ...byte) []byte { // one code of one bit, or two
		counts := make([]byte, 16)
		counts[0] = 1
		counts[1] = byte(len(symbols) - 1)
		return segment(0xC4, append(append([]byte{class}, counts...), symbols...)...)
	}
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, uint16(h)), uint16(w))
	quant := make([]byte, 65)
	for i := range quant[1:] {
		quant[i+1] = 1
	}
	blocks := ((w + 7) / 8) * ((h + 7) / 8)
	var dc, ac bits
	for range blocks {
		dc.put(0, 1) // no difference
	}
	for left := blocks; left > 0; {
		if left < 1<<14 {
			ac.put(0b10, 2) // the end of one block
			left--
			continue
		}
		run := min(left, 1<<15-1)
		ac.put(0, 1) // the end of 2¹⁴ blocks and as many as the next 14 bits say
		ac.put(run-1<<14, 14)
		left -= run
	}
	out := append([]byte{0xFF, 0xD8}, segment(0xDB, quant...)...)
	out = append(out, segment(0xC2, append(size, 1, 1, 0x11, 0)...)...)
	out = append(append(out, table(0x00, 0x00)...), table(0x10, 0xE0, 0x00)...)
	out = append(append(out, segment(0xDA, 1, 1, 0x00, 0, 0, 0)...), dc.bytes()...)
	again := append(segment(0xDA, 1, 1, 0x00, 1, 63, 0), ac.bytes()...)
	for range scans {
		out = append(out, again...)
	}
	return append(out, 0xFF, 0xD9)
}

// bits writes entropy-coded data: most significant first, 0xFF stuffed.
type bits struct {
	done []byte
	last byte
	n    int
}

func (b *bits) put(v, n int) {
	for n--; n >= 0; n-- {
		b.last = b.last<<1 | byte(v>>n&1)
		if b.n++; b.n == 8 {
			b.flush()
		}
	}
}

func (b *bits) flush() {
	b.done = append(b.done, b.last)
	if b.last == 0xFF {
		b.done = append(b.done, 0)
	}
	b.last, b.n = 0, 0
}

func (b *bits) bytes() []byte {
	for b.n != 0 {
		b.put(1, 1)
	}
	return b.done
}
