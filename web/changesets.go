package web

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb/geojson"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/auth"
)

// maxEditsBytes is what may come in one request to edit: shapes with very many vertices.
const maxEditsBytes = 32 << 20

const changesetsPath = "/api/v1/changesets"

// editsShown is how many edits of a changeset are shown at once, unless fewer are asked for.
const editsShown = 500

// changesetView is a changeset as a page shows it.
type changesetView struct {
	changesets.Changeset
	ETag     string              `json:"etag" doc:"For If-Match"`
	May      changesetMay        `json:"may"`
	Edits    []editView          `json:"edits,omitzero"`
	Problems []changesets.Remark `json:"problems,omitzero"`
	Notes    []changesets.Note   `json:"notes,omitzero"`
}

// changesetMay is what whoever asks may do with it now.
type changesetMay struct {
	Edit    bool `json:"edit"`
	Submit  bool `json:"submit"`
	Approve bool `json:"approve"`
	Reject  bool `json:"reject"`
	Apply   bool `json:"apply"`
	Revert  bool `json:"revert"`
	Reopen  bool `json:"reopen"`
	Drop    bool `json:"drop"`
	Comment bool `json:"comment"`
}

type editView struct {
	FID         int64                 `json:"fid"`
	N           int64                 `json:"n"`
	Op          changesets.Op         `json:"op"`
	BaseVersion *int64                `json:"baseVersion"`
	Before      *versionView          `json:"before"`
	After       *versionView          `json:"after"`
	Changed     []string              `json:"changed"`
	Conflicts   []changesets.Conflict `json:"conflicts"`
}

type versionView struct {
	Properties map[string]any    `json:"properties"`
	Geometry   *geojson.Geometry `json:"geometry"`
}

type changesetOutput struct {
	ETag string `header:"ETag"`
	Body changesetView
}

type changesetsOutput struct {
	Body struct {
		Changesets []changesetView `json:"changesets"`
	}
}

