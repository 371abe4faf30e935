package web

import (
	"context"
	"encoding/json"
	"strconv"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/auth"
)

// ActInput is what every act on a changeset says. It is exported, as huma overlooks what
// is embedded otherwise.
type ActInput struct {
	ID      int64  `path:"id"`
	IfMatch string `header:"If-Match" maxLength:"100"`
}

type noteInput struct {
	ActInput
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"4000"`
	}
}

// note is what was said along, if anything.
func (in noteInput) note() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Note
}

type titleInput struct {
	ActInput
	Body struct {
		Title string `json:"title" maxLength:"500" doc:"Why"`
	}
}

type editsInput struct {
	ActInput
	Body struct {
		Edits []editInput `json:"edits" minItems:"1" maxItems:"5000"`
	}
}

type editInput struct {
	Op          changesets.Op   `json:"op" enum:"insert,update,delete"`
	FID         int64           `json:"fid,omitempty" minimum:"0"`
	BaseVersion int64           `json:"baseVersion,omitempty" minimum:"0" doc:"rowVersion that it was made from; 0: as it is now"`
	Properties  map[string]any  `json:"properties,omitempty" doc:"Only those that change"`
	Geometry    json.RawMessage `json:"geometry,omitempty" doc:"GeoJSON; absent: it stays"`
	CRS         string          `json:"crs,omitempty" enum:"storage,crs84," doc:"Of the geometry: as stored, which is exact, or longitude and latitude"`
}

type putOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		Changeset changesetView `json:"changeset"`
		FIDs      []int64       `json:"fids" doc:"Of the edits, in their order"`
	}
}

// acting is a changeset that somebody is about to act on, and the version that they saw.
func (s *Server) acting(ctx context.Context, in ActInput) (p *auth.Principal, l catalogue.Layer, seen int64, err error) {
	p, l, _, err = s.changesetFor(ctx, in.ID)
	if err != nil {
		return p, l, 0, err
	}
	seen, err = seenVersion(in.IfMatch)
	return p, l, seen, err
}

func (s *Server) putEdits(ctx context.Context, in *editsInput) (*putOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	if err := s.config.Changesets.MayPut(ctx, p.Account, l, in.ID, seen); err != nil {
		return nil, err
	}
	edits := make([]changesets.Edit, len(in.Body.Edits))
	for i, e := range in.Body.Edits {
		if edits[i], err = e.edit(i); err != nil {
			return nil, err
		}
	}
	if err := s.wantBases(ctx, in.ID, edits); err != nil {
		return nil, err
	}
	fids, err := s.config.Changesets.Put(ctx, p.Account, l, in.ID, seen, edits)
	if err != nil {
		return nil, err
	}
	c, err := s.readChangeset(ctx, &changesetInput{ID: in.ID, CRS: "storage"})
	if err != nil {
		return nil, err
	}
	out := &putOutput{ETag: c.ETag}
	out.Body.Changeset, out.Body.FIDs = c.Body, fids
	return out, nil
}

// wantBases wants each edit of what is on the map to say from which version it was made,
// unless the draft knows: else somebody's change could be overwritten unseen.
func (s *Server) wantBases(ctx context.Context, id int64, edits []changesets.Edit) error {
	drafted, err := s.config.Changesets.Drafted(ctx, id)
	if err != nil {
		return err
	}
	for i, e := range edits {
		if e.Op != changesets.Insert && e.BaseVersion == 0 && !drafted[e.FID] {
			refusal := haidang.Refuse(haidang.ErrUnconditional, "Thiếu baseVersion: thay đổi phải nói được sửa từ bản nào (rowVersion) của đối tượng.", "baseVersion is missing: an edit says from which version (rowVersion) of the feature it was made.")
			refusal.Field = "edits[" + strconv.Itoa(i) + "].baseVersion"
			return refusal
		}
	}
	return nil
}

func (e editInput) edit(i int) (changesets.Edit, error) {
	edit := changesets.Edit{Op: e.Op, FID: e.FID, BaseVersion: e.BaseVersion, Properties: e.Properties}
	if e.CRS == "crs84" {
		edit.SRID = 4326
	}
	if len(e.Geometry) == 0 || string(e.Geometry) == "null" {
		return edit, nil
	}
	var err error
	edit.Geometry, err = changesets.ReadShape(e.Geometry, "edits["+strconv.Itoa(i)+"].geometry")
	return edit, err
}

func (s *Server) takeOutEdit(ctx context.Context, in *struct {
	ActInput
	FID int64 `path:"fid"`
}) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	return s.afterwards(ctx, in.ID, s.config.Changesets.TakeOut(ctx, p.Account, l, in.ID, seen, in.FID))
}

// afterwards is the changeset after an act, unless that failed.
func (s *Server) afterwards(ctx context.Context, id int64, err error) (*changesetOutput, error) {
	if err != nil {
		return nil, err
	}
	return s.readChangeset(ctx, &changesetInput{ID: id})
}

func (s *Server) nameChangeset(ctx context.Context, in *titleInput) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	return s.afterwards(ctx, in.ID, s.config.Changesets.Name(ctx, p.Account, l, in.ID, seen, in.Body.Title))
}

func (s *Server) resolveConflict(ctx context.Context, in *struct {
	ActInput
	Body struct {
		FID  int64             `json:"fid"`
		Now  *int64            `json:"nowVersion" doc:"The feature's version that you looked at (now_version of the conflict); null: it is gone"`
		Take map[string]string `json:"take" doc:"mine or theirs, by column, geometry or * for the whole feature"`
	}
}) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	var now int64
	if in.Body.Now != nil {
		now = *in.Body.Now
	}
	return s.afterwards(ctx, in.ID, s.config.Changesets.Resolve(ctx, p.Account, l, in.ID, seen, in.Body.FID, now, in.Body.Take))
}

func (s *Server) checkChangeset(ctx context.Context, in *noteInput) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	return s.afterwards(ctx, in.ID, s.config.Changesets.Check(ctx, p.Account, l, in.ID, seen))
}

func (s *Server) submitChangeset(ctx context.Context, in *noteInput) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	_, err = s.config.Changesets.Submit(ctx, p.Account, l, in.ID, seen, in.note())
	return s.afterwards(ctx, in.ID, err)
}

func (s *Server) decide(v changesets.Verdict) func(context.Context, *noteInput) (*changesetOutput, error) {
	return func(ctx context.Context, in *noteInput) (*changesetOutput, error) {
		p, l, seen, err := s.acting(ctx, in.ActInput)
		if err != nil {
			return nil, err
		}
		_, err = s.config.Changesets.Decide(ctx, p.Account, l, in.ID, seen, v, in.note())
		return s.afterwards(ctx, in.ID, err)
	}
}

func (s *Server) revertChangeset(ctx context.Context, in *titleInput) (*changesetOutput, error) {
	p, l, seen, err := s.acting(ctx, in.ActInput)
	if err != nil {
		return nil, err
	}
	id, err := s.config.Changesets.Revert(ctx, p.Account, l, in.ID, seen, in.Body.Title)
	return s.afterwards(ctx, id, err)
}

func (s *Server) commentChangeset(ctx context.Context, in *struct {
	ID   int64 `path:"id"`
	Body struct {
		Text string `json:"text" maxLength:"4000"`
	}
}) (*changesetOutput, error) {
	p, l, _, err := s.changesetFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.afterwards(ctx, in.ID, s.config.Changesets.Say(ctx, p.Account, l, in.ID, in.Body.Text))
}
