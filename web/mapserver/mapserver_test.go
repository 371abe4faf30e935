package mapserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/png"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/postgres/pgtest"
)

// TestOpenLayersOnly: both capabilities list the open layers, and nothing says that
// the closed one is there.
func TestOpenLayersOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, path := range []string{"/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities", "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
		"/ogc/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities", "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType"} {
		status, kind, body := h.get(t, path)
		if status != http.StatusOK || !strings.Contains(kind, "xml") || !strings.Contains(body, "lot") || !strings.Contains(body, "works_line") || strings.Contains(body, "well") {
			t.Errorf("%s: %d %s\n%s", path, status, kind, body)
		}
	}
	for _, path := range []string{"/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=well", "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:well",
		"/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=well&STYLES=&CRS=EPSG:9209&BBOX=546000,1060000,546100,1060100&WIDTH=64&HEIGHT=64&FORMAT=image/png",
		"/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=well.1"} {
		if _, kind, body := h.get(t, path); strings.Contains(body, "Bí mật") || strings.Contains(body, "546050") || strings.HasPrefix(kind, "image/") {
			t.Errorf("%s: %s\n%s", path, kind, body)
		}
	}
}

// TestReader: the role may read the open layers' columns and nothing else, also by
// SQL of its own; what is closed later is out of reach at once.
func TestReader(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	conn, err := pgx.Connect(t.Context(), "host="+h.dir+" user=anybody dbname=anything sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	may := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql)
		return err
	}
	if err := may(`SELECT fid, land_use, geom_3857 FROM layer_lot`); err != nil {
		t.Errorf("an open layer: %v", err)
	}
	for _, sql := range []string{`SELECT * FROM layer_well`, `SELECT * FROM account`, `SELECT row_version FROM layer_lot`, `SELECT * FROM open_reader`, `SELECT * FROM layer`,
		`UPDATE layer_lot SET land_use = 'X'`, `SET default_transaction_read_only = off; UPDATE layer_lot SET land_use = 'X'`, `SET ROLE postgres`, `CREATE TABLE x (a int)`,
		`COPY (SELECT 1) TO PROGRAM 'true'`, `SELECT pg_read_file('/etc/passwd')`} {
		if err := may(sql); err == nil {
			t.Errorf("the reader may: %s", sql)
		}
	}
	h.setRights(t, "lot", catalogue.StaffRights("sotnmt"))
	h.eventually(t, "the closed layer is out of reach", func() bool { return may(`SELECT fid FROM layer_lot`) != nil })
	h.eventually(t, "the closed layer is not listed", func() bool {
		_, _, body := h.get(t, "/ogc/wms?SERVICE=WMS&REQUEST=GetCapabilities")
		return !strings.Contains(body, "<Name>lot</Name>")
	})
}

func (h *house) setRights(t *testing.T, slug haidang.LayerSlug, rights []catalogue.Right) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		l, err := catalogue.Get(t.Context(), tx, slug)
		if err != nil {
			return err
		}
		l.Rights = rights
		return catalogue.Update(t.Context(), tx, l)
	})
	if err != nil {
		t.Fatal(err)
	}
}

var coordinates = regexp.MustCompile(`<gml:posList[^>]*>([^<]*)</gml:posList>`)

