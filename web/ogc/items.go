package ogc

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

func serveItems(q *ask, w http.ResponseWriter) error {
	l, err := q.features()
	if err != nil {
		return err
	}
	s, err := q.selectItems(l)
	if err != nil {
		return err
	}
	h := w.Header()
	q.head(h)
	h.Set("Content-Crs", "<"+s.out.URI()+">")
	tag, err := q.tag(l)
	if err != nil {
		return err
	}
	if h.Set("ETag", tag); q.has(tag, true) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	leave, err := q.config.Enter(q.r.Context())
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := q.limited()
	defer cancel()
	p := &page{ask: q, layer: l, selection: s}
	if p.matched, err = q.count(ctx, l, s); err != nil {
		return err
	}
	if q.html {
		return p.asHTML(ctx, w)
	}
	return p.asGeoJSON(q.r.Context(), w) // each statement has its time, and the reader his for each piece
}

// page is one page of a collection.
type page struct {
	*ask
	layer catalogue.Layer
	selection
	matched  int64 // -1: not known
	returned int
	last     features.Feature
	more     bool
}

// read hands out the features of the page, and learns whether there are more.
func (p *page) read(ctx context.Context, one func(features.Feature) error) error {
	if p.hits {
		return nil
	}
	query := p.Query
	query.Limit++
	return features.Read(ctx, p.Reader(ctx), p.layer, query, func(f features.Feature) error {
		if p.more = p.returned == p.Limit; p.more {
			return nil
		}
		p.returned, p.last = p.returned+1, f
		return one(f)
	})
}

// links lists where else the page is, and the next one when there is more.
func (p *page) links() []link {
	links := p.itself()
	if p.more {
		links = append(links, p.next())
	}
	path := "/collections/" + string(p.layer.Slug)
	return append(links, p.to("collection", path, mediaJSON, p.layer.Title.In(p.spoken())))
}

func (p *page) next() link {
	self := p.itself()[0]
	if p.html {
		self = p.itself()[1]
	}
	href, query, _ := strings.Cut(self.Href, "?")
	values := slices.DeleteFunc(strings.Split(query, "&"), func(v string) bool { return strings.HasPrefix(v, "cursor=") })
	return link{Href: href + "?" + strings.Join(append(values, "cursor="+newCursor(p.last.FID, p.last.Sorted)), "&"), Rel: "next", Type: self.Type,
		Title: p.say("Trang sau", "The next page")}
}

// asGeoJSON writes the page. What fits into the buffer is written when all of it is
// there, so that an error can still be told as one; what is larger flows through.
func (p *page) asGeoJSON(ctx context.Context, w http.ResponseWriter) error {
	out := &flow{pen: *newPen(p.out), w: w}
	out.text(`{"type":"FeatureCollection","features":[`)
	w.Header().Set("Content-Type", mediaGeoJSON)
	err := p.read(ctx, func(f features.Feature) error {
		if p.returned > 1 {
			out.text(",\n")
		}
		if err := out.feature(p.layer, f); err != nil {
			return err
		}
		out.text("}")
		return out.flush(flowSize)
	})
	if err != nil {
		return out.cut(err)
	}
	if out.begun == 0 {
		writeLinks(w.Header(), p.links())
	}
	out.text(`],"links":`)
	if err := out.value(p.links()); err != nil {
		return out.cut(err)
	}
	if p.matched >= 0 {
		out.text(`,"numberMatched":` + strconv.FormatInt(p.matched, 10))
	}
	out.text(fmt.Sprintf(`,"numberReturned":%d,"timeStamp":"%s"}`, p.returned, time.Now().UTC().Format(time.RFC3339)))
	if p.r.Method != http.MethodHead {
		_ = out.flush(0) // the reader may be gone
	}
	return nil
}

