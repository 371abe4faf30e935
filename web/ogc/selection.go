package ogc

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
	"haidang/geo/features"
)

// The limits of a page. The OpenAPI document says the same, and QGIS reads it there.
const (
	defaultLimit = 100
	maxLimit     = 10_000
	htmlLimit    = 50
	maxFilter    = 16 << 10 // bytes
)

var itemsParams = []string{"limit", "bbox", "bbox-crs", "crs", "datetime", "at", "filter", "filter-lang", "filter-crs", "resultType", "sortby", "cursor"}

// selection is which features are wanted, and how.
type selection struct {
	features.Query
	out  crs.CRS
	hits bool // only how many
}

// selectItems reads the parameters of the items of a layer.
func (q *ask) selectItems(l catalogue.Layer) (s selection, err error) {
	if err := q.knows(names(queryables(l))...); err != nil {
		return s, err
	}
	if s.out, err = q.system("crs"); err != nil {
		return s, err
	}
	s.SRID = s.out.SRID
	if s.Limit, err = q.limit(); err != nil {
		return s, err
	}
	if s.SortBy, err = q.sortby(l); err != nil {
		return s, err
	}
	if s.After, s.Beyond, err = q.cursor(len(s.SortBy)); err != nil {
		return s, err
	}
	if s.BBox, s.BBoxSRID, err = q.bbox(); err != nil {
		return s, err
	}
	if s.From, s.Until, err = q.datetime(); err != nil {
		return s, err
	}
	if s.At, err = q.at(); err != nil {
		return s, err
	}
	if s.hits, err = q.resultType(); err != nil {
		return s, err
	}
	return s, q.filter(l, &s.Query)
}

// system reads a parameter that names a coordinate system; CRS84 when it is not there.
func (q *ask) system(name string) (crs.CRS, error) {
	value := q.query.Get(name)
	if value == "" && !q.query.Has(name) {
		return crs.WGS84, nil
	}
	return crs.Parse(name, value)
}

func (q *ask) limit() (int, error) {
	text := q.query.Get("limit")
	if text == "" && !q.query.Has("limit") {
		if q.html {
			return htmlLimit, nil
		}
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, haidang.RefuseField("limit", fmt.Sprintf("limit phải là số nguyên từ 1 đến %d.", maxLimit), fmt.Sprintf("limit is a whole number from 1 to %d.", maxLimit))
	}
	if q.html {
		return min(n, 10*htmlLimit), nil
	}
	return min(n, maxLimit), nil // as part 1 asks: more is served as the most
}

func (q *ask) resultType() (hits bool, err error) {
	switch q.query.Get("resultType") {
	case "":
		if !q.query.Has("resultType") {
			return false, nil
		}
	case "results":
		return false, nil
	case "hits":
		return true, nil
	}
	return false, haidang.RefuseField("resultType", "resultType là results hoặc hits.", "resultType is results or hits.")
}

// bbox reads the box in the axis order of its system and returns it as the database
// has it: x, y.
func (q *ask) bbox() (*orb.Bound, int, error) {
	system, err := q.system("bbox-crs")
	if err != nil || !q.query.Has("bbox") {
		return nil, 0, err
	}
	n, err := numbers(q.query.Get("bbox"))
	if err != nil {
		return nil, 0, err
	}
	if len(n) == 6 {
		n = []float64{n[0], n[1], n[3], n[4]} // heights: no layer has them
	}
	if system.LatFirst {
		n = []float64{n[1], n[0], n[3], n[2]}
	}
	if system.Geographic && n[0] > n[2] {
		n[0], n[2] = unwrap(n[0], n[2])
	}
	if n[0] > n[2] || n[1] > n[3] {
		return nil, 0, refuseBox()
	}
	return &orb.Bound{Min: orb.Point{n[0], n[1]}, Max: orb.Point{n[2], n[3]}}, system.SRID, nil
}

// unwrap cuts a box across the antimeridian to the half that Vietnam lies in: nothing
// here lies in the other.
func unwrap(west, east float64) (float64, float64) {
	const vietnam = 102
	if east >= vietnam {
		return -180, east
	}
	return west, 180
}

func refuseBox() error {
	return haidang.RefuseField("bbox", "bbox là 4 số (hoặc 6, có độ cao) cách nhau bởi dấu phẩy: góc dưới trái rồi góc trên phải, theo thứ tự trục của bbox-crs.",
		"bbox is 4 numbers (or 6, with heights) with commas between: the lower left, then the upper right corner, in the axis order of bbox-crs.")
}

func numbers(text string) (list []float64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || n != n || n > 1e15 || n < -1e15 || len(list) == 6 {
			return nil, refuseBox()
		}
		list = append(list, n)
	}
	if len(list) != 4 && len(list) != 6 {
		return nil, refuseBox()
	}
	return list, nil
}

// datetime reads an instant or an interval as part 1 spells them; nil is without end.
func (q *ask) datetime() (from, until *time.Time, err error) {
	text := q.query.Get("datetime")
	if !q.query.Has("datetime") {
		return nil, nil, nil
	}
	start, end, isInterval := strings.Cut(text, "/")
	if from, err = moment(start, isInterval); err != nil {
		return nil, nil, err
	}
	if !isInterval {
		return from, from, nil
	}
	if until, err = moment(end, true); err != nil {
		return nil, nil, err
	}
	if from != nil && until != nil && until.Before(*from) {
		return nil, nil, refuseTime()
	}
	return from, until, nil
}

// at reads the instant as of which somebody asks for the layer; nil: as it is.
func (q *ask) at() (*time.Time, error) {
	if !q.query.Has("at") {
		return nil, nil //nolint:nilnil // now
	}
	t, err := catalogue.Instant(q.query.Get("at"))
	return &t, cmp.Or(err, catalogue.RequirePast(q.who))
}

func moment(text string, open bool) (*time.Time, error) {
	if open && (text == "" || text == "..") {
		return nil, nil //nolint:nilnil // without end
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return &t, nil
		}
	}
	return nil, refuseTime()
}

func refuseTime() error {
	return haidang.RefuseField("datetime", "datetime là một ngày (2025-07-01), một thời điểm (2025-07-01T00:00:00Z) hoặc một khoảng (2020-01-01/.., ../2025-06-30).",
		"datetime is a day (2025-07-01), an instant (2025-07-01T00:00:00Z) or an interval (2020-01-01/.., ../2025-06-30).")
}