// TestPositions holds what WFS says to PostGIS, in the cadastre's zone to the
// millimetre: PROJ's own choice would be 0.82 m off.
func TestPositions(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for code, srid := range map[int]int{9209: 959209, 5897: 955897, 3857: 3857, 4326: 4326} {
		_, _, body := h.get(t, fmt.Sprintf("/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=lot&SRSNAME=urn:ogc:def:crs:EPSG::%d", code))
		found := coordinates.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("EPSG:%d: no coordinates in\n%s", code, body)
		}
		words := strings.Fields(found[1])
		x, _ := strconv.ParseFloat(words[0], 64)
		y, _ := strconv.ParseFloat(words[1], 64)
		if code == 4326 {
			x, y = y, x
		}
		var metres float64
		err := h.pool.QueryRow(t.Context(), `SELECT min(ST_Distance(ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), $3::int), 959209), (d).geom)) FROM
			(SELECT ST_DumpPoints(geom) AS d FROM layer_lot) t`, x, y, srid).Scan(&metres)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("EPSG:%d: %.1f, %.1f is %.4f m from a corner", code, x, y, metres)
		if limit := map[bool]float64{true: 0.001, false: 0.12}[code != 4326]; metres > limit { // degrees come with six digits
			t.Errorf("EPSG:%d: %f, %f is %.3f m from the nearest corner", code, x, y, metres)
		}
	}
}

// TestMap looks at a map: the red square is where the parcel is, in every system.
func TestMap(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	status, kind, body := h.get(t, "/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=lot&STYLES=&CRS=EPSG:9209&BBOX=545950.125,1059950.5,546150.125,1060150.5&WIDTH=400&HEIGHT=400&FORMAT=image/png&TRANSPARENT=TRUE")
	if status != http.StatusOK || kind != "image/png" {
		t.Fatalf("%d %s %s", status, kind, body)
	}
	img, _, err := image.Decode(bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	var n, sx, sy float64
	for y := range 400 {
		for x := range 400 {
			if r, g, _, a := img.At(x, y).RGBA(); a > 0x8000 && r > 0x8000 && g < 0x4000 {
				n, sx, sy = n+1, sx+float64(x)+0.5, sy+float64(y)+0.5
			}
		}
	}
	east, north := 545950.125+sx/n*0.5, 1060150.5-sy/n*0.5
	if off := math.Hypot(east-parcelEast-parcelSide/2, north-parcelNorth-parcelSide/2); n < 30000 || off > 0.5 { // a pixel: MapServer rounds outlines to whole ones
		t.Errorf("%.0f red pixels around %.2f, %.2f: %.2f m off", n, east, north, off)
	}
	status, kind, body = h.get(t, "/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=lot&QUERY_LAYERS=lot&STYLES=&CRS=EPSG:9209&BBOX=545950.125,1059950.5,546150.125,1060150.5&WIDTH=400&HEIGHT=400&I=200&J=200&INFO_FORMAT=text/plain")
	if status != http.StatusOK || !strings.Contains(body, "LUC") {
		t.Errorf("GetFeatureInfo: %d %s %s", status, kind, body)
	}
	if _, kind, _ := h.get(t, "/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=lot&FORMAT=image/png&SLD_VERSION=1.1.0"); kind != "image/png" {
		t.Errorf("GetLegendGraphic: %s", kind)
	}
}

// TestHostile asks for what may not be asked.
func TestHostile(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	const getMap = "/ogc/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=lot&STYLES=&CRS=EPSG:3857&BBOX=11790000,1070000,11800000,1080000&FORMAT=image/png"
	for path, refused := range map[string]bool{
		"/ogc/wms?map=/etc/passwd&SERVICE=WMS&REQUEST=GetCapabilities":                                       false, // left out
		getMap + "&WIDTH=10&HEIGHT=10&SLD=http://127.0.0.1:1/x&SLD_BODY=<a/>&map_layer_lot=DATA+x&mapfile=x": false,
		getMap + "&WIDTH=99999&HEIGHT=10":                                                                    true,
		getMap + "&WIDTH=-1&HEIGHT=10":                                                                       true,
		"/ogc/wms?mode=map&layer=lot":                                                                        true,
		"/ogc/wms?SERVICE=WFS&REQUEST=GetFeature":                                                            true,
		"/ogc/wms?SERVICE=WMS&REQUEST=DescribeLayer":                                                         true,
		"/ogc/wfs?SERVICE=WFS&REQUEST=Transaction":                                                           true,
		"/ogc/wfs?SERVICE=WFS&REQUEST=GetFeature&TYPENAMES=" + strings.Repeat("lot,", 20):                    true,
		"/ogc/wfs?SERVICE=WFS&REQUEST=GetFeature&TYPENAMES=lot&FILTER=" + strings.Repeat("x", maxQuery):      true,
		"/ogc/wfs?SERVICE=WFS&REQUEST=GetFeature;TYPENAMES=lot":                                              true,
	} {
		status, kind, body := h.get(t, path)
		if (status == http.StatusTeapot) != refused || strings.Contains(body, "root:") || strings.Contains(kind, "html") {
			t.Errorf("%s: %d %s %.300s", path, status, kind, body)
		}
	}
	for _, filter := range []string{`<Filter><PropertyIsEqualTo><PropertyName>land_use</PropertyName><Literal>x' OR '1'='1</Literal></PropertyIsEqualTo></Filter>`,
		`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Filter><PropertyIsEqualTo><PropertyName>land_use</PropertyName><Literal>&x;</Literal></PropertyIsEqualTo></Filter>`,
		`<Filter><PropertyIsEqualTo><PropertyName>land_use"; DROP TABLE layer_lot; --</PropertyName><Literal>1</Literal></PropertyIsEqualTo></Filter>`} {
		_, _, body := h.get(t, "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=lot&FILTER="+strings.NewReplacer(" ", "%20", "&", "%26", "#", "%23", ";", "%3B", `"`, "%22", "<", "%3C", ">", "%3E").Replace(filter))
		if strings.Contains(body, "LUC") || strings.Contains(body, "root:") {
			t.Errorf("%s: %s", filter, body)
		}
	}
	if _, _, body := h.get(t, "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=lot"); !strings.Contains(body, "LUC") {
		t.Errorf("afterwards: %s", body)
	}
}

// TestStrangers reads both services with GDAL, as any program would.
func TestStrangers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, program := range []string{"ogrinfo", "gdalinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (package gdal-bin)", program)
		}
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"WFS 2.0": {[]string{"ogrinfo", "-ro", "WFS:" + h.url + "/ogc/wfs?VERSION=2.0.0", "-al"}, "land_use (String) = LUC"},
		"WFS 1.1": {[]string{"ogrinfo", "-ro", "WFS:" + h.url + "/ogc/wfs?VERSION=1.1.0", "lot", "-where", "land_use = 'LUC'"}, "Feature Count: 1"},
		"WMS":     {[]string{"gdalinfo", "WMS:" + h.url + "/ogc/wms?VERSION=1.3.0"}, "LAYERS=lot"},
	} {
		out, err := exec.CommandContext(t.Context(), test.args[0], test.args[1:]...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %v, want %q in\n%s", name, err, test.want, out)
		}
	}
}

