package haidang

import "regexp"

// ThingID names a device. It is also the device's MQTT user name and the third
// level of its topics, so it can hold neither separators nor wildcards.
type ThingID string

// DatastreamID numbers one observed property of one Thing.
type DatastreamID int32

// PropertyCode names an ObservedProperty, such as "salinity".
type PropertyCode string

// AgencyCode names an agency by its code in the province's list.
type AgencyCode string

// UnitCode is the official code of an administrative unit, such as "31507".
type UnitCode string

// LayerSlug names a map layer in addresses and in the catalogue.
type LayerSlug string

// AlarmID numbers one alarm.
type AlarmID int64

// TrackingCode is what a citizen keeps to follow a report. It is hard to guess.
type TrackingCode string

// AccountName is what a person signs in with.
type AccountName string

var thingID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Valid reports whether the name is 1 to 64 letters, digits, "_" or "-".
func (id ThingID) Valid() bool { return thingID.MatchString(string(id)) }
