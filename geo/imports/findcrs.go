package imports

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/geo/crs"
)

// findCRS names the systems in which the layer's coordinates make sense. What the
// file declares is believed when its place agrees; where nothing is declared and
// several systems fit, none is chosen.
func (im *Importer) findCRS(ctx context.Context, l SourceLayer, wkt string, f Format) (CRSFinding, error) {
	found := CRSFinding{Declared: clip(strings.Join(strings.Fields(wkt), " "), 300), Candidates: []CRSCandidate{}}
	if len(l.sample) == 0 {
		return found, nil
	}
	declared, known := declaredCRS(wkt)
	found.named = !known || declared == crs.WGS84 || vietnamIn.MatchString(wkt)
	if f.wgs84 {
		declared, known = crs.WGS84, true
	}
	all, err := im.place(ctx, l.sample, plausible(middle(l.sample)))
	if err != nil {
		return found, err
	}
	found.Candidates = best(all, declared, known)
	found.choose(declared, known)
	return found, nil
}

// trial is one way to read the coordinates.
type trial struct {
	crs  crs.CRS
	swap bool
}

// middle is where most of the vertices are: a few strays say nothing of the system.
func middle(sample [][2]float64) extent {
	var e extent
	values := make([]float64, len(sample))
	for axis := range 2 {
		for i, p := range sample {
			values[i] = p[axis]
		}
		slices.Sort(values)
		e[axis], e[axis+2] = values[len(values)/10], values[len(values)-1-len(values)/10]
	}
	return e
}

// plausible lists the ways to read coordinates of that extent that lie in or near
// Vietnam.
func plausible(e extent) (all []trial) {
	inBox := func(w, s, n, o float64) bool { return e[0] >= w && e[1] >= s && e[2] <= n && e[3] <= o }
	degrees := inBox(100, 5, 120, 25)
	degreesSwapped := inBox(5, 100, 25, 120)
	metres := inBox(-300_000, 600_000, 1_400_000, 2_700_000)
	metresSwapped := inBox(600_000, -300_000, 2_700_000, 1_400_000)
	for _, c := range crs.All() {
		switch {
		case c == crs.WGS84 || c.Geographic && c.Vietnamese():
			all = add(all, c, degrees, degreesSwapped)
		case c.Geographic:
		case c == crs.WebMercator:
			all = add(all, c, inBox(11_100_000, 550_000, 13_400_000, 2_900_000), inBox(550_000, 11_100_000, 2_900_000, 13_400_000))
		default:
			all = add(all, c, metres, metresSwapped)
		}
	}
	return all
}

func add(all []trial, c crs.CRS, straight, swapped bool) []trial {
	if straight {
		all = append(all, trial{c, false})
	}
	if swapped {
		all = append(all, trial{c, true})
	}
	return all
}

// place asks PostGIS, by pinned SRIDs, where the vertices would lie in each system.
func (im *Importer) place(ctx context.Context, sample [][2]float64, ways []trial) (all []CRSCandidate, err error) {
	xs, ys := make([]float64, len(sample)), make([]float64, len(sample))
	for i, p := range sample {
		xs[i], ys[i] = p[0], p[1]
	}
	for _, w := range ways {
		c := CRSCandidate{CRS: w.crs.String(), Name: w.crs.Name, Swapped: w.swap}
		x, y := xs, ys
		if w.swap {
			x, y = ys, xs
		}
		err := im.pool.QueryRow(ctx, `
			WITH p AS (SELECT ST_Transform(ST_SetSRID(ST_MakePoint(x, y), $3), 4326) AS geom FROM unnest($1::float8[], $2::float8[]) AS v (x, y)),
			middle AS (SELECT ST_Centroid(ST_Collect(geom)) AS geom FROM p),
			unit AS MATERIALIZED (SELECT geom, name_vi FROM units_on($4) WHERE level = 3)
			SELECT (SELECT count(*) FROM unit JOIN p ON ST_Intersects(unit.geom, p.geom))::float8 / (SELECT count(*) FROM p),
				coalesce((SELECT name_vi FROM unit WHERE ST_Intersects(unit.geom, middle.geom) LIMIT 1), ''), ST_X(middle.geom), ST_Y(middle.geom) FROM middle`,
			x, y, w.crs.SRID, time.Now()).Scan(&c.Inside, &c.Where, &c.Lon, &c.Lat)
		c.Inside = min(c.Inside, 1) // a vertex on a border lies in two
		if err != nil {
			return nil, err
		}
		if w.crs.Covers(c.Lon, c.Lat) || c.Inside > 0 {
			all = append(all, c)
		}
	}
	return all, nil
}

// mostCandidates bounds what a person has to choose from.
const mostCandidates = 12

// best puts the declared system first, then by how much lies in the province.
func best(all []CRSCandidate, declared crs.CRS, known bool) []CRSCandidate {
	rank := func(c CRSCandidate) float64 {
		r := c.Inside
		if known && c.CRS == declared.String() {
			r += 2
		}
		if c.CRS == crs.Province().String() {
			r += 0.001 // the first to be shown among equals, not chosen for it
		}
		return r
	}
	slices.SortStableFunc(all, func(a, b CRSCandidate) int { return cmp.Compare(rank(b), rank(a)) })
	return all[:min(len(all), mostCandidates)]
}

// close is how near to the best another candidate's share must come to be as good.
const closeShare = 0.05

