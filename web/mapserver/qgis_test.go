package mapserver

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// qgisSees is what testdata/read_with_qgis.py prints.
type qgisSees struct {
	Valid, Editable bool
	CRS             string
	Fields          []string
	Read            int
	First           map[string]string
	Box             [4]float64
	InBox           int  `json:"in_box"`
	MapValid        bool `json:"map_valid"`
	Red             int
	Middle          [2]float64
}

// TestQGIS: QGIS reads WFS in the cadastre's zone, and draws WMS there: the parcel is
// where it is.
func TestQGIS(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(t.Context(), python, "-c", "import qgis.core").Run(); err != nil {
		t.Skip("QGIS is not installed (python3-qgis)")
	}
	h := openHouse(t)
	command := exec.CommandContext(t.Context(), python, "testdata/read_with_qgis.py",
		"url='"+h.url+"/ogc/wfs' typename='ms:lot' version='2.0.0' srsname='EPSG:9209'",
		"url="+h.url+"/ogc/wms&layers=lot&styles=&format=image/png&crs=EPSG:9209")
	command.WaitDelay = time.Minute
	command.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+t.TempDir())
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("read_with_qgis.py: %v\n%s", err, complaints.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var seen qgisSees
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &seen); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	t.Logf("%+v", seen)
	if !seen.Valid || seen.Editable || seen.CRS != "EPSG:9209" || seen.Read != 1 || seen.InBox != 1 || seen.First["land_use"] != "LUC" || seen.First["area_m2"] != "10000.0" {
		t.Errorf("WFS: %+v", seen)
	}
	if math.Abs(seen.Box[0]-parcelEast) > 0.001 || math.Abs(seen.Box[1]-parcelNorth) > 0.001 {
		t.Errorf("the corner is at %v", seen.Box)
	}
	if off := math.Hypot(seen.Middle[0]-parcelEast-parcelSide/2, seen.Middle[1]-parcelNorth-parcelSide/2); !seen.MapValid || seen.Red < 30000 || off > 0.5 {
		t.Errorf("WMS: %d red pixels, %.2f m off", seen.Red, off)
	}
}
