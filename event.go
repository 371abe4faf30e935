package haidang

// Event is something that happened and is already durable. Events travel on the
// live bus, which may lose them: whoever listens also reads the database again
// from time to time.
type Event interface{ Subject() string }

// LatestMoved says that one committed batch moved these latest values. Late
// readings and duplicates are not in it.
type LatestMoved struct {
	Observations []Observation `json:"observations"`
}

// FlagsChanged says that something new is known about single readings.
type FlagsChanged struct {
	Flags []ObservationFlag `json:"flags"`
}

// AlarmChanged carries an alarm after a change of state.
type AlarmChanged struct {
	Alarm Alarm `json:"alarm"`
}

// RequestChanged carries a citizen's report after a change.
type RequestChanged struct {
	Request ServiceRequest `json:"request"`
}

// ThingChanged says that a device came, went, was cut or was registered anew.
type ThingChanged struct {
	Thing  ThingID `json:"thing"`
	Online bool    `json:"online"`
}

// PlacesChanged says that administrative units or map layers are new.
type PlacesChanged struct{}

// TilesChanged says that tiles of a layer are new.
type TilesChanged struct {
	Layer   LayerSlug   `json:"layer"`
	Version int64       `json:"version"` // of the layer
	Tiles   [][3]uint32 `json:"tiles"`   // z, x, y; nil: any tile of the layer
}

// Subjects of the live bus. Devices can neither publish nor subscribe here.
const (
	SubjectLatest  = "hd.live.latest"
	SubjectFlags   = "hd.live.flags"
	SubjectAlarm   = "hd.live.alarm"
	SubjectRequest = "hd.live.request"
	SubjectThing   = "hd.live.thing"
	SubjectPlaces  = "hd.live.places"
	SubjectTiles   = "hd.live.tiles"
)

func (LatestMoved) Subject() string    { return SubjectLatest }
func (FlagsChanged) Subject() string   { return SubjectFlags }
func (AlarmChanged) Subject() string   { return SubjectAlarm }
func (RequestChanged) Subject() string { return SubjectRequest }
func (ThingChanged) Subject() string   { return SubjectThing }
func (PlacesChanged) Subject() string  { return SubjectPlaces }
func (TilesChanged) Subject() string   { return SubjectTiles }
