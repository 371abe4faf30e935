package ingest

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
)

// explained puts into people's words why the database takes nothing, where that is
// something that people have to do.
func explained(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pg.Code != "53100" { // disk_full
		return err
	}
	return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
		VI: "Đĩa của cơ sở dữ liệu đã đầy. Số đo được giữ lại ở máy chủ MQTT và sẽ được lưu khi có chỗ; hãy giải phóng đĩa.",
		EN: "The database's disk is full. Readings stay with the MQTT broker and are stored once there is room; free some of the disk."}}
}
