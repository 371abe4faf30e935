package catalogue

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/postgres"
)

const selectLayers = `SELECT slug, kind, title_vi, title_en, description_vi, description_en, sector, theme, owner_agency, licence, update_rhythm,
	attribution, template, table_name, storage_srid, geometry_type, columns, key_columns, class_column, label_column, search_columns,
	min_zoom, max_zoom, zoom_bands, dated, coverage, simulated, style, review, topology, version, base_version, changed_at,
	(SELECT began FROM layer_clock k WHERE k.layer = slug),
	ARRAY(SELECT jsonb_strip_nulls(jsonb_build_object('verb', verb, 'grantee', grantee, 'units', nullif(units, '{}'), 'columns', nullif(r.columns, '{}'))) FROM layer_right r WHERE r.layer = slug ORDER BY verb, grantee)
	FROM layer `

func scanLayer(row pgx.CollectableRow) (l Layer, err error) {
	err = row.Scan(&l.Slug, &l.Kind, &l.Title.VI, &l.Title.EN, &l.Description.VI, &l.Description.EN, &l.Sector, &l.Theme, &l.Owner, &l.Licence, &l.UpdateRhythm,
		&l.Attribution, &l.Template, &l.Table, &l.SRID, &l.Geometry, &l.Columns, &l.Key, &l.Class, &l.Label, &l.Search,
		&l.MinZoom, &l.MaxZoom, &l.Bands, &l.Dated, &l.Coverage, &l.Simulated, &l.Style, &l.Review, &l.Topology, &l.Version, &l.BaseVersion, &l.ChangedAt, &l.HistoryFrom, &l.Rights)
	return l, err
}

// List returns all layers by slug.
func List(ctx context.Context, db Querier) ([]Layer, error) {
	rows, err := db.Query(ctx, selectLayers+`ORDER BY slug`)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanLayer)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return list, nil
}

// Get returns one layer, or ErrNotFound.
func Get(ctx context.Context, db Querier, slug haidang.LayerSlug) (Layer, error) {
	rows, err := db.Query(ctx, selectLayers+`WHERE slug = $1`, slug)
	if err != nil {
		return Layer{}, fmt.Errorf("read layer %s: %w", slug, err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, scanLayer)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, NotFound(slug)
	}
	if err != nil {
		return l, fmt.Errorf("read layer %s: %w", slug, err)
	}
	return l, nil
}

