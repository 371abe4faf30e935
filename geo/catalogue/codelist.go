package catalogue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// CodeList is one version of a shared list of codes. A version never changes.
type CodeList struct {
	Slug       string       `json:"slug"`
	Title      haidang.Text `json:"title"`
	Version    int          `json:"version"`
	ValidFrom  time.Time    `json:"validFrom"` // date
	Source     string       `json:"source"`    // the decree or circular, or who says so
	Note       string       `json:"note"`
	RecordedAt time.Time    `json:"recordedAt"`
	RecordedBy string       `json:"recordedBy"`
	Codes      []Code       `json:"codes"` // in the order of the screen
	Withdrawn  []Code       `json:"withdrawn,omitempty" doc:"Codes of earlier versions that this one lacks, as they were last named: features may still hold them"`
}

// Code is one term of a list.
type Code struct {
	Code   string       `json:"code"`
	Label  haidang.Text `json:"label"`
	Colour string       `json:"colour,omitempty"` // #rrggbb
	Parent string       `json:"parent,omitempty"` // code of the wider term
}

// Find returns the code's entry.
func (l CodeList) Find(code string) (Code, bool) { return find(l.Codes, code) }

// FindWithdrawn returns the entry that a code had before it was withdrawn.
func (l CodeList) FindWithdrawn(code string) (Code, bool) { return find(l.Withdrawn, code) }

func find(codes []Code, code string) (Code, bool) {
	for _, c := range codes {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}

// ETag names the version, for whoever adds the next one.
func (l CodeList) ETag() string { return fmt.Sprintf(`"%d"`, l.Version) }

// WriteCodeList adds a version of a list, the list itself when it is new. A version
// that is there already stays as it is.
func WriteCodeList(ctx context.Context, tx pgx.Tx, l CodeList) error {
	if err := l.check(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO code_list VALUES ($1, $2, $3) ON CONFLICT (slug) DO UPDATE SET title_vi = excluded.title_vi, title_en = excluded.title_en
		WHERE (code_list.title_vi, code_list.title_en) IS DISTINCT FROM (excluded.title_vi, excluded.title_en)`, l.Slug, l.Title.VI, l.Title.EN)
	if err != nil {
		return fmt.Errorf("write code list %s: %w", l.Slug, err)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO code_list_version (list, version, valid_from, source, note, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, l.Slug, l.Version, l.ValidFrom, l.Source, l.Note, l.RecordedBy)
	if err != nil {
		return fmt.Errorf("write code list %s: %w", l.Slug, err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for i, c := range l.Codes {
		batch.Queue(`INSERT INTO code_list_item VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, l.Slug, l.Version, c.Code, i+1, c.Label.VI, c.Label.EN, c.Colour, c.Parent)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write code list %s: %w", l.Slug, err)
	}
	return nil
}

// Bounds of a list; those of text in bytes.
const (
	maxCodes = 5000
	maxCode  = 60
	maxLabel = 400
)

func (l CodeList) check() error {
	seen := map[string]bool{}
	switch {
	case !slugForm.MatchString(l.Slug):
		return haidang.RefuseField("slug", "Mã danh mục gồm chữ thường không dấu, số và gạch dưới.", "A list's code is lower-case letters, digits and underscores.")
	case l.Title.VI == "" || l.Title.EN == "":
		return haidang.RefuseField("title", "Danh mục cần tên tiếng Việt và tiếng Anh.", "A list needs a title in Vietnamese and in English.")
	case l.Source == "":
		return haidang.RefuseField("source", "Hãy ghi căn cứ của danh mục: văn bản hoặc người ban hành.", "Say where the list comes from: the document, or who issued it.")
	case l.Version < 1 || len(l.Codes) == 0 || len(l.Codes) > maxCodes:
		return haidang.RefuseField("codes", fmt.Sprintf("Danh mục có từ 1 đến %d mã.", maxCodes), fmt.Sprintf("A list has 1 to %d codes.", maxCodes))
	}
	for _, c := range l.Codes {
		if len(c.Code) > maxCode || len(c.Parent) > maxCode || len(c.Label.VI) > maxLabel || len(c.Label.EN) > maxLabel {
			return haidang.RefuseField("codes."+c.Code, fmt.Sprintf("Mã %.60q quá dài: mã tối đa %d byte, tên tối đa %d byte.", c.Code, maxCode, maxLabel),
				fmt.Sprintf("The code %.60q is too long: at most %d bytes, its label %d.", c.Code, maxCode, maxLabel))
		}
		if c.Code == "" || seen[c.Code] || c.Label.VI == "" || !colourForm.MatchString(c.Colour) {
			return haidang.RefuseField("codes."+c.Code, fmt.Sprintf("Mã %q trống, trùng, thiếu tên hoặc có màu không ở dạng #rrggbb.", c.Code),
				fmt.Sprintf("The code %q is empty, there twice, without a label, or has a colour not of the form #rrggbb.", c.Code))
		}
		seen[c.Code] = true
	}
	return nil
}

