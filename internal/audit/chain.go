package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// link is SHA-256(prev || canonical bytes of the row). Each field is preceded by
// its length, so no two rows share their bytes. Times count to the microsecond,
// which is what PostgreSQL keeps; the detail is spelled as jsonb prints it.
func link(prev []byte, r Row) []byte {
	h := sha256.New()
	h.Write(prev)
	for _, field := range []string{
		strconv.FormatInt(r.Seq, 10), r.At.UTC().Format(time.RFC3339Nano),
		string(r.Actor), r.Action, r.Object, string(r.Detail), r.Origin,
	} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(field)))
		h.Write(size[:])
		h.Write([]byte(field))
	}
	return h.Sum(nil)
}

// Verify reads the whole chain and returns an error that is ErrBroken, naming the
// first bad row, when a row was altered, dropped or slipped in.
func Verify(ctx context.Context, db Querier) error {
	rows, err := db.Query(ctx, `SELECT seq, at, actor, action, object, detail::text, origin, prev, hash FROM audit_log ORDER BY seq`)
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	defer rows.Close()
	last, want := []byte{}, int64(1)
	for ; rows.Next(); want++ {
		var r Row
		var detail string
		var prev, hash []byte
		if err := rows.Scan(&r.Seq, &r.At, &r.Actor, &r.Action, &r.Object, &detail, &r.Origin, &prev, &hash); err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		r.Detail = json.RawMessage(detail)
		if r.Seq != want || !bytes.Equal(prev, last) || !bytes.Equal(hash, link(prev, r)) {
			return fmt.Errorf("%w: row %d does not follow from the row before it", ErrBroken, want)
		}
		last = hash
	}
	return rows.Err()
}
