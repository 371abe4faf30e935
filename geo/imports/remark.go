package imports

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
)

// Remark is what checking has to say about one feature.
type Remark struct {
	Feature int64        `json:"feature" doc:"1 is the first in the file"`
	Kind    string       `json:"kind" enum:"refused,mended"`
	Field   string       `json:"field" doc:"The column at fault; empty for the geometry"`
	Key     string       `json:"key" doc:"What names the feature for people"`
	Text    haidang.Text `json:"text"`
}

// The kinds of remarks.
const (
	refused = "refused"
	mended  = "mended"
)

// mostRemarks ends a check that goes nowhere: a file whose every feature is refused
// was read in the wrong way.
const mostRemarks = 200_000

// notebook writes remarks in batches.
type notebook struct {
	pool   *pgxpool.Pool
	ctx    context.Context //nolint:containedctx // for one check
	id     int64
	page   []Remark
	number int
}

const pageSize = 2000

func (n *notebook) add(r Remark) error {
	if n.number++; n.number > mostRemarks {
		return haidang.RefuseField("file", "Quá nhiều đối tượng bị từ chối; có lẽ tệp được đọc sai cách. Đã dừng kiểm tra.",
			"Too many features are refused; perhaps the file is read in the wrong way. The check was stopped.")
	}
	if n.page = append(n.page, r); len(n.page) < pageSize {
		return nil
	}
	return n.flush()
}

func (n *notebook) flush() error {
	_, err := n.pool.CopyFrom(n.ctx, pgx.Identifier{"layer_import_remark"}, []string{"import", "feature", "kind", "field", "key", "text_vi", "text_en"},
		pgx.CopyFromSlice(len(n.page), func(i int) ([]any, error) {
			r := n.page[i]
			return []any{n.id, r.Feature, r.Kind, r.Field, clip(r.Key, 200), r.Text.VI, r.Text.EN}, nil
		}))
	n.page = n.page[:0]
	return err
}

// Remarks returns remarks of a kind ("" for all) on features after one, by feature: up
// to limit, and the rest of those on the last feature, so that a page never parts them.
func (im *Importer) Remarks(ctx context.Context, id int64, kind string, after int64, limit int) ([]Remark, error) {
	rows, err := im.pool.Query(ctx, `SELECT * FROM (SELECT feature, kind, field, key, text_vi, text_en FROM layer_import_remark
		WHERE import = $1 AND ($2 = '' OR kind = $2) AND feature > $3 ORDER BY feature FETCH FIRST $4 ROWS WITH TIES) page ORDER BY feature, kind, field`, id, kind, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Remark, err error) {
		err = row.Scan(&r.Feature, &r.Kind, &r.Field, &r.Key, &r.Text.VI, &r.Text.EN)
		return r, err
	})
}
