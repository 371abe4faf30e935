package imports

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Provenance is one applied import of a layer.
type Provenance struct {
	Layer       haidang.LayerSlug   `json:"layer"`
	Import      int64               `json:"import"`
	At          time.Time           `json:"at"`
	By          haidang.AccountName `json:"by"`
	FileName    string              `json:"fileName"`
	FileSize    int64               `json:"fileSize"`
	SHA256      string              `json:"sha256"`
	SourceLayer string              `json:"sourceLayer"`
	CRS         string              `json:"crs"`
	Swapped     bool                `json:"swapped"`
	Encoding    string              `json:"encoding"`
	Features    int64               `json:"features"`
	Added       int64               `json:"added"`
	Changed     int64               `json:"changed"`
	Deleted     int64               `json:"deleted"`
	Same        int64               `json:"same"`
	Refused     int64               `json:"refused"`
	Mended      int64               `json:"mended"`
}

// Provenance returns where what the layer holds came from, newest first.
func (im *Importer) Provenance(ctx context.Context, layer haidang.LayerSlug, limit int) ([]Provenance, error) {
	rows, err := im.pool.Query(ctx, `SELECT layer, import, at, by_account, file_name, file_size, sha256, source_layer, crs, swapped, encoding,
		features, added, changed, deleted, same, refused, mended FROM layer_provenance WHERE layer = $1 ORDER BY at DESC LIMIT $2`, layer, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Provenance, err error) {
		var sum []byte
		err = row.Scan(&p.Layer, &p.Import, &p.At, &p.By, &p.FileName, &p.FileSize, &sum, &p.SourceLayer, &p.CRS, &p.Swapped, &p.Encoding,
			&p.Features, &p.Added, &p.Changed, &p.Deleted, &p.Same, &p.Refused, &p.Mended)
		p.SHA256 = hex.EncodeToString(sum)
		return p, err
	})
}