const selectLists = `SELECT l.slug, l.title_vi, l.title_en, v.version, v.valid_from, v.source, v.note, v.recorded_at, v.recorded_by,
	ARRAY(SELECT jsonb_build_object('code', i.code, 'label', jsonb_build_object('vi', i.label_vi, 'en', i.label_en), 'colour', i.colour, 'parent', i.parent)
		FROM code_list_item i WHERE i.list = v.list AND i.version = v.version ORDER BY i.position),
	ARRAY(SELECT DISTINCT ON (i.code) jsonb_build_object('code', i.code, 'label', jsonb_build_object('vi', i.label_vi, 'en', i.label_en), 'colour', i.colour, 'parent', i.parent)
		FROM code_list_item i JOIN code_list_version w USING (list, version)
		WHERE i.list = v.list AND (w.valid_from, w.version) < (v.valid_from, v.version)
			AND NOT EXISTS (SELECT FROM code_list_item now WHERE now.list = v.list AND now.version = v.version AND now.code = i.code)
		ORDER BY i.code, w.valid_from DESC, w.version DESC)
	FROM code_list l JOIN code_list_version v ON v.list = l.slug `

func scanList(row pgx.CollectableRow) (l CodeList, err error) {
	err = row.Scan(&l.Slug, &l.Title.VI, &l.Title.EN, &l.Version, &l.ValidFrom, &l.Source, &l.Note, &l.RecordedAt, &l.RecordedBy, &l.Codes, &l.Withdrawn)
	return l, err
}

// CodeLists returns of every list the version in force on the day, by slug. A list
// that is not in force yet is not among them.
func CodeLists(ctx context.Context, db Querier, day time.Time) ([]CodeList, error) {
	rows, err := db.Query(ctx, selectLists+`WHERE v.version = (SELECT w.version FROM code_list_version w WHERE w.list = l.slug AND w.valid_from <= $1
		ORDER BY w.valid_from DESC, w.version DESC LIMIT 1) ORDER BY l.slug`, day)
	if err != nil {
		return nil, fmt.Errorf("read code lists: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanList)
	if err != nil {
		return nil, fmt.Errorf("read code lists: %w", err)
	}
	return list, nil
}

// BySlug holds each list under its slug.
func BySlug(lists []CodeList) map[string]CodeList {
	found := make(map[string]CodeList, len(lists))
	for _, l := range lists {
		found[l.Slug] = l
	}
	return found
}

// CodeListOn returns the version of a list that is in force on the day. ErrNotFound:
// there is none, or none yet.
func CodeListOn(ctx context.Context, db Querier, slug string, day time.Time) (CodeList, error) {
	var version int
	err := db.QueryRow(ctx, `SELECT version FROM code_list_version WHERE list = $1 AND valid_from <= $2 ORDER BY valid_from DESC, version DESC LIMIT 1`, slug, day).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return CodeList{}, haidang.Refuse(haidang.ErrNotFound, "Không có danh mục "+slug+" có hiệu lực ngày "+day.Format(time.DateOnly)+".", "There is no code list "+slug+" in force on "+day.Format(time.DateOnly)+".")
	}
	if err != nil {
		return CodeList{}, fmt.Errorf("read code list %s: %w", slug, err)
	}
	return ReadCodeList(ctx, db, slug, version)
}

// ReadCodeList returns one version of a list; version 0 is the newest. ErrNotFound.
func ReadCodeList(ctx context.Context, db Querier, slug string, version int) (CodeList, error) {
	rows, err := db.Query(ctx, selectLists+`WHERE l.slug = $1 AND ($2 = 0 OR v.version = $2) ORDER BY v.version DESC LIMIT 1`, slug, version)
	if err != nil {
		return CodeList{}, fmt.Errorf("read code list %s: %w", slug, err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, scanList)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, haidang.Refuse(haidang.ErrNotFound, "Không có danh mục "+slug+" hoặc phiên bản ấy.", "There is no code list "+slug+", or no such version of it.")
	}
	if err != nil {
		return l, fmt.Errorf("read code list %s: %w", slug, err)
	}
	return l, nil
}
