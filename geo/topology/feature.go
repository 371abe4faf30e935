package topology

import "github.com/paulmach/orb/geojson"

// Feature is the problem as GeoJSON, its place as it is: in degrees when it was read so.
func (p Problem) Feature() *geojson.Feature {
	f := &geojson.Feature{Type: "Feature", Geometry: p.Geometry, Properties: geojson.Properties{
		"kind": p.Kind, "severity": p.Severity, "fid": p.FID, "text": p.Text()}}
	if p.OtherFID != 0 {
		f.Properties["otherFid"] = p.OtherFID
	}
	return f
}
