package pictures

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"haidang"
)

// TileSize is the width of a tile in pixels. TileJSON has no word for it; it is said
// under the one that MapLibre knows.
const TileSize = 256

// publicAge is how many seconds a browser may show an open layer's tile without asking.
const publicAge = 10

// TileJSON is a TileJSON 3.0.0 document of a raster layer.
type TileJSON struct {
	TileJSON    string     `json:"tilejson"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Version     string     `json:"version"`
	Attribution string     `json:"attribution,omitempty"`
	Tiles       []string   `json:"tiles"`
	TileSize    int        `json:"tileSize"`
	Format      string     `json:"format"` // "png"; "jpg" when some tiles are
	MinZoom     int        `json:"minzoom"`
	MaxZoom     int        `json:"maxzoom"`
	Bounds      [4]float64 `json:"bounds"` // west, south, east, north
	Taken       string     `json:"taken,omitempty"`
	Resolution  float64    `json:"resolution"` // metres on the ground a pixel of what came in
	Source      string     `json:"source,omitempty"`
}

// TileJSON describes a raster layer; base is the site's address, or empty for
// addresses relative to the host. It returns ErrNotFound for an unknown layer.
func (s *Service) TileJSON(slug haidang.LayerSlug, base string) (TileJSON, error) {
	p, err := s.picture(slug)
	if err != nil {
		return TileJSON{}, err
	}
	doc := TileJSON{TileJSON: "3.0.0", Name: string(slug), Description: p.Title.VI, Version: fmt.Sprintf("1.%d.0", p.Layer.Version), Attribution: p.Attribution,
		Tiles: []string{strings.TrimSuffix(base, "/") + "/tiles/" + string(slug) + "/{z}/{x}/{y}"}, TileSize: TileSize, Format: p.pyramid.Format,
		MinZoom: p.pyramid.MinZoom, MaxZoom: p.pyramid.MaxZoom, Bounds: p.pyramid.Bounds, Resolution: p.pyramid.Resolution, Source: p.pyramid.Source}
	if p.pyramid.Taken != nil {
		doc.Taken = p.pyramid.Taken.Format(time.DateOnly)
	}
	return doc, nil
}

// ServeTile answers with one tile: 200, 204 when nothing is there, 304 when the
// asker has it; no question goes to the database. When it returns an error it has
// written nothing. ErrNotFound: no such layer or zoom; ErrInvalid: no such tile.
func (s *Service) ServeTile(w http.ResponseWriter, r *http.Request, slug string, z, x, y uint32) error {
	p, err := s.picture(haidang.LayerSlug(slug))
	if err != nil {
		return err
	}
	if err := p.check(z, x, y); err != nil {
		return err
	}
	data, err := p.pyramid.Read(s.dir, int(z), int(x), int(y))
	if err != nil {
		return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{
			VI: "Chưa đọc được mảnh ảnh này; hãy thử lại sau vài giây.", EN: "This tile of the picture could not be read; try again in a few seconds."}}
	}
	h := w.Header()
	h.Set("ETag", p.etag(z, x, y))
	h.Set("Cache-Control", p.cacheControl())
	if len(data) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h.Set("Content-Type", contentType(data))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

func (p picture) check(z, x, y uint32) error {
	switch {
	case z > 30 || x >= 1<<z || y >= 1<<z:
		return haidang.RefuseField("z/x/y", fmt.Sprintf("Không có mảnh %d/%d/%d: x và y nhỏ hơn 2^z.", z, x, y),
			fmt.Sprintf("There is no tile %d/%d/%d: x and y are below 2^z.", z, x, y))
	case int(z) < p.pyramid.MinZoom || int(z) > p.pyramid.MaxZoom:
		return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Lớp %s chỉ có từ mức %d đến %d.", p.Slug, p.pyramid.MinZoom, p.pyramid.MaxZoom),
			fmt.Sprintf("Layer %s has zooms %d to %d only.", p.Slug, p.pyramid.MinZoom, p.pyramid.MaxZoom))
	}
	return nil
}

// cacheControl lets a browser keep any tile but show one of a layer with rights only
// after asking: who may see it can change at any time.
func (p picture) cacheControl() string {
	if p.Open() {
		return "public, max-age=" + strconv.Itoa(publicAge)
	}
	return "private, no-cache"
}

// etag is strong: a pyramid never changes, another one has another version.
func (p picture) etag(z, x, y uint32) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s/%s/%d/%d/%d", p.Slug, p.pyramid.Version, z, x, y)
	return fmt.Sprintf(`"%x"`, h.Sum(nil))
}

func contentType(data []byte) string {
	if bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return "image/jpeg"
	}
	return "image/png"
}
