package imports

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Preview is some of the staged features, for the map.
type Preview struct {
	Type     string            `json:"type" enum:"FeatureCollection"`
	Features []json.RawMessage `json:"features" doc:"GeoJSON in WGS 84; property kind is added, changed or same"`
	More     bool              `json:"more" doc:"There are more in the box than are shown"`
}

// mostPreviewed keeps a preview light enough for a page.
const mostPreviewed = 2000

// Preview returns staged features within a box (west, south, east, north in degrees;
// nil: anywhere), with what would become of each.
func (im *Importer) Preview(ctx context.Context, id int64, box *[4]float64, limit int) (Preview, error) {
	p := Preview{Type: "FeatureCollection", Features: []json.RawMessage{}}
	i, err := im.Get(ctx, id)
	if err != nil {
		return p, err
	}
	if i.State != Checked || i.Report == nil {
		return p, haidang.Refuse(haidang.ErrConflict, "Chưa kiểm tra xong nên chưa có gì để xem trước.", "There is nothing to preview before the check.")
	}
	limit = min(max(limit, 1), mostPreviewed)
	kind, join := "'added'", ""
	if !i.Report.Fresh {
		kind, join = "coalesce(c.kind, 'same')", fmt.Sprintf("LEFT JOIN %s c ON c.n = s.n", changeTable(id))
	}
	where, args := "true", []any{limit + 1}
	if box != nil {
		where = "s.geom && ST_Transform(ST_MakeEnvelope($2, $3, $4, $5, 4326), ST_SRID(s.geom))"
		args = append(args, box[0], box[1], box[2], box[3])
	}
	rows, err := im.pool.Query(ctx, fmt.Sprintf(`SELECT jsonb_build_object('type', 'Feature', 'id', s.n, 'geometry', ST_AsGeoJSON(ST_Transform(s.geom, 4326), 7)::jsonb,
			'properties', to_jsonb(s) - 'geom' - 'n' || jsonb_build_object('kind', %s))::text
		FROM %s s %s WHERE %s AND ST_NPoints(s.geom) <= 20000 LIMIT $1`, kind, stageTable(id), join, where), args...)
	if err != nil {
		return p, err
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if p.More = len(texts) > limit; p.More {
		texts = texts[:limit]
	}
	for _, t := range texts {
		p.Features = append(p.Features, json.RawMessage(t))
	}
	return p, err
}
