package haidang

import "time"

// ObservationFlag is what a model or a person says about one reading. Flags are
// append-only: Set false takes an earlier flag of the same name back.
type ObservationFlag struct {
	Datastream     DatastreamID `json:"datastream"`
	PhenomenonTime time.Time    `json:"time"`
	Flag           Quality      `json:"flag"`
	Set            bool         `json:"set"`
	By             string       `json:"by"`     // the model or the account
	Reason         string       `json:"reason"` // one short sentence for the log
}