// What changes in one layer costs no look at the others' features.
func TestOnlyWhatChangedIsMeasured(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	(&house{pool: pool}).fill(t)
	r := &ruler{pool: pool, known: map[haidang.LayerSlug]measurement{}}
	measured := func(what string, want int) {
		t.Helper()
		before := r.times
		if _, err := sheets(t.Context(), pool, r); err != nil {
			t.Fatal(err)
		}
		if r.times-before != want {
			t.Errorf("%s: %d layers are measured, want %d", what, r.times-before, want)
		}
	}
	h := &house{pool: pool}
	measured("at first", 2)
	measured("nothing changed", 0)
	h.setRights(t, "well", catalogue.OpenRights("sotnmt"))
	measured("a layer is opened", 1)
	if _, err := pool.Exec(t.Context(), `UPDATE layer_lot SET area_m2 = 5`); err != nil {
		t.Fatal(err)
	}
	measured("a feature changed a moment after", 0)
	m := r.known["lot"]
	m.at = m.at.Add(-2 * measureAgain)
	r.known["lot"] = m
	measured("a while after", 1)
	h.setRights(t, "well", catalogue.StaffRights("sotnmt"))
	measured("closed", 0)
	h.setRights(t, "well", catalogue.OpenRights("sotnmt"))
	measured("opened again", 1)
}

