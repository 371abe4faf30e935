package imports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/audit"
	"haidang/internal/postgres"
)

// lockPatience is how long applying waits for others who write to the layer.
const lockPatience = "10s"

// apply changes the layer as the report says, all or nothing.
func (im *Importer) apply(ctx context.Context, i Import, p plan, tell Teller) error {
	tell("apply", 0, i.Report.Added+i.Report.Changed)
	tx, err := im.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '`+lockPatience+`'; SET LOCAL work_mem = '64MB'`); err != nil {
		return err
	}
	if err := changesets.Attribute(ctx, tx, changesets.FromImport, i.By, i.FileName); err != nil {
		return err
	}
	if err := im.hold(ctx, tx, i, p); err != nil {
		return err
	}
	deleted, err := write(ctx, tx, i, p)
	if err != nil {
		return explain(err)
	}
	tell("record", 0, 0)
	if _, err := tx.Exec(ctx, `SET CONSTRAINTS layer_change_numbered IMMEDIATE`); err != nil { // the catalogue's lock before the audit log's, as everywhere
		return explain(err)
	}
	if err := remember(ctx, tx, i, p, deleted); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	tell("done", 1, 1)
	return nil
}

// hold makes the new layer, or locks the one there is and wants it and the stage to
// be as they were when the difference was taken. An overview that was drawn meanwhile,
// or a title in the catalogue, is no change of either.
func (im *Importer) hold(ctx context.Context, tx pgx.Tx, i Import, p plan) error {
	var staged int64
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+stageTable(i.ID)).Scan(&staged); err != nil || staged != i.Report.Fine {
		return haidang.Refuse(haidang.ErrConflict, "Dữ liệu tạm của lần kiểm tra không còn (máy chủ dữ liệu đã khởi động lại). Hãy kiểm tra lại.",
			"What the check prepared is gone (the database was restarted). Check again.")
	}
	if err := im.roomForTable(ctx, tx, stageTable(i.ID)); err != nil {
		return err
	}
	if !p.exists {
		return catalogue.Create(ctx, tx, p.layer)
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE `+pgx.Identifier{p.layer.Table}.Sanitize()+` IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return explain(err)
	}
	origin, err := catalogue.Origin(ctx, tx, p.layer)
	if err != nil {
		return err
	}
	var moved bool
	if err := tx.QueryRow(ctx, `SELECT rows_version > $2 FROM layer WHERE slug = $1`, p.layer.Slug, i.LayerVersion).Scan(&moved); err != nil {
		return err
	}
	if moved || origin != i.Report.Origin || !slices.Equal(p.report().Mapped, i.Report.Mapped) { // features, the columns that they go into, or the layer made anew
		return haidang.Refuse(haidang.ErrConflict, "Lớp đã thay đổi từ lúc so sánh. Hãy kiểm tra lại để xem khác biệt mới.",
			"The layer has changed since it was compared. Check again to see the difference as it is now.")
	}
	return nil
}

// write deletes, changes and adds, in this order: a key may wander.
func write(ctx context.Context, tx pgx.Tx, i Import, p plan) (deleted int64, err error) {
	table, stage, change := pgx.Identifier{p.layer.Table}.Sanitize(), stageTable(i.ID), changeTable(i.ID)
	var sets []string
	for _, c := range p.into {
		name := pgx.Identifier{c.Name}.Sanitize()
		sets = append(sets, fmt.Sprintf("%s = s.%[1]s", name))
	}
	if p.dated != nil {
		sets = append(sets, "period = s.period")
	}
	sets = append(sets, "geom = s.geom")
	if i.Report.Fresh {
		fill := func() error {
			_, err := tx.Exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s s ORDER BY n`, table, bare(p, ""), bare(p, "s."), stage))
			return err
		}
		if p.exists { // others read it meanwhile
			return 0, fill()
		}
		return 0, indexAfter(ctx, tx, table, fill)
	}
	if i.Options.DeleteGone && i.Report.Gone > 0 {
		tag, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %s l USING %s c WHERE c.kind = 'gone' AND l.fid = c.fid`, table, change))
		if err != nil {
			return 0, err
		}
		deleted = tag.RowsAffected()
	}
	if i.Report.Changed > 0 {
		_, err = tx.Exec(ctx, fmt.Sprintf(`UPDATE %s l SET %s FROM %s c JOIN %s s ON s.n = c.n WHERE c.kind = 'changed' AND l.fid = c.fid`, table, strings.Join(sets, ", "), change, stage))
	}
	if err == nil && i.Report.Added > 0 {
		_, err = tx.Exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s c JOIN %s s ON s.n = c.n WHERE c.kind = 'added' ORDER BY s.n`, table, bare(p, ""), bare(p, "s."), change, stage))
	}
	return deleted, err
}

// bare lists the columns that are written.
func bare(p plan, prefix string) string {
	return strings.TrimPrefix(names(p, prefix)+", "+prefix+"geom", ", ")
}

// remember keeps where the rows came from, and ends the import.
func remember(ctx context.Context, tx pgx.Tx, i Import, p plan, deleted int64) error {
	r := i.Report
	_, err := tx.Exec(ctx, `INSERT INTO layer_provenance (layer, import, by_account, file_name, file_size, sha256, source_layer, crs, swapped, encoding,
			features, added, changed, deleted, same, refused, mended, options) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		p.layer.Slug, i.ID, i.By, i.FileName, i.FileSize, i.sha, p.source.Name, r.CRS, r.Swapped, r.Encoding,
		r.Read, r.Added, r.Changed, deleted, r.Same, r.Refused, r.Mended, i.Options)
	if err != nil {
		return fmt.Errorf("keep where it came from: %w", err)
	}
	if err := over(ctx, tx, i.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: i.By, Action: "layer.import", Object: "layer/" + string(p.layer.Slug), Detail: map[string]any{
		"import": i.ID, "file": i.FileName, "sha256": i.SHA256, "added": r.Added, "changed": r.Changed, "deleted": deleted, "refused": r.Refused}})
}

// over ends an import, unless somebody has cancelled it.
func over(ctx context.Context, tx pgx.Tx, id int64) error {
	tag, err := tx.Exec(ctx, `UPDATE layer_import SET state = 'applied', text_vi = '', text_en = '', updated_at = now() WHERE id = $1 AND state = 'applying'`, id)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return haidang.Refuse(haidang.ErrConflict, "Lần nhập đã bị huỷ khi đang ghi; không ghi gì.", "The import was cancelled while it was applied; nothing was.")
	}
	return nil
}

// explain turns what the database will not hold into a sentence.
func explain(err error) error {
	if postgres.IsLocked(err) {
		return haidang.Refuse(haidang.ErrConflict, "Có người đang sửa lớp này; hãy thử lại sau ít phút.", "Somebody is writing to this layer; try again in some minutes.")
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch e.Code {
	case "23505", "23514", "23502", "22023":
		refusal := haidang.RefuseField(e.ColumnName, "Lớp không nhận dữ liệu: "+e.Message+" "+e.Detail, "The layer does not take the data: "+e.Message+" "+e.Detail)
		refusal.Cause = err
		return refusal
	}
	return err
}
