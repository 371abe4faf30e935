package web

import (
	"context"
	"regexp"

	"haidang/internal/auth"
)

// noteRefusal notes in the audit log that somebody was refused an edit, by the door, by
// the rights of the layer or by the database.
func (s *Server) noteRefusal(ctx context.Context, action auth.Action, err error) {
	if err == nil || action != auth.LayerEdit || s.config.Changesets == nil {
		return
	}
	p, failed := principalOf(ctx)
	if failed != nil || p == nil {
		return
	}
	v := visitorOf(ctx)
	s.config.Changesets.Refused(ctx, p.Account, editedObject(v.path), map[string]any{"request": v.method + " " + v.path}, err)
}

var (
	changesetPath = regexp.MustCompile(`^/api/v1/changesets/([0-9]{1,19})(?:/|$)`)
	layerPath     = regexp.MustCompile(`^/(?:api/v1/layers|ogc/collections)/([a-z0-9_]{1,63})(?:/|$)`)
)

// editedObject is what a path is about, as the audit log names it.
func editedObject(path string) string {
	if found := changesetPath.FindStringSubmatch(path); found != nil {
		return "changeset/" + found[1]
	}
	if found := layerPath.FindStringSubmatch(path); found != nil {
		return "layer/" + found[1]
	}
	return "changesets"
}
