package tiles

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb/encoding/wkb"

	"haidang"
)

// news is what one look at the database found of a layer.
type news struct {
	version, base int64
	table         uint32 // identity of the layer's table: another one of the same name has another
	first, last   int    // the layer's zooms
	changes       []change
}

// wide reports whether one of the changes may be anywhere: of data or of the entry itself.
func (n news) wide() bool {
	for _, c := range n.changes {
		if c.wide {
			return true
		}
	}
	return false
}

// maxShapeVertices is from how many vertices on a change is read as the boxes of its parts.
const maxShapeVertices = 300_000

// readNews returns of each vector layer what is newer than what is known of it, all of
// one moment. A change of the layer's own rows shows where tiles are cut from them; what
// overviews show changes with rows of theirs.
func readNews(ctx context.Context, tx pgx.Tx, known layers) (map[haidang.LayerSlug]*news, error) {
	var slugs []string
	var versions []int64
	for slug, l := range known {
		version, _ := l.ledger.known()
		slugs, versions = append(slugs, string(slug)), append(versions, version)
	}
	rows, err := tx.Query(ctx, `
		SELECT l.slug, l.version, l.base_version, coalesce(to_regclass(quote_ident(l.table_name))::oid, 0)::bigint, l.min_zoom, l.max_zoom,
			c.version, CASE WHEN c.rows > 0 AND o.built_version IS NOT NULL THEN greatest(c.from_zoom, o.live_from) ELSE c.from_zoom END, c.to_zoom,
			ST_AsBinary(CASE WHEN ST_NPoints(c.geom) <= $3 THEN c.geom
				ELSE (SELECT ST_Collect(ST_Envelope(part.geom)) FROM ST_Dump(c.geom) part) END)
		FROM layer l LEFT JOIN overview_state o ON o.layer = l.slug LEFT JOIN layer_change c ON c.layer = l.slug
			AND c.version > greatest(l.base_version, (SELECT k.version FROM unnest($1::text[], $2::bigint[]) k (slug, version) WHERE k.slug = l.slug))
		WHERE l.kind = 'vector' ORDER BY l.slug, c.version`, slugs, versions, maxShapeVertices)
	if err != nil {
		return nil, fmt.Errorf("read changes of layers: %w", err)
	}
	found := map[haidang.LayerSlug]*news{}
	var slug haidang.LayerSlug
	var n news
	var table int64
	var version *int64
	var first, last *int
	var shape []byte
	_, err = pgx.ForEachRow(rows, []any{&slug, &n.version, &n.base, &table, &n.first, &n.last, &version, &first, &last, &shape}, func() error {
		if found[slug] == nil {
			found[slug] = &news{version: n.version, base: n.base, table: uint32(table), first: n.first, last: n.last}
		}
		if version != nil {
			found[slug].changes = append(found[slug].changes, newChange(*version, shape, max(n.first, *first), min(n.last, *last)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read changes of layers: %w", err)
	}
	return found, nil
}

// newChange finds out where a change shows; one whose shape cannot be read may be anywhere.
func newChange(version int64, shape []byte, first, last int) change {
	first = min(first, last) // a change beyond the layer's last zoom shows there
	c := change{version: version, cover: everything(first, last), wide: true}
	if shape == nil {
		return c
	}
	geometry, err := wkb.Unmarshal(shape)
	if err != nil {
		slog.Warn("tiles: a change has no readable shape; the whole layer is drawn anew", "version", version, "error", err)
		return c
	}
	return change{version: version, cover: coverOf(geometry, first, last), bound: geometry.Bound()}
}

// identify names the database: a copy of it, and one put back from an older day, are
// others, in which the same numbers of versions may mean something else.
func identify(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	var name string
	err := pool.QueryRow(ctx, `SELECT concat_ws('/', s.system_identifier, c.timeline_id, d.oid)
		FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()`).Scan(&name)
	if err != nil {
		return "", fmt.Errorf("identify the database: %w", err)
	}
	return name, nil
}
