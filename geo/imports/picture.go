package imports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/raster"
)

// A GeoTIFF goes the same way as a file of features: looked at, decided on, drawn
// small to be seen first, and cut into the tiles of a raster layer when applied.

// PictureFinding is what examining a GeoTIFF gave.
type PictureFinding struct {
	raster.Found
	Candidates []CRSCandidate `json:"candidates"`
}

var pictureEnds = []string{".tif", ".tiff"}

func isPicture(name string) bool {
	return slices.Contains(pictureEnds, strings.ToLower(filepath.Ext(name)))
}

// previewPath is where the small picture of a checked import lies.
func (im *Importer) previewPath(id int64) string {
	return filepath.Join(im.dir, fmt.Sprintf("%d.png", id))
}

func (im *Importer) examinePicture(ctx context.Context, i Import) (Findings, error) {
	found, err := raster.Look(ctx, im.pool, im.path(i.ID))
	if err != nil {
		return Findings{}, err
	}
	p := PictureFinding{Found: found, Candidates: []CRSCandidate{}}
	for _, c := range found.Candidates {
		p.Candidates = append(p.Candidates, CRSCandidate{CRS: c.Official(), Name: c.Name, Inside: 1})
	}
	return Findings{Format: "GeoTIFF", Layers: []SourceLayer{}, Picture: &p}, nil
}

// pictureOptions are what was decided, as the maker of rasters wants it.
func pictureOptions(i Import) (o raster.Options, err error) {
	fresh := i.Options.New != nil
	o = raster.Options{Layer: i.Options.Layer, New: &fresh, CRS: i.Options.CRS, Source: i.Options.Source, File: i.FileName, By: i.By}
	if n := i.Options.New; n != nil {
		o.Title, o.Owner, o.Sector = n.Title, n.Owner, n.Sector
		if o.Rights, err = n.rights(); err != nil {
			return o, err
		}
	}
	if i.Options.Taken != "" {
		day, err := time.Parse(time.DateOnly, i.Options.Taken)
		if err != nil {
			return o, haidang.RefuseField("taken", "Ngày chụp viết như 2025-03-01.", "The day of the picture is written as 2025-03-01.")
		}
		o.Taken = &day
	}
	return o, nil
}

// checkPicture settles where the picture lies and draws it small.
func (im *Importer) checkPicture(ctx context.Context, i Import, tell Teller) error {
	o, err := pictureOptions(i)
	if err != nil {
		return err
	}
	tell("picture", 0, 0)
	r, preview, err := raster.Try(ctx, im.pool, im.rasters, im.path(i.ID), o)
	if err != nil {
		return err
	}
	if err := os.WriteFile(im.previewPath(i.ID), preview, 0o600); err != nil {
		return err
	}
	rep := Report{CRS: r.CRS, Extent: r.Bounds[:], Fresh: i.Options.New != nil, Warnings: r.Notices, Picture: &r, Columns: map[string]int{}, Mapped: []Mapped{}, Unused: []string{}}
	return im.change(ctx, i.ID, []State{Checking}, `state = 'checked', report = $3, job = 0`, rep)
}

// applyPicture cuts the tiles. The transaction that shows them ends the import too.
func (im *Importer) applyPicture(ctx context.Context, i Import, tell Teller) error {
	o, err := pictureOptions(i)
	if err != nil {
		return err
	}
	o.Progress = func(p raster.Progress) { tell(p.Stage, p.Done, p.Total) }
	o.Within = func(ctx context.Context, tx pgx.Tx, r raster.Report) error { return rememberPicture(ctx, tx, i, r) }
	_, err = raster.Import(ctx, im.pool, im.rasters, im.path(i.ID), o)
	if err != nil && im.isApplied(ctx, i.ID) {
		return nil // only tidying up failed, which the next start does
	}
	return err
}

func (im *Importer) isApplied(ctx context.Context, id int64) bool {
	i, err := im.Get(context.WithoutCancel(ctx), id)
	return err == nil && i.State == Applied
}

func rememberPicture(ctx context.Context, tx pgx.Tx, i Import, r raster.Report) error {
	i.Report.Picture = &r
	_, err := tx.Exec(ctx, `INSERT INTO layer_provenance (layer, import, by_account, file_name, file_size, sha256, source_layer, crs, swapped, encoding,
			features, added, changed, deleted, same, refused, mended, options) VALUES ($1, $2, $3, $4, $5, $6, '', $7, false, '', 0, 0, 0, 0, 0, 0, 0, $8)`,
		r.Layer, i.ID, i.By, i.FileName, i.FileSize, i.sha, r.CRS, i.Options)
	if err != nil {
		return fmt.Errorf("keep where the picture came from: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE layer_import SET report = $2 WHERE id = $1`, i.ID, *i.Report); err != nil {
		return err
	}
	return over(ctx, tx, i.ID)
}

// Picture returns the small picture of a checked import, PNG.
func (im *Importer) Picture(ctx context.Context, id int64) ([]byte, error) {
	i, err := im.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if i.State != Checked || i.Report == nil || i.Report.Picture == nil {
		return nil, notChecked()
	}
	return os.ReadFile(im.previewPath(id))
}

// errNoPictures is said where there is no folder of rasters: by the verb for features.
var errNoPictures = haidang.RefuseField("file", "Ảnh GeoTIFF được nhập bằng lệnh haidang import raster, hoặc trên trang Nhập và xuất.",
	"A GeoTIFF is imported by haidang import raster, or on the page for import and export.")