// Create makes a new layer: its entry, its rights, and for a vector layer its table,
// layer_<slug>. It returns ErrInvalid with the field, or ErrConflict when the slug is taken.
func Create(ctx context.Context, tx pgx.Tx, l Layer) error {
	l.Table = "layer_" + string(l.Slug)
	if err := l.Validate(); err != nil {
		return err
	}
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM layer WHERE slug = $1) OR to_regclass($2) IS NOT NULL`, l.Slug, l.Table).Scan(&taken); err != nil {
		return fmt.Errorf("look for layer %s: %w", l.Slug, err)
	}
	if taken {
		return &haidang.Error{Code: haidang.ErrConflict, Field: "slug", Text: haidang.Text{
			VI: fmt.Sprintf("Đã có lớp %s; hãy chọn mã khác.", l.Slug), EN: fmt.Sprintf("There is a layer %s already; choose another code.", l.Slug)}}
	}
	if err := Register(ctx, tx, l); err != nil {
		return err
	}
	if l.Kind == Raster {
		return nil
	}
	return createTable(ctx, tx, l)
}

// Register writes the entry of a layer whose table there is, or corrects it. Rights
// are given to a new layer only: afterwards they are its administrators' affair.
// Whoever keeps something made of the layer hears of it when anything is different.
func Register(ctx context.Context, tx pgx.Tx, l Layer) error {
	l = l.withDefaults()
	old, err := Get(ctx, tx, l.Slug)
	switch {
	case haidang.CodeOf(err) == haidang.ErrNotFound:
		if err := insertEntry(ctx, tx, l); err != nil {
			return err
		}
		if err := SetRights(ctx, tx, l.Slug, l.Rights); err != nil {
			return err
		}
		return indexSearch(ctx, tx, l)
	case err != nil:
		return err
	case reflect.DeepEqual(old, old.corrected(l)):
		return indexSearch(ctx, tx, old)
	}
	if err := indexSearch(ctx, tx, old.corrected(l)); err != nil {
		return err
	}
	if err := updateEntry(ctx, tx, old.corrected(l)); err != nil {
		return err
	}
	return Changed(ctx, tx, l.Slug)
}

// Adopt registers a layer unless its entry was made of the same template already: then
// it is its owner's affair what it says.
func Adopt(ctx context.Context, tx pgx.Tx, l Layer) error {
	old, err := Get(ctx, tx, l.Slug)
	if err == nil && old.Template == l.Template {
		return nil
	}
	if err != nil && haidang.CodeOf(err) != haidang.ErrNotFound {
		return err
	}
	return Register(ctx, tx, l)
}

// corrected is the entry with what it may say anew taken from l: not its name, owner
// and storage, nor its rights.
func (l Layer) corrected(by Layer) Layer {
	by.Slug, by.Kind, by.Owner, by.Table, by.SRID, by.Geometry, by.Dated, by.Simulated = l.Slug, l.Kind, l.Owner, l.Table, l.SRID, l.Geometry, l.Dated, l.Simulated
	by.Rights, by.Version, by.BaseVersion, by.ChangedAt, by.HistoryFrom = l.Rights, l.Version, l.BaseVersion, l.ChangedAt, l.HistoryFrom
	return by
}

func insertEntry(ctx context.Context, tx pgx.Tx, l Layer) error {
	_, err := tx.Exec(ctx, `INSERT INTO layer (slug, kind, title_vi, title_en, description_vi, description_en, sector, theme, owner_agency, licence, update_rhythm,
			attribution, template, table_name, storage_srid, geometry_type, columns, key_columns, class_column, label_column, search_columns,
			min_zoom, max_zoom, zoom_bands, dated, coverage, simulated, style, review, topology)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)`,
		l.Slug, l.Kind, l.Title.VI, l.Title.EN, l.Description.VI, l.Description.EN, l.Sector, l.Theme, l.Owner, l.Licence, l.UpdateRhythm,
		l.Attribution, l.Template, l.Table, l.SRID, l.Geometry, l.Columns, l.Key, l.Class, l.Label, l.Search,
		l.MinZoom, l.MaxZoom, l.Bands, l.Dated, l.Coverage, l.Simulated, l.Style, l.Review, l.Topology)
	if postgres.IsOrphan(err) {
		return noAgency(l.Owner)
	}
	if err != nil {
		return fmt.Errorf("write layer %s to the catalogue: %w", l.Slug, err)
	}
	return nil
}

func updateEntry(ctx context.Context, tx pgx.Tx, l Layer) error {
	_, err := tx.Exec(ctx, `UPDATE layer SET title_vi = $2, title_en = $3, description_vi = $4, description_en = $5, sector = $6, theme = $7, licence = $8,
			update_rhythm = $9, attribution = $10, template = $11, columns = $12, key_columns = $13, class_column = $14, label_column = $15,
			search_columns = $16, min_zoom = $17, max_zoom = $18, zoom_bands = $19, coverage = $20, style = $21, review = $22, topology = $23
		WHERE slug = $1`,
		l.Slug, l.Title.VI, l.Title.EN, l.Description.VI, l.Description.EN, l.Sector, l.Theme, l.Licence,
		l.UpdateRhythm, l.Attribution, l.Template, l.Columns, l.Key, l.Class, l.Label,
		l.Search, l.MinZoom, l.MaxZoom, l.Bands, l.Coverage, l.Style, l.Review, l.Topology)
	if err != nil {
		return fmt.Errorf("write layer %s to the catalogue: %w", l.Slug, err)
	}
	return nil
}

// Change does what the edit says to a layer that was read for update.
func Change(ctx context.Context, tx pgx.Tx, l Layer, e EntryEdit) error {
	owner := l.Owner
	l, err := l.Edited(e)
	if err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return err
	}
	if l.Owner != owner {
		if err := hand(ctx, tx, l.Slug, l.Owner); err != nil {
			return err
		}
	}
	if err := AddColumns(ctx, tx, l, e.AddColumns); err != nil {
		return err
	}
	return Update(ctx, tx, l)
}

// Update changes what an entry says: not its table, columns' types or storage. It
// replaces the rights.
func Update(ctx context.Context, tx pgx.Tx, l Layer) error {
	if err := l.Validate(); err != nil {
		return err
	}
	if err := Register(ctx, tx, l); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE layer SET changed_at = clock_timestamp() WHERE slug = $1`, l.Slug); err != nil {
		return fmt.Errorf("write layer %s: %w", l.Slug, err)
	}
	return SetRights(ctx, tx, l.Slug, l.Rights)
}

