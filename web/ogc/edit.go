package ogc

import (
	"net/http"
	"strconv"
	"strings"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/auth"
)

// The resources that OGC API Features, part 4, changes.
const (
	itemsPath = root + "/collections/{collection}/items"
	itemPath  = itemsPath + "/{item}"
)

// editRoutes are the doors of part 4.
func (a *API) editRoutes() (routes []Route) {
	for pattern, serve := range map[string]func(*ask, http.ResponseWriter) error{
		"POST " + itemsPath: servePost, "PUT " + itemPath: servePut, "PATCH " + itemPath: servePatch, "DELETE " + itemPath: serveDelete} {
		routes = append(routes, Route{pattern, auth.LayerEdit, a.handle(endpoint{media: mediaGeoJSON, serve: serve})})
	}
	return routes
}

const readOnly = "GET, HEAD, OPTIONS"

// serveAllow says what can be done here by whoever asks: QGIS looks for whether it may
// edit. PATCH is never named, though it is taken: QGIS would use it, and cannot say from
// which version it goes on; with PUT it does.
func (a *API) serveAllow(more string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := a.config.Principal(r.Context())
		if err != nil {
			return err
		}
		allowed := readOnly
		l, err := catalogue.Get(r.Context(), a.config.Pool, haidang.LayerSlug(r.PathValue("collection")))
		if err == nil && a.mayEdit(who, l) {
			allowed += more
		} else if err != nil && haidang.CodeOf(err) != haidang.ErrNotFound {
			return err
		}
		w.Header().Set("Cache-Control", "private, no-store")
		return allow(w, allowed)
	}
}

// recorded reports whether features of a layer have versions.
func recorded(l catalogue.Layer) bool { return l.Kind == catalogue.Vector && l.Own() }

func (a *API) editable(l catalogue.Layer) bool {
	return recorded(l) && a.config.Changesets != nil && a.config.Changesets.Able()
}

func (a *API) mayEdit(who *auth.Principal, l catalogue.Layer) bool {
	return who != nil && a.editable(l) && l.Allows(who, catalogue.Edit)
}

// editing is the layer that the path names, when whoever asks may edit it.
func (q *ask) editing() (catalogue.Layer, error) {
	if err := q.knows(); err != nil {
		return catalogue.Layer{}, err
	}
	l, err := q.features()
	if err != nil {
		return l, err
	}
	if !q.editable(l) {
		return l, haidang.Refuse(haidang.ErrConflict, "Lớp "+l.Title.VI+" không sửa được ở đây.", "The layer "+l.Title.EN+" cannot be edited here.")
	}
	return l, l.Require(q.who, catalogue.Edit)
}

func servePost(q *ask, w http.ResponseWriter) error {
	l, err := q.editing()
	if err != nil {
		return err
	}
	f, err := q.sent(l, mediaGeoJSON)
	if err != nil {
		return err
	}
	return q.send(w, l, changesets.Edit{Op: changesets.Insert, Properties: f.Properties, Geometry: f.shape, SRID: f.crs.SRID})
}

func servePut(q *ask, w http.ResponseWriter) error {
	return q.change(w, mediaGeoJSON, func(l catalogue.Layer, f *sentFeature) error { return f.complete(l, q.r.PathValue("item")) })
}

func servePatch(q *ask, w http.ResponseWriter) error {
	if q.r.Header.Get("If-Match") == "" {
		return unconditional()
	}
	return q.change(w, mediaMergePatch, func(_ catalogue.Layer, f *sentFeature) error { return f.patches() })
}

// change makes a feature as it was sent, as far as that is different from what the sender
// had before: the version that it read, with its own changes since.
func (q *ask) change(w http.ResponseWriter, media string, check func(catalogue.Layer, *sentFeature) error) error {
	l, err := q.editing()
	if err != nil {
		return err
	}
	f, err := q.sent(l, media)
	if err != nil {
		return err
	}
	if err := check(l, f); err != nil {
		return err
	}
	edit, err := q.difference(l, f)
	if err != nil {
		return err
	}
	if len(edit.Properties) == 0 && edit.Geometry == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return q.send(w, l, edit)
}

