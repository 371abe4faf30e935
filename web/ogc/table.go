package ogc

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// tableView is a page of features as people read them.
type tableView struct {
	Title   string
	Layer   catalogue.Layer
	Columns []heading
	Rows    []row
	Matched int64 // -1: not known
	Next    string
}

func (t tableView) title() string { return t.Title }

type heading struct {
	Name, Label, Unit string
	Right             bool // numbers stand to the right
}

type row struct {
	ID    int64
	Cells []cell
}

// cell is a value, and what it stands for when it is a code.
type cell struct {
	Text, Meaning string
	Right         bool
}

func (p *page) asHTML(ctx context.Context, w http.ResponseWriter) error {
	lists, err := catalogue.CodeLists(ctx, p.config.Pool, haidang.Day(time.Now()))
	if err != nil {
		return err
	}
	t := tableView{Title: p.layer.Title.In(p.spoken()), Layer: p.layer, Columns: p.headings(), Matched: p.matched}
	err = p.read(ctx, func(f features.Feature) error {
		t.Rows = append(t.Rows, row{f.FID, p.cells(f, lists)})
		return nil
	})
	if err != nil {
		return err
	}
	if p.more {
		t.Next = p.next().Href
	}
	writeLinks(w.Header(), p.links())
	return p.render(w, http.StatusOK, "items", t)
}

func (p *page) headings() (list []heading) {
	for _, c := range columnsOf(p.layer) {
		label := c.Label.In(p.spoken())
		if label == "" {
			label = c.Name
		}
		list = append(list, heading{c.Name, label, c.Unit, isNumber(c)})
	}
	return list
}

func isNumber(c catalogue.Column) bool {
	return c.Type == catalogue.Integer || c.Type == catalogue.Number
}

func (p *page) cells(f features.Feature, lists []catalogue.CodeList) (list []cell) {
	for _, c := range columnsOf(p.layer) {
		one := cell{Text: p.shown(c, f.Properties[c.Name]), Right: isNumber(c)}
		for _, codes := range lists {
			if c.CodeList == codes.Slug {
				one.Meaning = p.meaning(codes, one.Text)
			}
		}
		list = append(list, one)
	}
	return list
}

// meaning is what a code stands for, also one that is no longer to be used.
func (p *page) meaning(codes catalogue.CodeList, code string) string {
	if c, ok := codes.Find(code); ok {
		return c.Label.In(p.spoken())
	}
	if c, ok := codes.FindWithdrawn(code); ok {
		return c.Label.In(p.spoken()) + p.say(" (ngừng dùng)", " (withdrawn)")
	}
	return ""
}

// shown is a value as people read it.
func (p *page) shown(c catalogue.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return p.say("có", "yes")
		}
		return p.say("không", "no")
	case time.Time:
		if c.Type == catalogue.Date {
			return v.Format("02/01/2006")
		}
		return v.In(haidang.LocalTime).Format("02/01/2006 15:04")
	}
	return fmt.Sprint(v)
}

// itemView is one feature as people read it.
type itemView struct {
	Title   string
	Layer   catalogue.Layer
	ID      int64
	Columns []heading
	Cells   []cell
	Kind    string
	Box     string
	Links   []link
}

func (v itemView) title() string { return v.Title }

// itemPage shows one feature.
func (p *page) itemPage(w http.ResponseWriter, f features.Feature, links []link) error {
	lists, err := catalogue.CodeLists(p.r.Context(), p.config.Pool, haidang.Day(time.Now()))
	if err != nil {
		return err
	}
	v := itemView{Title: fmt.Sprintf("%s, %d", p.layer.Title.In(p.spoken()), f.FID), Layer: p.layer, ID: f.FID, Columns: p.headings(), Cells: p.cells(f, lists), Links: links}
	if f.Geometry != nil {
		v.Kind, v.Box = f.Geometry.GeoJSONType(), boxText(f.Geometry.Bound(), p.out.LatFirst, p.out.Geographic)
	}
	return p.render(w, http.StatusOK, "item", v)
}

// boxText spells a box in the axis order of its system.
func boxText(b orb.Bound, swap, degrees bool) string {
	if swap {
		b.Min[0], b.Min[1], b.Max[0], b.Max[1] = b.Min[1], b.Min[0], b.Max[1], b.Max[0]
	}
	digits := 2
	if degrees {
		digits = 6
	}
	return fmt.Sprintf("%.*f, %.*f; %.*f, %.*f", digits, b.Min[0], digits, b.Min[1], digits, b.Max[0], digits, b.Max[1])
}