func (f *CRSFinding) choose(declared crs.CRS, known bool) {
	c := f.Candidates
	switch {
	case len(c) == 0:
		f.Remark = haidang.Text{VI: "Trong mọi hệ tọa độ nhận được, tệp nằm ngoài Việt Nam. Có thể tọa độ là quy ước hay bản vẽ chưa đặt vào vị trí thật.",
			EN: "In every system that is taken the file lies outside of Vietnam. Its coordinates may be a drawing's own, not yet put in their place."}
	case known && c[0].CRS == declared.String():
		f.Chosen, f.Swapped = c[0].CRS, c[0].Swapped
		if !f.named {
			f.Remark = haidang.Text{VI: "Tệp ghi phép chiếu của hệ này nhưng không ghi mốc VN-2000; coi là VN-2000. Hãy xem trên bản đồ trước khi ghi.",
				EN: "The file has this system's projection but does not name the datum VN-2000; it is taken for it. Look at the map before it is applied."}
		}
		if c[0].Swapped {
			f.Remark = swappedText
		}
	case known:
		f.Remark = haidang.Text{VI: "Tệp ghi hệ " + declared.String() + " nhưng theo hệ ấy thì nằm ngoài phạm vi của hệ. Hãy chọn hệ đúng.",
			EN: "The file says " + declared.String() + ", but in that system it lies outside of the system's area. Choose the right one."}
	case c[0].Inside > 0 && (len(c) == 1 || c[0].Inside-c[1].Inside > closeShare):
		f.Chosen, f.Swapped = c[0].CRS, c[0].Swapped
		f.Remark = haidang.Text{VI: "Tệp không ghi hệ tọa độ; chỉ với hệ này thì nằm trong địa bàn. Hãy xem trên bản đồ trước khi ghi.",
			EN: "The file declares no coordinate system; only in this one does it lie in the province. Look at the map before it is applied."}
	default:
		f.Remark = haidang.Text{VI: "Tệp không ghi hệ tọa độ nào dùng được và có nhiều hệ phù hợp. Hãy hỏi nơi lập tệp rồi chọn.",
			EN: "The file declares no usable coordinate system and several would fit. Ask whoever made it, then choose."}
	}
}

var swappedText = haidang.Text{VI: "X và Y trong tệp đổi chỗ cho nhau (theo lối địa chính X là hướng bắc); khi nhập sẽ đổi lại.",
	EN: "X and Y are exchanged in the file (in the cadastre X is north); they are exchanged back."}

var (
	topID      = regexp.MustCompile(`ID\["EPSG",(\d+)\]\s*\]\s*$`)
	meridianIn = regexp.MustCompile(`(?i)"(?:Longitude of natural origin|central_meridian)",\s*(-?[\d.]+)`)
	scaleIn    = regexp.MustCompile(`(?i)"(?:Scale factor at natural origin|scale_factor)",\s*([\d.]+)`)
	eastingIn  = regexp.MustCompile(`(?i)"(?:False easting|false_easting)",\s*(-?[\d.]+)`)
	northingIn = regexp.MustCompile(`(?i)"(?:False northing|false_northing)",\s*(-?[\d.]+)`)
	vietnamIn  = regexp.MustCompile(`(?i)vn[-_ ]?2000|viet[-_ ]?nam|hanoi|\b-?191\.90`)
)

// declaredCRS understands what a file says: a code of ours, or a projection that is
// one of VN-2000's by its central meridian and scale, however it is spelled and
// whatever shift it claims: the shift is taken from the decision, never from the file.
func declaredCRS(wkt string) (crs.CRS, bool) {
	if m := topID.FindStringSubmatch(wkt); m != nil && !strings.HasPrefix(wkt, "BOUNDCRS") {
		if c, err := crs.Parse("crs", "EPSG:"+m[1]); err == nil {
			return normal(c), true
		}
	}
	if wkt == "" || !strings.Contains(wkt, "Transverse") && !strings.Contains(wkt, "UTM") {
		if vietnamIn.MatchString(wkt) && !strings.Contains(wkt, "PROJ") {
			return normalByCode("4756")
		}
		return crs.CRS{}, false
	}
	meridian, scale := number(meridianIn, wkt), number(scaleIn, wkt)
	if number(eastingIn, wkt) != 500_000 || number(northingIn, wkt) != 0 || !vietnamIn.MatchString(wkt) && math.Abs(scale-0.9999) > 1e-9 {
		return crs.CRS{}, false // UTM on another datum is another system; no other country projects with 0.9999
	}
	for _, c := range crs.All() {
		if c.Vietnamese() && c.Projected() && math.Abs(c.Meridian-meridian) < 1e-6 && math.Abs(c.Scale-scale) < 1e-9 {
			return c, true
		}
	}
	return crs.CRS{}, false
}

// normal has x, then y, as GDAL hands out coordinates whatever the authority's order.
func normal(c crs.CRS) crs.CRS {
	if n, ok := crs.BySRID(c.SRID); ok {
		return n
	}
	return c
}

func normalByCode(code string) (crs.CRS, bool) {
	c, err := crs.Parse("crs", code)
	return c, err == nil
}

func number(form *regexp.Regexp, text string) float64 {
	m := form.FindStringSubmatch(text)
	if m == nil {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return math.NaN()
	}
	return n
}