// feature appends a feature without its last bracket.
func (p *pen) feature(l catalogue.Layer, f features.Feature) error {
	p.text(`{"type":"Feature","id":` + strconv.FormatInt(f.FID, 10) + `,"geometry":`)
	p.geometry(f.Geometry)
	p.text(`,"properties":{`)
	for i, c := range columnsOf(l) {
		if i > 0 {
			p.text(",")
		}
		p.text(`"` + c.Name + `":`)
		if err := p.property(c, f.Properties[c.Name]); err != nil {
			return err
		}
	}
	if recorded(l) {
		if len(columnsOf(l)) > 0 {
			p.text(",")
		}
		p.text(`"` + rowVersionName + `":` + strconv.FormatInt(f.RowVersion, 10))
	}
	p.text("}")
	return nil
}

// property appends a value as the schema says it is: a day without a time.
func (p *pen) property(c catalogue.Column, v any) error {
	if t, ok := v.(time.Time); ok && c.Type == catalogue.Date {
		v = t.Format(time.DateOnly)
	}
	return p.value(v)
}

// columnsOf lists what a feature says of itself.
func columnsOf(l catalogue.Layer) []catalogue.Column {
	if !l.Dated {
		return l.Columns
	}
	return append(slices.Clone(l.Columns),
		catalogue.Column{Name: features.ValidFrom, Type: catalogue.Date, Label: haidang.Text{VI: "Có hiệu lực từ ngày", EN: "In force from"}},
		catalogue.Column{Name: features.ValidUntil, Type: catalogue.Date, Label: haidang.Text{VI: "Hết hiệu lực từ ngày", EN: "No longer in force from"}})
}

func serveItem(q *ask, w http.ResponseWriter) error {
	l, err := q.features()
	if err != nil {
		return err
	}
	if err := q.knows(); err != nil {
		return err
	}
	out, err := q.system("crs")
	if err != nil {
		return err
	}
	at, err := q.at()
	if err != nil {
		return err
	}
	tag, err := q.tag(l)
	if err != nil {
		return err
	}
	p := &page{ask: q, layer: l, selection: selection{out: out}}
	h := w.Header()
	q.head(h)
	h.Set("Content-Crs", "<"+out.URI()+">")
	versioned := recorded(l) && !q.html
	if known := q.known(tag); versioned && known != "" {
		tag = known
	}
	if h.Set("ETag", tag); q.has(tag, false) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	f, err := q.one(l, out.SRID, at)
	if err != nil {
		h.Del("ETag")
		return err
	}
	if versioned {
		tag = tagOf(f, tag)
		h.Set("ETag", tag)
	}
	if q.has(tag, true) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	links := p.links()
	writeLinks(h, links)
	if q.html {
		return p.itemPage(w, f, links)
	}
	return writeFeature(w, p, f, links)
}

func writeFeature(w http.ResponseWriter, p *page, f features.Feature, links []link) error {
	out := newPen(p.out)
	if err := out.feature(p.layer, f); err != nil {
		return err
	}
	out.text(`,"links":`)
	if err := out.value(links); err != nil {
		return err
	}
	out.text("}\n")
	w.Header().Set("Content-Type", mediaGeoJSON)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(out.b) // the reader may be gone
	return nil
}

// one reads the feature that the path names, as it is or was, or returns ErrNotFound.
func (q *ask) one(l catalogue.Layer, srid int, at *time.Time) (found features.Feature, err error) {
	fid, err := q.fid(l)
	if err != nil {
		return found, err
	}
	ctx, cancel := q.limited()
	defer cancel()
	err = features.Read(ctx, q.Reader(ctx), l, features.Query{After: fid - 1, Limit: 1, SRID: srid, At: at}, func(f features.Feature) error {
		found = f
		return nil
	})
	if err == nil && found.FID != fid {
		err = missing(l, q.r.PathValue("item"))
	}
	return found, err
}

func missing(l catalogue.Layer, item string) error {
	return haidang.Refuse(haidang.ErrNotFound, "Không có đối tượng "+item+" trong lớp "+l.Title.VI+".", "There is no feature "+item+" in the layer "+l.Title.EN+".")
}
