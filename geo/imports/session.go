package imports

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
)

// State is where an import stands.
type State string

// The states.
const (
	Uploading State = "uploading"
	Uploaded  State = "uploaded"
	Examining State = "examining"
	Examined  State = "examined"
	Checking  State = "checking"
	Checked   State = "checked"
	Applying  State = "applying"
	Applied   State = "applied"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// begun are the states in which a step is at work, and the state before it.
var begun = map[State]State{Examining: Uploaded, Checking: Examined, Applying: Checked}

// Over reports whether nothing can be done with the import any more.
func (s State) Over() bool { return s == Applied || s == Cancelled || s == Expired }

// Import is a file on its way.
type Import struct {
	ID           int64               `json:"id"`
	Layer        haidang.LayerSlug   `json:"layer"`
	By           haidang.AccountName `json:"by"`
	State        State               `json:"state" enum:"uploading,uploaded,examining,examined,checking,checked,applying,applied,failed,cancelled,expired"`
	FileName     string              `json:"fileName"`
	FileSize     int64               `json:"fileSize"`
	Received     int64               `json:"received"`
	SHA256       string              `json:"sha256" doc:"Hexadecimal, once the file is whole"`
	Options      Options             `json:"options"`
	Findings     *Findings           `json:"findings,omitempty"`
	Report       *Report             `json:"report,omitempty"`
	LayerVersion int64               `json:"layerVersion" doc:"Of the layer when the difference was taken"`
	Job          int64               `json:"job" doc:"The job at work on it; 0 for none"`
	Text         haidang.Text        `json:"text" doc:"Why the last stage failed"`
	CreatedAt    time.Time           `json:"createdAt"`
	UpdatedAt    time.Time           `json:"updatedAt"`
	ExpiresAt    time.Time           `json:"expiresAt"`

	sha []byte
}

const selectImport = `SELECT id, layer, by_account, state, file_name, file_size, received, sha256, options, nullif(findings, '{}'), nullif(report, '{}'),
	layer_version, job, text_vi, text_en, created_at, updated_at, expires_at FROM layer_import `

func scanImport(row pgx.CollectableRow) (i Import, err error) {
	err = row.Scan(&i.ID, &i.Layer, &i.By, &i.State, &i.FileName, &i.FileSize, &i.Received, &i.sha, &i.Options, &i.Findings, &i.Report,
		&i.LayerVersion, &i.Job, &i.Text.VI, &i.Text.EN, &i.CreatedAt, &i.UpdatedAt, &i.ExpiresAt)
	i.SHA256 = hex.EncodeToString(i.sha)
	return i, err
}

// Get returns an import, or ErrNotFound.
func (im *Importer) Get(ctx context.Context, id int64) (Import, error) {
	rows, err := im.pool.Query(ctx, selectImport+`WHERE id = $1`, id)
	if err != nil {
		return Import{}, err
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanImport)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, haidang.Refuse(haidang.ErrNotFound, "Không có lần nhập này.", "There is no such import.")
	}
	return i, err
}

// List returns up to limit imports before a number (0: the newest), newest first; of one account unless by is empty.
func (im *Importer) List(ctx context.Context, by haidang.AccountName, before int64, limit int) ([]Import, error) {
	rows, err := im.pool.Query(ctx, selectImport+`WHERE ($1 = '' OR by_account = $1) AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, by, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanImport)
}

// path is where the file of an import lies.
func (im *Importer) path(id int64) string { return filepath.Join(im.dir, fmt.Sprintf("%d.file", id)) }

// Open begins an import: a name and a size, no byte yet. It refuses what is too big,
// of an unknown kind, beyond the account's quota, or more than the disk has room for.
func (im *Importer) Open(ctx context.Context, by haidang.AccountName, name string, size int64) (Import, error) {
	name = filepath.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "�"), `\`, "/"))
	if err := im.admit(ctx, by, name, size); err != nil {
		return Import{}, err
	}
	var id int64
	err := im.pool.QueryRow(ctx, `INSERT INTO layer_import (by_account, file_name, file_size, expires_at) VALUES ($1, $2, $3, $4) RETURNING id`,
		by, name, size, time.Now().Add(im.limits.Keep)).Scan(&id)
	if err != nil {
		return Import{}, fmt.Errorf("begin an import: %w", err)
	}
	f, err := os.OpenFile(im.path(id), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return Import{}, err
	}
	if err := f.Close(); err != nil {
		return Import{}, err
	}
	return im.Get(ctx, id)
}

func (im *Importer) admit(ctx context.Context, by haidang.AccountName, name string, size int64) error {
	end := strings.ToLower(filepath.Ext(name))
	if isPicture(name) && im.rasters == "" {
		return errNoPictures
	}
	if end != ".zip" && !hasFormat(end) && !isPicture(name) {
		return unknownFormat(name)
	}
	if size <= 0 || size > im.limits.FileSize || len(name) > 250 {
		return &haidang.Error{Code: haidang.ErrTooLarge, Field: "size", Text: *sentence("Tệp phải từ 1 byte đến %d MiB.", "A file has 1 byte to %d MiB.", im.limits.FileSize>>20)}
	}
	var held int64
	if err := im.pool.QueryRow(ctx, `SELECT coalesce(sum(file_size), 0) FROM layer_import WHERE by_account = $1 AND state NOT IN ('applied', 'cancelled', 'expired')`, by).Scan(&held); err != nil {
		return err
	}
	if held+size > im.limits.Quota {
		return haidang.Refuse(haidang.ErrTooLarge, fmt.Sprintf("Các tệp đang nhập dở của bạn đã chiếm %d MiB trên %d MiB. Hãy huỷ bớt.", held>>20, im.limits.Quota>>20),
			fmt.Sprintf("Your unfinished imports hold %d MiB of %d MiB. Cancel some.", held>>20, im.limits.Quota>>20))
	}
	return im.room(size)
}

// database is a pool or a transaction.
type database interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// change moves an import on from one of the states it must be in, and gives it its
// full time again.
func (im *Importer) change(ctx context.Context, id int64, from []State, set string, args ...any) error {
	return im.changeIn(ctx, im.pool, id, from, set, args...)
}

func (im *Importer) changeIn(ctx context.Context, db database, id int64, from []State, set string, args ...any) error {
	tag, err := db.Exec(ctx, fmt.Sprintf(`UPDATE layer_import SET updated_at = now(), expires_at = greatest(expires_at, now() + interval '%d milliseconds'), %s
		WHERE id = $1 AND state = ANY ($2)`, im.limits.Keep.Milliseconds(), set), append([]any{id, from}, args...)...)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		if _, err := im.Get(ctx, id); err != nil {
			return err
		}
		return haidang.Refuse(haidang.ErrConflict, "Lần nhập đang ở bước khác; hãy tải lại rồi làm tiếp.", "The import is at another step; load it again, then go on.")
	}
	return nil
}

// Cancel ends an import and removes its file and tables. Once more is no mistake.
// ErrConflict: it was applied.
func (im *Importer) Cancel(ctx context.Context, id int64) error {
	if err := im.cancel(ctx, id); err != nil {
		return err
	}
	return im.remove(ctx, id)
}

// cancel ends an import, also one that is being applied: of cancelling and the end of
// applying whichever comes first holds.
func (im *Importer) cancel(ctx context.Context, id int64) error {
	return im.change(ctx, id, []State{Uploading, Uploaded, Examining, Examined, Checking, Checked, Applying, Failed, Cancelled, Expired}, `state = 'cancelled'`)
}
