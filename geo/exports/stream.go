package exports

import (
	"bufio"
	"context"
	"io"

	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// Progress hears how many features are written, and of how many; 0 of how many: unknown.
type Progress func(done, total int64)

// Plan checks a request without carrying it out: ErrInvalid with the field at fault.
func Plan(l catalogue.Layer, r Request) error {
	_, err := newPlan(l, r)
	return err
}

// FileName is what a file of the request is called when somebody keeps it.
func FileName(l catalogue.Layer, r Request) string {
	p, _ := newPlan(l, r)
	return p.fileName()
}

// Stream writes the layer as GeoJSON or CSV as it is read, and says how many features
// it wrote. Coordinates are kept to a tenth of a millimetre. x comes before y, as GIS
// programs read them, whatever the authority's order of axes.
func Stream(ctx context.Context, db features.Beginner, l catalogue.Layer, r Request, w io.Writer, told Progress) (int64, error) {
	p, err := newPlan(l, r)
	if err != nil {
		return 0, err
	}
	return p.stream(ctx, db, w, told)
}

func (p plan) stream(ctx context.Context, db features.Beginner, w io.Writer, told Progress) (int64, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	var form writer = newGeoJSON(out, p)
	if p.format == CSV {
		form = newCSV(out, p)
	}
	n, err := p.write(ctx, db, form, told)
	if err != nil {
		return n, err
	}
	return n, out.Flush()
}

// writer puts features into a format.
type writer interface {
	begin() error
	feature(features.Feature) error
	end() error
}

// toldEvery is how many features lie between two words of progress.
const toldEvery = 1000

func (p plan) write(ctx context.Context, db features.Beginner, form writer, told Progress) (n int64, err error) {
	total := int64(0)
	if told == nil {
		told = func(int64, int64) {}
	} else {
		total = p.total(ctx, db, told)
	}
	if err := form.begin(); err != nil {
		return 0, err
	}
	err = features.Read(ctx, db, p.layer, p.query, func(f features.Feature) error {
		if n++; n%toldEvery == 0 {
			told(n, total)
		}
		return form.feature(f)
	})
	if err != nil {
		return n, err
	}
	told(n, n)
	return n, form.end()
}

// total is how many there will be, 0 when counting takes too long: a courtesy.
func (p plan) total(ctx context.Context, db features.Beginner, told Progress) int64 {
	n, err := features.Count(ctx, db, p.layer, p.query)
	if err != nil {
		return 0
	}
	told(0, n)
	return n
}