// SetRights replaces the rights on a layer.
func SetRights(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug, rights []Right) error {
	if _, err := tx.Exec(ctx, `DELETE FROM layer_right WHERE layer = $1`, slug); err != nil {
		return fmt.Errorf("write rights of layer %s: %w", slug, err)
	}
	for _, r := range rights {
		if err := checkGrantee(ctx, tx, r); err != nil {
			return err
		}
		if err := checkUnits(ctx, tx, r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO layer_right (layer, verb, grantee, units, columns) VALUES ($1, $2, $3, coalesce($4, '{}'::text[]), coalesce($5, '{}'::text[]))`,
			slug, r.Verb, r.Grantee, r.Units, r.Columns); err != nil {
			return fmt.Errorf("write rights of layer %s: %w", slug, err)
		}
	}
	return nil
}

// checkGrantee refuses a right for an account that does not exist: a name mistyped would
// let nobody in, or one day somebody else.
func checkGrantee(ctx context.Context, tx pgx.Tx, r Right) error {
	name, single := strings.CutPrefix(r.Grantee, "account:")
	if !single {
		return nil
	}
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM account WHERE name = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for an account: %w", err)
	}
	if !exists {
		return haidang.RefuseField("rights", fmt.Sprintf("Không có tài khoản %.60q.", name), fmt.Sprintf("There is no account %.60q.", name))
	}
	return nil
}

// checkUnits refuses a right that is bound to a unit which nobody knows: it would let
// nobody do anything.
func checkUnits(ctx context.Context, tx pgx.Tx, r Right) error {
	if len(r.Units) == 0 {
		return nil
	}
	var unknown *string
	if err := tx.QueryRow(ctx, `SELECT min(code) FROM unnest($1::text[]) AS code WHERE NOT EXISTS (SELECT FROM administrative_unit u WHERE u.code = code.code)`, r.Units).Scan(&unknown); err != nil {
		return fmt.Errorf("look for units: %w", err)
	}
	if unknown != nil {
		return haidang.RefuseField("rights", fmt.Sprintf("Không có đơn vị hành chính mã %.20q.", *unknown), fmt.Sprintf("There is no administrative unit with the code %.20q.", *unknown))
	}
	return nil
}

// Changed says that anything of the layers may be different once tx commits.
func Changed(ctx context.Context, tx pgx.Tx, slugs ...haidang.LayerSlug) error {
	if _, err := tx.Exec(ctx, `INSERT INTO layer_change (layer, rows) SELECT slug, 0 FROM layer WHERE slug = ANY($1)`, slugs); err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	return nil
}

// withDefaults turns what JSON and SQL distinguish and we do not: no list is an empty list.
func (l Layer) withDefaults() Layer {
	if l.Kind == "" {
		l.Kind = Vector
	}
	if l.Review == "" {
		l.Review = ReviewNone
	}
	for _, list := range []*[]string{&l.Key, &l.Search} {
		if *list == nil {
			*list = []string{}
		}
	}
	if l.Bands == nil {
		l.Bands = []int16{}
	}
	if l.Columns == nil {
		l.Columns = []Column{}
	}
	if l.Topology == nil {
		l.Topology = Topology{}
	}
	return l
}

// createTable makes the table of a layer, as every vector layer has it.
func createTable(ctx context.Context, tx pgx.Tx, l Layer) error {
	table := pgx.Identifier{l.Table}.Sanitize()
	sql := fmt.Sprintf(`CREATE TABLE %s (fid bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, row_version bigint NOT NULL DEFAULT 1`, table)
	for _, c := range l.Columns {
		sql += fmt.Sprintf(", %s %s", pgx.Identifier{c.Name}.Sanitize(), sqlTypes[c.Type])
		if c.Required {
			sql += " NOT NULL"
		}
	}
	if l.Dated {
		sql += ", period daterange NOT NULL DEFAULT '(,)'"
	}
	sql += fmt.Sprintf(", geom geometry(%s, %d) NOT NULL, geom_3857 geometry(%[1]s, 3857) NOT NULL)", l.Geometry, l.SRID)
	if _, err := tx.Exec(ctx, sql); err != nil {
		return fmt.Errorf("make the table of layer %s: %w", l.Slug, err)
	}
	if _, err := tx.Exec(ctx, `SELECT watch_layer($1, $2::regclass), watch_parts($1, $2::regclass), record_layer($1, $2::regclass)`, string(l.Slug), table); err != nil {
		return fmt.Errorf("watch the table of layer %s: %w", l.Slug, err)
	}
	return indexSearch(ctx, tx, l)
}

// Drop removes a layer with all its features. It returns ErrNotFound. What is drawn in
// bands, the base map, cannot be dropped: ErrForbidden.
func Drop(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug) error {
	l, err := Get(ctx, tx, slug)
	if err != nil {
		return err
	}
	if l.Table != "layer_"+string(l.Slug) {
		return haidang.Refuse(haidang.ErrForbidden, "Lớp nền của bản đồ không xoá được.", "A layer of the base map cannot be removed.")
	}
	if l.Kind == Vector {
		if err := lockAlone(ctx, tx, l); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM layer WHERE slug = $1`, slug); err != nil {
		return fmt.Errorf("remove layer %s: %w", slug, err)
	}
	if l.Kind == Vector {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`DROP TABLE %s, %s`, pgx.Identifier{l.Table}.Sanitize(), l.History())); err != nil {
			return fmt.Errorf("remove the table of layer %s: %w", slug, err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM layer_clock WHERE layer = $1`, slug); err != nil {
			return fmt.Errorf("remove the clock of layer %s: %w", slug, err)
		}
	}
	_, err = tx.Exec(ctx, `SELECT pg_notify('haidang_places', '')`)
	return err
}

// Counts returns about how many features each layer has, as the database last
// counted by itself; -1 where it never did.
func Counts(ctx context.Context, db Querier) (map[haidang.LayerSlug]int64, error) {
	rows, err := db.Query(ctx, `SELECT slug, coalesce(c.reltuples, -1)::bigint FROM layer LEFT JOIN pg_class c ON c.oid = to_regclass(quote_ident(table_name))`)
	if err != nil {
		return nil, fmt.Errorf("count features: %w", err)
	}
	counts := map[haidang.LayerSlug]int64{}
	var slug haidang.LayerSlug
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&slug, &n}, func() error { counts[slug] = n; return nil })
	return counts, err
}