func serveDelete(q *ask, w http.ResponseWriter) error {
	l, err := q.editing()
	if err != nil {
		return err
	}
	fid, err := q.fid(l)
	if err != nil {
		return err
	}
	version, err := q.matched(l)
	if err != nil {
		return err
	}
	return q.send(w, l, changesets.Edit{Op: changesets.Delete, FID: fid, BaseVersion: version})
}

// send hands an edit on and says what became of it: done, or waiting for a reviewer.
func (q *ask) send(w http.ResponseWriter, l catalogue.Layer, edit changesets.Edit) error {
	done, err := q.config.Changesets.Send(q.r.Context(), q.who.Account, l, edit)
	if refusal, ok := err.(*haidang.Error); ok && refusal.Code == haidang.ErrConflict && q.r.Header.Get("If-Match") != "" {
		stale := *refusal
		stale.Code = haidang.ErrStale
		return &stale
	}
	if err != nil {
		return err
	}
	h, status := w.Header(), http.StatusNoContent
	if edit.Op == changesets.Insert {
		h.Set("Location", q.base+"/collections/"+string(l.Slug)+"/items/"+strconv.FormatInt(done.FID, 10))
		status = http.StatusCreated
	}
	if done.State != changesets.Applied {
		status = http.StatusAccepted
	}
	if done.Version > 0 {
		h.Set("ETag", `"`+strconv.FormatInt(done.Version, 10)+`"`)
	}
	w.WriteHeader(status)
	return nil
}

// seenBefore is the feature that the path names as the sender had it before.
func (q *ask) seenBefore(l catalogue.Layer, f *sentFeature) (seen *changesets.Seen, fid int64, err error) {
	if fid, err = q.fid(l); err != nil {
		return nil, 0, err
	}
	if q.r.Header.Get("If-Match") == "*" { // any: that says from which no more than nothing does
		return nil, 0, unconditional()
	}
	matched, err := q.matched(l)
	if err != nil {
		return nil, 0, err
	}
	if matched != 0 {
		f.version, f.alone = matched, true
	}
	seen, err = q.config.Changesets.Seen(q.r.Context(), q.who.Account, l, fid, f.version, f.crs.SRID)
	if err != nil || seen != nil {
		return seen, fid, err
	}
	if _, err := q.one(l, l.SRID, nil); err != nil {
		return nil, 0, err
	}
	if f.version == 0 {
		return nil, 0, unconditional()
	}
	return nil, 0, haidang.Refuse(haidang.ErrConflict, "Đối tượng không có bản mà bạn sửa từ đó. Hãy tải lại lớp rồi sửa tiếp.", "The feature never had the version that you went on from. Load the layer again, then go on.")
}

func unconditional() error {
	return haidang.Refuse(haidang.ErrUnconditional, "Không biết bạn sửa từ bản nào: hãy gửi row_version của đối tượng (PUT) hoặc tiêu đề If-Match với ETag của nó. Trong QGIS: tải lại lớp.",
		"It is not known which version you went on from: send the feature's row_version (PUT), or the header If-Match with its ETag. In QGIS: reload the layer.")
}

// matched is the version that If-Match names, 0 when it is not there, or ErrStale when
// the feature is at another.
func (q *ask) matched(l catalogue.Layer) (int64, error) {
	header := strings.TrimSpace(q.r.Header.Get("If-Match"))
	if header == "" {
		return 0, nil
	}
	now, err := q.one(l, l.SRID, nil)
	if haidang.CodeOf(err) == haidang.ErrNotFound || err == nil && header != "*" && !named(header, now.RowVersion) {
		return 0, haidang.Refuse(haidang.ErrStale, "Đối tượng đã được người khác sửa sau khi bạn đọc. Hãy tải lại rồi sửa tiếp; bạn chưa mất gì.",
			"Somebody has changed the feature since you read it. Load it again, then go on; nothing of yours was lost.")
	}
	return now.RowVersion, err
}

// named reports whether one of the tags of If-Match is of that version.
func named(header string, version int64) bool {
	for tag := range strings.SplitSeq(header, ",") {
		number, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(tag), `"`), "-")
		if number == strconv.FormatInt(version, 10) {
			return true
		}
	}
	return false
}

// fid is the number that the path names.
func (q *ask) fid(l catalogue.Layer) (int64, error) {
	fid, err := strconv.ParseInt(q.r.PathValue("item"), 10, 64)
	if err != nil || fid < 1 {
		return 0, missing(l, q.r.PathValue("item"))
	}
	return fid, nil
}
