package operations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo"
)

// Submission is a report as a citizen sends it.
type Submission struct {
	Category    string
	Description string           // 10 to 2000 characters
	Language    string           // vi, km or en; empty is vi
	Lon, Lat    *float64         // the pin, WGS 84 degrees; both or neither
	Unit        haidang.UnitCode // the commune, where there is no pin
	Photo       io.Reader        // nil without one
	Simulated   bool

	// IdempotencyKey makes a second sending the same report. It is the sender's
	// secret: at least 128 random bits in 22 to 128 letters, digits, "-" and "_".
	// Empty means that every sending is a report of its own.
	IdempotencyKey string
}

// The bounds of a description, in characters.
const (
	minDescription = 10
	maxDescription = 2000
)

// words is what a report says.
type words struct {
	Category    string `json:"category"`
	Description string `json:"description"`
	Language    string `json:"language"`
}

// clean checks the words and spells them as they are kept.
func (w words) clean() (words, error) {
	w.Category, w.Description = tidy(w.Category), tidy(w.Description)
	if w.Language == "" {
		w.Language = "vi"
	}
	switch n := utf8.RuneCountInString(w.Description); {
	case n < minDescription:
		return w, &haidang.Error{Code: haidang.ErrInvalid, Field: "description", Text: haidang.Text{
			VI: fmt.Sprintf("Hãy tả việc bạn thấy bằng ít nhất %d ký tự.", minDescription),
			EN: fmt.Sprintf("Describe what you see in at least %d characters.", minDescription),
			KM: fmt.Sprintf("សូមសរសេរអ្វីដែលអ្នកឃើញ យ៉ាងតិច %d តួអក្សរ។", minDescription)}}
	case n > maxDescription:
		return w, &haidang.Error{Code: haidang.ErrInvalid, Field: "description", Text: haidang.Text{
			VI: fmt.Sprintf("Mô tả dài nhất là %d ký tự; bạn đã viết %d. Hãy viết ngắn hơn.", maxDescription, n),
			EN: fmt.Sprintf("A description has at most %d characters; yours has %d. Make it shorter.", maxDescription, n),
			KM: fmt.Sprintf("ការរៀបរាប់មានច្រើនបំផុត %d តួអក្សរ។ សូមសរសេរឱ្យខ្លីជាងនេះ។", maxDescription)}}
	case !slices.Contains([]string{"vi", "km", "en"}, w.Language):
		return w, haidang.RefuseField("language", "Ngôn ngữ là vi, km hoặc en.", "The language is vi, km or en.")
	}
	return w, nil
}

var idempotencyKey = regexp.MustCompile(`^[A-Za-z0-9_-]{22,128}$`)

// codeFor is the code of a submission: that of its key, or a random one.
func codeFor(key string) (haidang.TrackingCode, error) {
	if key == "" {
		return newTrackingCode(), nil
	}
	if !idempotencyKey.MatchString(key) {
		return "", haidang.RefuseField("Idempotency-Key", "Khoá gửi lại gồm 22 đến 128 chữ, số, gạch ngang, gạch dưới, và phải ngẫu nhiên.",
			"The idempotency key has 22 to 128 letters, digits, hyphens and underscores, and must be random.")
	}
	return codeForKey(key), nil
}

// place is where a report is about.
type place struct {
	Lon, Lat float64
	Exact    bool // a pin; without one the point stands for its commune
	Unit     haidang.UnitCode
	UnitName string
}

// findPlace returns the place of a pin, or of a commune without one, by the units in
// force on the day. A refusal names the field at fault.
func findPlace(ctx context.Context, db geo.Querier, lon, lat *float64, unit haidang.UnitCode, day time.Time) (place, error) {
	switch {
	case lon != nil && lat != nil && validDegrees(*lon, *lat):
		return pinned(ctx, db, *lon, *lat, day)
	case lon != nil || lat != nil:
		return place{}, haidang.RefuseField("lon", "Vị trí không hợp lệ. Hãy đặt lại điểm trên bản đồ.", "The position is not valid. Place the pin again.")
	case unit != "":
		return inCommune(ctx, db, unit, day)
	}
	return place{}, &haidang.Error{Code: haidang.ErrInvalid, Field: "unit", Text: haidang.Text{
		VI: "Hãy đặt điểm trên bản đồ hoặc chọn xã, phường.", EN: "Place a pin on the map or choose a commune.",
		KM: "សូមដៅទីតាំងលើផែនទី ឬជ្រើសឃុំ សង្កាត់។"}}
}

func validDegrees(lon, lat float64) bool {
	return !math.IsNaN(lon) && !math.IsNaN(lat) && math.Abs(lon) <= 180 && math.Abs(lat) <= 90
}

func pinned(ctx context.Context, db geo.Querier, lon, lat float64, day time.Time) (place, error) {
	unit, err := geo.UnitAt(ctx, db, lon, lat, day)
	if haidang.CodeOf(err) == haidang.ErrNotFound && err != nil {
		return place{}, &haidang.Error{Code: haidang.ErrInvalid, Field: "lon", Text: haidang.Text{
			VI: "Điểm này nằm ngoài địa bàn tỉnh. Hãy đặt lại điểm, hoặc chọn xã, phường.",
			EN: "This point is outside the province. Move the pin, or choose a commune.",
			KM: "ទីតាំងនេះនៅក្រៅខេត្ត។ សូមដៅម្តងទៀត ឬជ្រើសឃុំ សង្កាត់។"}}
	}
	if err != nil {
		return place{}, err
	}
	return place{Lon: lon, Lat: lat, Exact: true, Unit: unit.Code, UnitName: unit.Name}, nil
}

// inCommune stands for somewhere in the commune: a point that is surely inside.
func inCommune(ctx context.Context, db geo.Querier, unit haidang.UnitCode, day time.Time) (place, error) {
	p := place{}
	err := db.QueryRow(ctx, `SELECT ST_X(p), ST_Y(p), code, name_vi FROM (
			SELECT ST_PointOnSurface(geom) AS p, code, name_vi FROM units_on($1::date) WHERE code = $2 AND level = $3 LIMIT 1) AS unit`,
		day.Format(time.DateOnly), tidy(string(unit)), geo.LevelCommune).Scan(&p.Lon, &p.Lat, &p.Unit, &p.UnitName)
	if errors.Is(err, pgx.ErrNoRows) {
		return place{}, haidang.RefuseField("unit", "Không có xã, phường này hôm nay. Hãy chọn lại.", "There is no such commune today. Choose again.")
	}
	if err != nil {
		return place{}, fmt.Errorf("find commune: %w", err)
	}
	return p, nil
}