type changesetsInput struct {
	Layer  haidang.LayerSlug `query:"layer" maxLength:"41" doc:"Of this layer only"`
	State  string            `query:"state" maxLength:"100" doc:"Of these states only, with commas between"`
	Author string            `query:"author" maxLength:"64" doc:"Of this account only; me: mine"`
	For    string            `query:"for" enum:"review," doc:"review: submitted ones that I may decide"`
	Before int64             `query:"before" minimum:"0" doc:"Only of smaller numbers"`
	Limit  int               `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type beginInput struct {
	Body struct {
		Layer haidang.LayerSlug `json:"layer" maxLength:"41"`
		Title string            `json:"title" maxLength:"500" doc:"Why"`
	}
}

type changesetInput struct {
	ID    int64  `path:"id"`
	CRS   string `query:"crs" enum:"crs84,storage," doc:"Of the shapes: longitude and latitude, or exactly as stored"`
	From  int    `query:"from" minimum:"0" doc:"Number of edits to leave out"`
	Limit int    `query:"limit" minimum:"0" maximum:"5000" doc:"Number of edits; 0: 500"`
}

func (s *Server) registerChangesets(d *doors) {
	tags := []string{"changesets"}
	read := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: tags}
	}
	act := func(id, verb, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/api/v1/changesets/{id}/" + verb, Summary: summary + "; needs If-Match", Tags: tags}
	}
	operation(d, auth.CatalogueRead, read("list-changesets", "/api/v1/changesets", "Changesets that you may see, the newest first"), s.listChangesets)
	operation(d, auth.CatalogueRead, read("read-changeset", "/api/v1/changesets/{id}", "One changeset with its edits, problems and notes"), s.readChangeset)
	operation(d, auth.LayerEdit, huma.Operation{OperationID: "begin-changeset", Method: http.MethodPost, Path: "/api/v1/changesets",
		Summary: "Open a draft", Tags: tags, DefaultStatus: http.StatusCreated}, s.beginChangeset)
	operation(d, auth.LayerEdit, huma.Operation{OperationID: "name-changeset", Method: http.MethodPatch, Path: "/api/v1/changesets/{id}",
		Summary: "Say anew why; needs If-Match", Tags: tags}, s.nameChangeset)
	edits := act("put-edits", "edits", "Add edits to a draft; an edit of a feature that it changes already goes on from there")
	edits.MaxBodyBytes = maxEditsBytes
	operation(d, auth.LayerEdit, edits, s.putEdits)
	operation(d, auth.LayerEdit, huma.Operation{OperationID: "take-out-edit", Method: http.MethodDelete, Path: "/api/v1/changesets/{id}/edits/{fid}",
		Summary: "Take the edit of one feature out of a draft; needs If-Match", Tags: tags, DefaultStatus: http.StatusOK}, s.takeOutEdit)
	operation(d, auth.LayerEdit, act("resolve-conflict", "resolve", "Settle the conflicts of one feature"), s.resolveConflict)
	operation(d, auth.LayerEdit, act("check-changeset", "check", "Look for problems of topology"), s.checkChangeset)
	operation(d, auth.LayerEdit, act("submit-changeset", "submit", "Hand a draft in; a layer without review takes it at once"), s.submitChangeset)
	operation(d, auth.LayerEdit, act("revert-changeset", "revert", "Undo an applied changeset whole, by its inverse"), s.revertChangeset)
	for _, v := range []changesets.Verdict{changesets.Approve, changesets.Hold, changesets.Apply, changesets.Reject, changesets.Reopen, changesets.Drop} {
		operation(d, auth.LayerEdit, act(string(v)+"-changeset", string(v), verdictSummaries[v]), s.decide(v))
	}
	operation(d, auth.LayerEdit, huma.Operation{OperationID: "comment-changeset", Method: http.MethodPost, Path: "/api/v1/changesets/{id}/comments",
		Summary: "Say something of a changeset", Tags: tags}, s.commentChangeset)
	s.registerFeatures(d)
}

var verdictSummaries = map[changesets.Verdict]string{
	changesets.Approve: "Approve and apply what somebody else submitted", changesets.Hold: "Approve, and apply later", changesets.Apply: "Apply what is approved",
	changesets.Reject: "Give it back, with the reason", changesets.Reopen: "Make it a draft again", changesets.Drop: "Give a draft up"}

// changesetFor is a changeset with its layer, to those who may see it: once applied,
// whoever may see the layer; before, its author and those who edit or review the layer.
func (s *Server) changesetFor(ctx context.Context, id int64) (*auth.Principal, catalogue.Layer, changesets.Changeset, error) {
	c, err := s.config.Changesets.Get(ctx, id)
	if err != nil {
		return nil, catalogue.Layer{}, c, err
	}
	p, l, err := s.layerFor(ctx, c.Layer, catalogue.See)
	if haidang.CodeOf(err) == haidang.ErrNotFound || err == nil && !maySee(p, l, c) {
		err = haidang.Refuse(haidang.ErrNotFound, "Không có gói thay đổi này, hoặc bạn không được xem.", "There is no such changeset, or you may not see it.")
	}
	return p, l, c, err
}

func maySee(p *auth.Principal, l catalogue.Layer, c changesets.Changeset) bool {
	if c.State == changesets.Applied || c.State == changesets.Reverted || c.Author == p.Account {
		return true
	}
	return c.State != changesets.Draft && c.State != changesets.Dropped && (l.Allows(p, catalogue.Edit) || l.Allows(p, catalogue.Approve))
}

func view(p *auth.Principal, l catalogue.Layer, c changesets.Changeset) changesetView {
	mine, reviews := c.Author == p.Account, l.Allows(p, catalogue.Approve)
	is := func(states ...changesets.State) bool {
		for _, s := range states {
			if c.State == s {
				return true
			}
		}
		return false
	}
	return changesetView{Changeset: c, ETag: etagOf(c), May: changesetMay{
		Edit: mine && is(changesets.Draft), Submit: mine && is(changesets.Draft), Approve: reviews && !mine && is(changesets.Submitted), Reject: reviews && is(changesets.Submitted),
		Apply: reviews && !mine && is(changesets.Approved), Revert: l.Allows(p, catalogue.Edit) && is(changesets.Applied),
		Reopen: mine && is(changesets.Submitted, changesets.Approved, changesets.Rejected, changesets.Dropped), Drop: mine && is(changesets.Draft, changesets.Rejected),
		Comment: mine || reviews || l.Allows(p, catalogue.Edit)}}
}

func etagOf(c changesets.Changeset) string { return fmt.Sprintf(`"%d"`, c.Version) }

func (s *Server) listChangesets(ctx context.Context, in *changesetsInput) (*changesetsOutput, error) {
	p, err := principalOf(ctx)
	if err != nil {
		return nil, err
	}
	layers, err := catalogue.List(ctx, s.config.Pool)
	if err != nil {
		return nil, err
	}
	q, seen := changesets.Query{Before: in.Before, Limit: in.Limit, Viewer: p.Account}, map[haidang.LayerSlug]catalogue.Layer{}
	for _, l := range layers {
		if l.Allows(p, catalogue.See) && (in.Layer == "" || in.Layer == l.Slug) && (in.For != "review" || l.Allows(p, catalogue.Approve)) {
			q.Layers, seen[l.Slug] = append(q.Layers, l.Slug), l
			if l.Allows(p, catalogue.Edit) || l.Allows(p, catalogue.Approve) {
				q.Worked = append(q.Worked, l.Slug)
			}
		}
	}
	if q.States = states(in.State); in.For == "review" {
		q.States = []changesets.State{changesets.Submitted, changesets.Approved}
	}
	if q.Author = haidang.AccountName(in.Author); in.Author == "me" {
		q.Author = p.Account
	}
	found, err := s.config.Changesets.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &changesetsOutput{}
	out.Body.Changesets = []changesetView{}
	for _, c := range found {
		out.Body.Changesets = append(out.Body.Changesets, view(p, seen[c.Layer], c))
	}
	return out, nil
}

func states(list string) (all []changesets.State) {
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, changesets.State(s))
		}
	}
	return all
}

func (s *Server) readChangeset(ctx context.Context, in *changesetInput) (*changesetOutput, error) {
	p, l, c, err := s.changesetFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	srid := 4326
	if in.CRS == "storage" {
		srid = l.SRID
	}
	limit := in.Limit
	if limit == 0 {
		limit = editsShown
	}
	v := view(p, l, c)
	v.Edits = []editView{}
	edits, err := s.config.Changesets.Edits(ctx, c, in.From, limit, srid)
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		v.Edits = append(v.Edits, viewEdit(e))
	}
	if v.Problems, err = s.config.Changesets.Problems(ctx, c.ID, srid); err != nil {
		return nil, err
	}
	v.Notes, err = s.config.Changesets.Notes(ctx, c.ID)
	return &changesetOutput{etagOf(c), v}, err
}

func viewEdit(e changesets.Drafted) editView {
	return editView{FID: e.FID, N: e.N, Op: e.Op, BaseVersion: e.BaseVersion, Before: viewVersion(e.Before), After: viewVersion(e.After), Changed: orEmpty(e.Changed), Conflicts: orEmpty(e.Conflicts)}
}

func viewVersion(v *changesets.Version) *versionView {
	if v == nil {
		return nil
	}
	out := &versionView{Properties: map[string]any{}}
	for name, value := range v.Properties {
		out.Properties[name] = value
	}
	if v.Geometry != nil {
		out.Geometry = geojson.NewGeometry(v.Geometry)
	}
	return out
}

func (s *Server) beginChangeset(ctx context.Context, in *beginInput) (*changesetOutput, error) {
	p, l, err := s.layerFor(ctx, in.Body.Layer, catalogue.Edit)
	if err != nil {
		return nil, err
	}
	id, err := s.config.Changesets.Begin(ctx, p.Account, l, in.Body.Title, changesets.Page)
	if err != nil {
		return nil, err
	}
	return s.readChangeset(ctx, &changesetInput{ID: id})
}

var versionTag = regexp.MustCompile(`^"([1-9][0-9]{0,17})"$`)

// seenVersion is the version that If-Match names: ErrUnconditional without one. A
// wildcard would say that somebody has seen whatever there is.
func seenVersion(ifMatch string) (int64, error) {
	tag := versionTag.FindStringSubmatch(ifMatch)
	if tag == nil {
		return 0, matches(strings.ReplaceAll(ifMatch, "*", "-"), "none")
	}
	return strconv.ParseInt(tag[1], 10, 64)
}
