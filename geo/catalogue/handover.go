package catalogue

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/internal/postgres"
)

// handedTo is the layer with another owner, who has the rights that the one before had as
// an agency. What others were given stays.
func (l Layer) handedTo(owner haidang.AgencyCode) Layer {
	before, after := "agency:"+string(l.Owner), "agency:"+string(owner)
	l.Owner = owner
	l.Rights = slices.DeleteFunc(slices.Clone(l.Rights), func(r Right) bool { return r.Grantee == after })
	for i, r := range l.Rights {
		if r.Grantee == before {
			l.Rights[i].Grantee = after
		}
	}
	return l
}

// hand writes the owner of a layer. ErrInvalid: there is no such agency.
func hand(ctx context.Context, tx pgx.Tx, slug haidang.LayerSlug, owner haidang.AgencyCode) error {
	_, err := tx.Exec(ctx, `UPDATE layer SET owner_agency = $2 WHERE slug = $1`, slug, owner)
	if postgres.IsOrphan(err) {
		return noAgency(owner)
	}
	if err != nil {
		return fmt.Errorf("hand layer %s over: %w", slug, err)
	}
	return nil
}

func noAgency(code haidang.AgencyCode) error {
	return haidang.RefuseField("owner", fmt.Sprintf("Không có cơ quan %q.", code), fmt.Sprintf("There is no agency %q.", code))
}
