package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/postgres"
)

// EntryEdit is what may be said anew of a layer; what is nil stays.
type EntryEdit struct {
	Owner        *haidang.AgencyCode   `json:"owner,omitempty" doc:"The agency that the layer is handed to, with the rights of the one before"`
	Title        *haidang.Text         `json:"title,omitempty"`
	Description  *haidang.Text         `json:"description,omitempty"`
	Sector       *string               `json:"sector,omitempty"`
	Theme        *string               `json:"theme,omitempty"`
	Licence      *string               `json:"licence,omitempty"`
	UpdateRhythm *string               `json:"updateRhythm,omitempty"`
	Attribution  *string               `json:"attribution,omitempty"`
	Key          *[]string             `json:"key,omitempty"`
	Class        *string               `json:"class,omitempty"`
	Label        *string               `json:"label,omitempty"`
	Search       *[]string             `json:"search,omitempty"`
	MinZoom      *int                  `json:"minZoom,omitempty"`
	MaxZoom      *int                  `json:"maxZoom,omitempty"`
	Style        *Style                `json:"style,omitempty"`
	Review       *Review               `json:"review,omitempty"`
	Topology     *Topology             `json:"topology,omitempty" doc:"Problems that are looked for in edits, by kind: overlap, gap, sliver, outside, area"`
	Rights       *[]Right              `json:"rights,omitempty"`
	Columns      map[string]ColumnEdit `json:"columns,omitempty"`
	AddColumns   []Column              `json:"addColumns,omitempty" doc:"New columns; features that are there already have nothing in them"`
}

// ColumnEdit is what may be said anew of a column.
type ColumnEdit struct {
	Label    *haidang.Text `json:"label,omitempty"`
	Unit     *string       `json:"unit,omitempty"`
	ReadOnly *bool         `json:"readOnly,omitempty"`
	FromZoom *int          `json:"fromZoom,omitempty" doc:"-1: tiles never carry it"`
}

// Own reports whether the layer has a table of its own; the base map's have not, and
// the program says what they are.
func (l Layer) Own() bool { return strings.HasPrefix(l.Table, "layer_") || l.Kind == Raster }

// Edited is the layer after the edit, or ErrInvalid when it names a column that is not there.
func (l Layer) Edited(e EntryEdit) (Layer, error) {
	if e.Owner != nil && *e.Owner != l.Owner {
		l = l.handedTo(*e.Owner)
	}
	set(&l.Title, e.Title)
	set(&l.Description, e.Description)
	set(&l.Sector, e.Sector)
	set(&l.Theme, e.Theme)
	set(&l.Licence, e.Licence)
	set(&l.UpdateRhythm, e.UpdateRhythm)
	set(&l.Attribution, e.Attribution)
	set(&l.Key, e.Key)
	set(&l.Class, e.Class)
	set(&l.Label, e.Label)
	set(&l.Search, e.Search)
	set(&l.MinZoom, e.MinZoom)
	set(&l.MaxZoom, e.MaxZoom)
	set(&l.Style, e.Style)
	set(&l.Review, e.Review)
	set(&l.Topology, e.Topology)
	set(&l.Rights, e.Rights)
	l.Columns = slices.Clone(l.Columns)
	for name, edit := range e.Columns {
		i := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return l, haidang.RefuseField("columns."+name, fmt.Sprintf("Lớp không có cột %.60q.", name), fmt.Sprintf("The layer has no column %.60q.", name))
		}
		l.Columns[i] = l.Columns[i].edited(edit)
	}
	l.Columns = append(l.Columns, e.AddColumns...)
	return l, nil
}

func (c Column) edited(e ColumnEdit) Column {
	set(&c.Label, e.Label)
	set(&c.Unit, e.Unit)
	set(&c.ReadOnly, e.ReadOnly)
	if e.FromZoom != nil {
		c.FromZoom = e.FromZoom
		if *e.FromZoom < 0 {
			c.FromZoom = nil
		}
	}
	return c
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// ETag names the state of what an EntryEdit may change. Edits of features leave it alone.
func (l Layer) ETag() string {
	l.Version, l.BaseVersion, l.ChangedAt = 0, 0, nil
	state, err := json.Marshal(struct {
		Layer
		Rights []Right
	}{l, l.Rights})
	if err != nil {
		panic(err) // there is nothing in a layer that JSON cannot say
	}
	sum := sha256.Sum256(state)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// GetForUpdate returns a layer and keeps others from changing its entry until tx ends.
func GetForUpdate(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug) (Layer, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM layer WHERE slug = $1 FOR NO KEY UPDATE`, slug); err != nil {
		return Layer{}, fmt.Errorf("lock layer %s: %w", slug, err)
	}
	return Get(ctx, tx, slug)
}

// Rows counts the features of a vector layer, at most up to the limit.
func Rows(ctx context.Context, db Querier, l Layer, limit int) (n int64, err error) {
	if l.Kind != Vector {
		return 0, nil
	}
	err = db.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM `+pgx.Identifier{l.Table}.Sanitize()+` LIMIT $1) r`, limit).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count features of layer %s: %w", l.Slug, err)
	}
	return n, nil
}

