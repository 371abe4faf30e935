package features

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/crs"
)

// Hit is a feature that the search found.
type Hit struct {
	Layer         catalogue.Layer
	FID           int64
	Title, Detail haidang.Text
	Lon, Lat      float64    // a point of the feature, WGS 84
	BBox          [4]float64 // west, south, east, north
	rank, length  int
}

// Place is a spot whose coordinates were typed.
type Place struct {
	Lon, Lat      float64 // WGS 84
	X, Y          float64 // VN-2000 in Zone, metres: X is the northing, as in the cadastre
	Zone          crs.CRS // the one that was typed, else the province's
	Title, Detail string
}

// The limits of a search.
const (
	MaxSearch     = 200 // characters
	maxWords      = 10
	candidates    = 500 // features of a layer that are ranked
	searchTimeout = 2 * time.Second
)

// Search finds features of the layers by their search columns, the best first. Marks
// and case do not matter; all words have to be there, and the last one may be begun
// only. "tờ 12 thửa 345" binds numbers to the columns so labelled. ErrUnavailable: it
// took too long.
func Search(ctx context.Context, db Beginner, layers []catalogue.Layer, q string, limit int) (hits []Hit, err error) {
	ctx, cancel := context.WithTimeout(ctx, searchTimeout+patience)
	defer cancel()
	err = limited(ctx, db, searchTimeout, func(tx pgx.Tx) error {
		var folded string
		if err := tx.QueryRow(ctx, `SELECT search_words($1)`, clip(q)).Scan(&folded); err != nil {
			return fmt.Errorf("read the words of a search: %w", err)
		}
		words := strings.Fields(folded)
		if len(words) == 0 {
			return nil
		}
		hits, err = searchAll(ctx, tx, layers, words[:min(len(words), maxWords)], limit)
		return source{}.refuse(err)
	})
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.length, b.length))
	})
	return hits[:min(len(hits), limit)], err
}

func clip(q string) string {
	r := []rune(strings.ToValidUTF8(strings.ReplaceAll(q, "\x00", " "), " "))
	return string(r[:min(len(r), MaxSearch)])
}

// searchAll asks all layers in one go.
func searchAll(ctx context.Context, tx pgx.Tx, layers []catalogue.Layer, words []string, limit int) (hits []Hit, err error) {
	batch := &pgx.Batch{}
	for _, l := range layers {
		s, err := newSource(l)
		if err != nil || l.SearchSQL() == "" {
			continue // pictures, and layers that nobody searches
		}
		what := newSearch(l, words)
		if l.SearchesNumbers() && slices.ContainsFunc(what.words, func(w string) bool { return !isNumber(w) }) {
			continue // no number is spelled like that
		}
		sql, args := what.sql(s, l, limit)
		batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Hit, error) { return scanHit(row, l) })
			hits = append(hits, found...)
			return err
		})
	}
	return hits, tx.SendBatch(ctx, batch).Close()
}

// search is what is looked for in one layer.
type search struct {
	words []string
	bound map[string]string // numbers by the column whose label stood before them
}

// newSearch drops the words of labels of whole-number columns where a number follows.
func newSearch(l catalogue.Layer, words []string) search {
	s := search{bound: map[string]string{}}
	var column string
	for _, w := range words {
		switch {
		case labelled(l, w) != "":
			column = labelled(l, w)
			continue
		case isNumber(w) && column != "":
			s.bound[column], column = w, ""
		}
		s.words = append(s.words, w)
	}
	if len(s.bound) == 0 {
		s.words = words // then they were no labels
	}
	return s
}

// labelled is the column in whose label the word stands, if it holds whole numbers.
func labelled(l catalogue.Layer, word string) string {
	for _, c := range l.SearchColumns() {
		if c.Type == catalogue.Integer && slices.Contains(strings.Fields(fold(c.Label.VI+" "+c.Label.EN)), word) {
			return c.Name
		}
	}
	return ""
}

func isNumber(word string) bool {
	return len(word) <= 18 && strings.Trim(word, "0123456789") == ""
}

// query is the words as a tsquery: each whole, the last one perhaps only begun.
func (s search) query() string {
	parts := make([]string, len(s.words))
	for i, w := range s.words {
		parts[i] = "'" + w + "'"
		if i == len(s.words)-1 && !isNumber(w) {
			parts[i] += ":*"
		}
	}
	return strings.Join(parts, " & ")
}

// matching are the conditions that the words put, such that an index serves them.
func (s search) matching(n *question, l catalogue.Layer) (all []string) {
	if !l.SearchesNumbers() {
		return []string{"to_tsvector('simple'::regconfig, " + l.SearchSQL() + ") @@ to_tsquery('simple', " + n.arg(s.query()) + ")"}
	}
	for _, w := range s.words {
		var either []string
		for _, c := range l.SearchColumns() {
			either = append(either, quote(c.Name)+" = "+n.arg(w)+"::text::bigint")
		}
		all = append(all, "("+strings.Join(either, " OR ")+")")
	}
	return all
}

