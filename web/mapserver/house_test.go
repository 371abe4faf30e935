package mapserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/postgres/pgtest"
)

// house is a running service behind a server of HTTP, over three layers: open
// parcels in the cadastre's zone, open works of all shapes, and closed wells.
type house struct {
	*Service
	pool *pgxpool.Pool
	url  string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed (package cgi-mapserver)", program)
	}
	h := &house{pool: pgtest.New(t)}
	h.fill(t)
	h.Service = New(h.pool)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.leave)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := WMS
		if strings.HasSuffix(r.URL.Path, "wfs") {
			kind = WFS
		}
		if err := h.Serve(w, r, kind, "test", "http://"+r.Host, r.URL.Path); err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
		}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	h.eventually(t, "the service is ready", func() bool { return h.Ready() == nil })
	return h
}

// leave also removes the role, which outlives its database.
func (h *house) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = h.Stop(ctx)
	_, _ = h.pool.Exec(ctx, `DROP OWNED BY `+h.reader.Name)
	_, _ = h.pool.Exec(ctx, `DROP ROLE `+h.reader.Name)
}

// The parcel whose corner is checked, in metres of EPSG:9209.
const (
	parcelEast  = 546_000.125
	parcelNorth = 1_060_000.5
	parcelSide  = 100.0
)

func (h *house) fill(t *testing.T) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO agency (code, name_vi, name_en) VALUES ('sotnmt', 'Sở', 'Department')`); err != nil {
			return err
		}
		base := catalogue.Layer{Title: haidang.Text{VI: `Thửa đất "mở" \ Sóc Trăng`, EN: "Parcels"}, Owner: "sotnmt", SRID: 959209, MaxZoom: 20,
			Columns: []catalogue.Column{{Name: "land_use", Type: catalogue.Text}, {Name: "area_m2", Type: catalogue.Number}}, Rights: catalogue.OpenRights("sotnmt")}
		for slug, geometry := range map[haidang.LayerSlug]string{"lot": "Polygon", "works": "Geometry", "well": "Point"} {
			l := base
			if l.Slug, l.Geometry = slug, geometry; slug == "well" {
				l.Rights = catalogue.StaffRights("sotnmt")
			}
			if slug == "lot" {
				l.Style = catalogue.Style{Fill: "#ff0000", Opacity: 1}
			}
			if err := catalogue.Create(t.Context(), tx, l); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO layer_lot (land_use, area_m2, geom) VALUES ('LUC', 10000, ST_MakeEnvelope(`+square+`, 959209));
			INSERT INTO layer_works (land_use, geom) VALUES ('Kênh', ST_GeomFromText('LINESTRING(546000 1060000, 547000 1061000)', 959209)),
				('Cống', ST_GeomFromText('POINT(546500 1060500)', 959209));
			INSERT INTO layer_well (land_use, geom) VALUES ('Bí mật', ST_GeomFromText('POINT(546050 1060050)', 959209))`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const square = "546000.125, 1060000.5, 546100.125, 1060100.5"

func (h *house) get(t *testing.T, path string) (int, string, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(body)
}

func (h *house) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	m, _ := os.ReadFile(h.path("haidang.map"))
	t.Fatalf("never: %s; the service says %v; the mapfile is\n%s", what, h.Ready(), m)
}