// Empty removes all features of a layer and returns how many there were. It waits at
// most a few seconds for those who read it. ErrForbidden for the base map.
func Empty(ctx context.Context, tx pgx.Tx, l Layer) (int64, error) {
	if !l.Own() || l.Kind != Vector {
		return 0, haidang.Refuse(haidang.ErrForbidden, "Lớp "+l.Title.VI+" không làm rỗng được.", "The layer "+l.Title.EN+" cannot be emptied.")
	}
	if err := lockAlone(ctx, tx, l); err != nil {
		return 0, err
	}
	var n int64
	table := pgx.Identifier{l.Table}.Sanitize()
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		return 0, fmt.Errorf("empty layer %s: %w", l.Slug, err)
	}
	if _, err := tx.Exec(ctx, `TRUNCATE `+table); err != nil {
		return 0, fmt.Errorf("empty layer %s: %w", l.Slug, err)
	}
	return n, nil
}

// lockAlone locks a layer's table against everybody. Whoever reads it later would have
// to wait behind us, so we do not wait for long: ErrUnavailable.
func lockAlone(ctx context.Context, tx pgx.Tx, l Layer) error {
	_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '700ms'; LOCK TABLE `+pgx.Identifier{l.Table}.Sanitize()+` IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout TO DEFAULT`)
	if postgres.IsLocked(err) {
		return haidang.Refuse(haidang.ErrUnavailable, "Lớp "+l.Title.VI+" đang có người đọc, nhập hay xuất lâu; hãy thử lại sau ít phút.",
			"Somebody is reading, importing or exporting the layer "+l.Title.EN+"; try again in a few minutes.")
	}
	if err != nil {
		return fmt.Errorf("lock layer %s: %w", l.Slug, err)
	}
	return nil
}

// LockCodeList keeps others from adding to a list, also one that is not there yet, until tx ends.
func LockCodeList(ctx context.Context, tx pgx.Tx, slug string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('code list ' || $1))`, slug); err != nil {
		return fmt.Errorf("wait for code list %s: %w", slug, err)
	}
	return nil
}

// AddVersion adds the next version of a code list, and the list when it is new. No
// version may be in force before the one that it follows: ErrInvalid. It returns the version's number.
func AddVersion(ctx context.Context, tx pgx.Tx, l CodeList) (int, error) {
	if err := LockCodeList(ctx, tx, l.Slug); err != nil {
		return 0, err
	}
	last, err := ReadCodeList(ctx, tx, l.Slug, 0)
	switch {
	case haidang.CodeOf(err) == haidang.ErrNotFound:
	case err != nil:
		return 0, err
	case l.ValidFrom.Before(last.ValidFrom):
		return 0, haidang.RefuseField("validFrom", fmt.Sprintf("Phiên bản mới không được có hiệu lực trước phiên bản %d.", last.Version),
			fmt.Sprintf("A new version cannot be in force before version %d.", last.Version))
	}
	if l.Title == (haidang.Text{}) {
		l.Title = last.Title
	}
	l.Version = last.Version + 1
	return l.Version, WriteCodeList(ctx, tx, l)
}

// Versions lists the versions of a list, newest first, without their codes.
func Versions(ctx context.Context, db Querier, slug string) ([]CodeList, error) {
	rows, err := db.Query(ctx, `SELECT l.slug, l.title_vi, l.title_en, v.version, v.valid_from, v.source, v.note, v.recorded_at, v.recorded_by, '{}'::jsonb[], '{}'::jsonb[]
		FROM code_list l JOIN code_list_version v ON v.list = l.slug WHERE l.slug = $1 ORDER BY v.version DESC`, slug)
	if err != nil {
		return nil, fmt.Errorf("read versions of %s: %w", slug, err)
	}
	list, err := pgx.CollectRows(rows, scanList)
	if err != nil {
		return nil, fmt.Errorf("read versions of %s: %w", slug, err)
	}
	return list, nil
}
