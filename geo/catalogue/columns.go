package catalogue

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang"
)

// Blank is a layer with nothing said ahead: seen by staff, kept by its owner, stored in
// the zone of the province's cadastre.
func Blank(slug haidang.LayerSlug, owner haidang.AgencyCode, geometry string) Layer {
	l := template("", haidang.SectorLand, "", "", geometry, 8, 18).Layer
	l.Slug, l.Owner, l.Rights = slug, owner, StaffRights(owner)
	return l
}

// AddColumns gives the table of a layer columns that its entry is about to name.
// ErrInvalid for a required one, for features that are there already would have nothing
// in it; ErrUnavailable while somebody reads the layer for long.
func AddColumns(ctx context.Context, tx pgx.Tx, l Layer, columns []Column) error {
	if len(columns) == 0 {
		return nil
	}
	if l.Kind != Vector || !l.Own() {
		return haidang.RefuseField("addColumns", "Lớp này không có bảng thuộc tính của riêng nó.", "This layer has no table of attributes of its own.")
	}
	if err := CheckLists(ctx, tx, columns); err != nil {
		return err
	}
	if err := lockAlone(ctx, tx, l); err != nil {
		return err
	}
	for _, c := range columns {
		if c.Required {
			return haidang.RefuseField("columns."+c.Name, fmt.Sprintf("Cột %s thêm sau không thể bắt buộc: các đối tượng đã có chưa có giá trị.", c.Name),
				fmt.Sprintf("Column %s is added later and cannot be required: the features that are there have nothing in it.", c.Name))
		}
		sql := fmt.Sprintf(`ALTER TABLE %[1]s ADD COLUMN %[3]s %[4]s; ALTER TABLE %[2]s ADD COLUMN %[3]s %[4]s`,
			pgx.Identifier{l.Table}.Sanitize(), l.History(), pgx.Identifier{c.Name}.Sanitize(), sqlTypes[c.Type])
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("add column %s to layer %s: %w", c.Name, l.Slug, err)
		}
	}
	return nil
}

// CheckLists returns ErrInvalid for a column whose code list is not there.
func CheckLists(ctx context.Context, db Querier, columns []Column) error {
	for _, c := range columns {
		if c.Type != CodeType {
			continue
		}
		var there bool
		if err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM code_list WHERE slug = $1)`, c.CodeList).Scan(&there); err != nil {
			return fmt.Errorf("look for code list %s: %w", c.CodeList, err)
		}
		if !there {
			return haidang.RefuseField("columns."+c.Name, fmt.Sprintf("Cột %s: không có danh mục %.60q.", c.Name, c.CodeList), fmt.Sprintf("Column %s: there is no code list %.60q.", c.Name, c.CodeList))
		}
	}
	return nil
}
