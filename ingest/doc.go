// Package ingest is the door of the devices: the broker they sign in to, and
// the way of their readings from PUBLISH to COMMIT.
//
// In: MQTT messages on v1/things/{thing}/{telemetry,status,attributes} and
// v1/channels/{channel}/reports. Out: rows in the telemetry tables, one
// haidang.LatestMoved a batch on the live bus, and citizens' reports handed to a
// ReportSink inside the same transaction.
//
// A message is acknowledged to the broker only after the COMMIT that holds it,
// in order of arrival. A reading ends as exactly one of stored, duplicate,
// conflict or dead-lettered, and is counted as such per device.
//
// It must never drop what it acknowledged, let a bad message block a good one,
// move a latest value backwards, or let a device speak for another.
package ingest
