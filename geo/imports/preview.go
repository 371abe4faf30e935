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
	Left     int64             `json:"left" doc:"How many others in the box are left out"`
	More     bool              `json:"more" doc:"There are more than left says"`
}

// A preview is kept light enough for a page: 3 MB at the most.
const (
	mostPreviewed = 2000
	mostVertices  = 100_000
	mostCounted   = 20_000 // features looked at in the box
)

func notChecked() error {
	return haidang.Refuse(haidang.ErrConflict, "Chưa kiểm tra xong nên chưa có gì để xem trước.", "There is nothing to preview before the check.")
}

// Preview returns staged features within a box (west, south, east, north in degrees;
// nil: anywhere), with what would become of each.
func (im *Importer) Preview(ctx context.Context, id int64, box *[4]float64, limit int) (Preview, error) {
	p := Preview{Type: "FeatureCollection", Features: []json.RawMessage{}}
	i, err := im.Get(ctx, id)
	if err != nil {
		return p, err
	}
	if i.State != Checked || i.Report == nil || i.Report.Picture != nil {
		return p, notChecked()
	}
	where, args := "true", []any{min(max(limit, 1), mostPreviewed), mostVertices, mostCounted + 1}
	if box != nil {
		where = "geom && ST_Transform(ST_MakeEnvelope($4, $5, $6, $7, 4326), ST_SRID(geom))"
		args = append(args, box[0], box[1], box[2], box[3])
	}
	rows, err := im.pool.Query(ctx, previewSQL(id, i.Report.Fresh, where), args...)
	if err != nil {
		return p, err
	}
	var text *string
	_, err = pgx.ForEachRow(rows, []any{&p.Left, &text}, func() error {
		if text != nil {
			p.Features = append(p.Features, json.RawMessage(*text))
		}
		return nil
	})
	p.More = p.Left > mostCounted
	p.Left = min(p.Left, mostCounted) - int64(len(p.Features))
	return p, err
}

// previewSQL counts the features in the box and takes as many of them as the bounds
// on number and vertices allow, those of many vertices last.
func previewSQL(id int64, fresh bool, where string) string {
	kind, join := "'added'", ""
	if !fresh {
		kind, join = "coalesce(c.kind, 'same')", fmt.Sprintf("LEFT JOIN %s c ON c.n = k.n", changeTable(id))
	}
	return fmt.Sprintf(`WITH box AS MATERIALIZED (SELECT n, ST_NPoints(geom) AS size, geom FROM %s WHERE %s LIMIT $3),
		kept AS (SELECT n, geom, row_number() OVER w AS turn, sum(size) OVER w AS sum FROM box WINDOW w AS (ORDER BY size > 5000, n))
		SELECT (SELECT count(*) FROM box), CASE WHEN k.n IS NOT NULL THEN jsonb_build_object('type', 'Feature', 'id', k.n,
			'geometry', ST_AsGeoJSON(ST_Transform(k.geom, 4326), 7)::jsonb, 'properties', jsonb_build_object('kind', %s))::text END
		FROM (VALUES (0)) AS one LEFT JOIN kept k ON k.turn <= $1 AND k.sum <= $2 %s`, stageTable(id), where, kind, join)
}
