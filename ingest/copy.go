package ingest

import (
	"encoding/binary"
	"math"
	"time"
)

// copyRows is the rows in PostgreSQL's binary COPY format: datastream int4,
// keep_months int2, phenomenon_time and received_at timestamptz, result float8.
func copyRows(buf []byte, rows []row) []byte {
	buf = append(buf, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for _, r := range rows {
		buf = binary.BigEndian.AppendUint16(buf, 5)
		buf = appendInt4(buf, int32(r.stream.id))
		buf = appendInt2(buf, leafOf(r.stream, r.time).keep)
		buf = appendInt8(buf, microseconds(r.time))
		buf = appendInt8(buf, microseconds(r.receivedAt))
		buf = appendInt8(buf, math.Float64bits(r.value))
	}
	return binary.BigEndian.AppendUint16(buf, 0xffff)
}

func appendInt2(buf []byte, v int16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(buf, 2), uint16(v))
}

func appendInt4(buf []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(buf, 4), uint32(v))
}

func appendInt8(buf []byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(buf, 8), v)
}

// microseconds counts from PostgreSQL's epoch, 2000-01-01.
func microseconds(t time.Time) uint64 { return uint64(t.UnixMicro() - 946_684_800_000_000) }
