package web

import (
	"context"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/audit"
)

type emptyLayerInput struct {
	Slug haidang.LayerSlug `path:"slug" maxLength:"41"`
	Body struct {
		Confirm haidang.LayerSlug `json:"confirm,omitempty" maxLength:"41" doc:"The layer's code"`
	}
}

type emptyLayerOutput struct {
	Body struct {
		Removed int64 `json:"removed"`
	}
}

type deleteLayerInput struct {
	Slug    haidang.LayerSlug `path:"slug" maxLength:"41"`
	Confirm haidang.LayerSlug `query:"confirm" maxLength:"41" doc:"The layer's code, when it holds features"`
}

func (s *Server) emptyLayer(ctx context.Context, in *emptyLayerInput) (*emptyLayerOutput, error) {
	out := &emptyLayerOutput{}
	err := s.endLayer(ctx, in.Slug, "layer.empty", func(tx pgx.Tx, l catalogue.Layer) (map[string]any, error) {
		if in.Body.Confirm != l.Slug {
			return nil, unconfirmed(l)
		}
		p, err := principalOf(ctx)
		if err != nil {
			return nil, err
		}
		if err := changesets.Attribute(ctx, tx, changesets.Page, p.Account, "Làm rỗng lớp"); err != nil {
			return nil, err
		}
		out.Body.Removed, err = catalogue.Empty(ctx, tx, l)
		return map[string]any{"removed": out.Body.Removed}, err
	})
	return out, err
}

func (s *Server) deleteLayer(ctx context.Context, in *deleteLayerInput) (*struct{}, error) {
	return nil, s.endLayer(ctx, in.Slug, "layer.delete", func(tx pgx.Tx, l catalogue.Layer) (map[string]any, error) {
		const some = 1
		n, err := catalogue.Rows(ctx, tx, l, some)
		if err != nil {
			return nil, err
		}
		if (n > 0 || l.Kind == catalogue.Raster) && in.Confirm != l.Slug {
			return nil, unconfirmed(l)
		}
		return map[string]any{"title": l.Title.VI, "owner": l.Owner, "template": l.Template}, catalogue.Drop(ctx, tx, l.Slug)
	})
}

// endLayer does something that takes features away and records it.
func (s *Server) endLayer(ctx context.Context, slug haidang.LayerSlug, action string, do func(pgx.Tx, catalogue.Layer) (map[string]any, error)) error {
	p, err := principalOf(ctx)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.config.Pool, func(tx pgx.Tx) error {
		l, err := s.managedLayer(ctx, tx, slug)
		if err != nil {
			return err
		}
		detail, err := do(tx, l)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: p.Account, Action: action, Object: "layer/" + string(slug), Detail: detail})
	})
}

func unconfirmed(l catalogue.Layer) error {
	return haidang.RefuseField("confirm", "Lớp "+l.Title.VI+" có dữ liệu. Hãy nhập đúng mã lớp "+string(l.Slug)+" để xác nhận.",
		"The layer "+l.Title.EN+" holds features. Type its code "+string(l.Slug)+" to confirm.")
}