// Capabilities are well-formed, and no version of them says that POST may be used.
func TestCapabilitiesSayGetOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, path := range []string{"/ogc/wms?SERVICE=WMS&VERSION=1.3.0", "/ogc/wms?SERVICE=WMS&VERSION=1.1.1", "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0", "/ogc/wfs?SERVICE=WFS&VERSION=1.1.0", "/ogc/wfs?SERVICE=WFS&VERSION=1.0.0"} {
		status, kind, body := h.get(t, path+"&REQUEST=GetCapabilities")
		if status != http.StatusOK || !strings.Contains(kind, "xml") || !strings.Contains(body, "Get") || strings.Contains(body, "<Post") || strings.Contains(body, "<ows:Post ") {
			t.Errorf("%s: %d %s %s", path, status, kind, body)
		}
		d := xml.NewDecoder(strings.NewReader(body))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
				break
			}
		}
	}
}

// When all places are taken one waits, then is told to come back; a crowd is told at once.
func TestBusy(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for range maxAtOnce {
		leave, err := h.queue.Enter(t.Context(), "others")
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ogc/wms?SERVICE=WMS&REQUEST=GetCapabilities", nil)
	if err := h.Serve(w, r, WMS, "test", h.url, "/ogc/wms"); haidang.CodeOf(err) != haidang.ErrUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(err.Error(), "overloaded") {
		t.Errorf("%v, Retry-After %q", err, w.Header().Get("Retry-After"))
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := h.Serve(w, r.WithContext(gone), WMS, "test", h.url, "/ogc/wms"); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
}

// Before it has begun the service says so.
func TestStarting(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ogc/wms?REQUEST=GetCapabilities", nil)
	if err := New(nil).Serve(w, r, WMS, "test", "http://localhost", "/ogc/wms"); haidang.CodeOf(err) != haidang.ErrUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%v, Retry-After %q", err, w.Header().Get("Retry-After"))
	}
}

// Without MapServer it says which package to install; nothing else is wrong with that.
func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := New(nil)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ogc/wms?REQUEST=GetCapabilities", nil)
	if err := s.Serve(w, r, WMS, "test", "http://localhost", "/ogc/wms"); haidang.CodeOf(err) != haidang.ErrNotInstalled || !strings.Contains(err.Error(), "cgi-mapserver") || w.Header().Get("Retry-After") != "" {
		t.Errorf("%v", err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A database of one's own whose user may not make roles: the refusal says what to run.
// With the right to, all works, though the user is no superuser.
func TestForeignDatabase(t *testing.T) {
	t.Parallel()
	owner := pgtest.New(t)
	(&house{pool: owner}).fill(t)
	user := "outsider_" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() {
		_, _ = owner.Exec(context.WithoutCancel(t.Context()), `DROP OWNED BY `+user+`; DROP ROLE `+user)
	})
	if _, err := owner.Exec(t.Context(), `CREATE ROLE `+user+` NOLOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO `+user+` WITH GRANT OPTION`); err != nil {
		t.Fatal(err)
	}
	pool := pgtest.As(t, owner, user)
	if _, err := openReader(t.Context(), pool); haidang.CodeOf(err) != haidang.ErrUnavailable || !strings.Contains(err.Error(), "CREATEROLE") {
		t.Errorf("without the right: %v", err)
	}
	if _, err := owner.Exec(t.Context(), `ALTER ROLE `+user+` CREATEROLE`); err != nil {
		t.Fatal(err)
	}
	r, err := openReader(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = owner.Exec(context.WithoutCancel(t.Context()), `DROP OWNED BY `+r.Name+`; DROP ROLE `+r.Name)
	})
	if err := r.grant(t.Context(), pool, map[string][]string{"layer_lot": {"fid", "geom_3857"}}); err != nil {
		t.Error(err)
	}
}