// sql finds candidates by the index and ranks them: the very words, then what begins
// with them, then what has them side by side.
func (s search) sql(src source, l catalogue.Layer, limit int) (string, []any) {
	n := question{source: src}
	words := l.SearchSQL()
	n.conditions = s.matching(&n, l)
	for column, number := range s.bound {
		n.conditions = append(n.conditions, quote(column)+" = "+n.arg(number)+"::text::bigint")
	}
	if src.band >= 0 {
		n.conditions = append(n.conditions, "t.band = "+n.arg(src.band))
	}
	if l.Dated {
		now := time.Now()
		n.conditions = append(n.conditions, "t.period @> "+n.arg(day(&now))+"::date")
	}
	var values []string
	for _, c := range l.SearchColumns() {
		values = append(values, quote(c.Name)+"::text")
	}
	phrase := n.arg(strings.Join(s.words, " "))
	return fmt.Sprintf(`SELECT fid, shown, rank, length(w), ST_X(p), ST_Y(p), ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (
		SELECT *, CASE WHEN w = %[1]s THEN 0 WHEN w LIKE %[1]s || ' %%' THEN 1 WHEN w LIKE %[1]s || '%%' THEN 2 WHEN w LIKE '%%' || %[1]s || '%%' THEN 3 ELSE 4 END AS rank FROM (
			SELECT t.fid, ARRAY[%[2]s] AS shown, %[3]s AS w, %[4]s AS geom FROM %[5]s t%[6]s LIMIT %[7]d) found
		ORDER BY rank, length(w), fid LIMIT %[8]s::bigint) best,
		LATERAL (SELECT ST_Transform(geom, 4326) AS g, ST_Transform(ST_PointOnSurface(geom), 4326) AS p) place
		ORDER BY rank, length(w), fid`, phrase+"::text", strings.Join(values, ", "), words, src.geom, src.table, n.where(), candidates, n.arg(limit)), n.args
}

func scanHit(row pgx.CollectableRow, l catalogue.Layer) (Hit, error) {
	h := Hit{Layer: l}
	var shown []*string
	err := row.Scan(&h.FID, &shown, &h.rank, &h.length, &h.Lon, &h.Lat, &h.BBox[0], &h.BBox[1], &h.BBox[2], &h.BBox[3])
	h.Title, h.Detail = title(l, shown)
	return h, err
}

// title names a feature by its label or its first text, else by all it is searched by;
// the rest is its detail.
func title(l catalogue.Layer, shown []*string) (title, detail haidang.Text) {
	columns := l.SearchColumns()
	first := slices.IndexFunc(columns, func(c catalogue.Column) bool { return c.Name == l.Label && c.Type == catalogue.Text })
	if first < 0 || empty(shown[first]) {
		first = -1
		for i, c := range columns {
			if c.Type == catalogue.Text && !empty(shown[i]) {
				first = i
				break
			}
		}
	}
	var vi, en []string
	for i, c := range columns {
		if i == first || empty(shown[i]) {
			continue
		}
		vi = append(vi, strings.TrimSpace(c.Label.VI+" "+*shown[i]))
		en = append(en, strings.TrimSpace(cmp.Or(c.Label.EN, c.Label.VI)+" "+*shown[i]))
	}
	rest := haidang.Text{VI: strings.Join(vi, ", "), EN: strings.Join(en, ", ")}
	if first < 0 {
		return rest, haidang.Text{}
	}
	return haidang.Text{VI: *shown[first], EN: *shown[first]}, rest
}

func empty(s *string) bool { return s == nil || strings.TrimSpace(*s) == "" }

// FindPlace reads typed coordinates: VN-2000 ("X 1061987 Y 553214", of the province's zone
// unless one stands behind: "1061987 553214 105-00") or WGS 84 ("9.6, 105.97"), in either
// order. Title is the pair in the system in which it was read. Nothing is nil.
func FindPlace(ctx context.Context, db Beginner, q string) (*Place, error) {
	s, ok := readSpot(clip(q))
	if !ok {
		return nil, nil //nolint:nilnil // no coordinates
	}
	ctx, cancel := context.WithTimeout(ctx, searchTimeout+patience)
	defer cancel()
	p := Place{Zone: crs.Province()}
	if s.srid != crs.WGS84.SRID {
		p.Zone, _ = crs.BySRID(s.srid)
	}
	err := limited(ctx, db, searchTimeout, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT ST_X(g), ST_Y(g), ST_Y(v), ST_X(v)
			FROM (SELECT ST_SetSRID(ST_MakePoint($1, $2), $3::integer) AS typed) t, LATERAL (SELECT ST_Transform(typed, 4326) AS g, ST_Transform(typed, $4::integer) AS v) both_ways`,
			s.x, s.y, s.srid, p.Zone.SRID).Scan(&p.Lon, &p.Lat, &p.X, &p.Y)
	})
	if err != nil {
		return nil, fmt.Errorf("place coordinates: %w", err)
	}
	p.Title, p.Detail = p.names()
	if s.srid != crs.WGS84.SRID {
		p.Title, p.Detail = p.Detail, p.Title
	}
	return &p, nil
}
