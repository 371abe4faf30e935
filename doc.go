// Package haidang holds the words every room of the house shares: identifiers,
// the nouns of telemetry, maps and operations, the errors people are shown, and
// the events that travel on the live bus.
//
// It does no I/O and imports nothing of the project. Telemetry nouns follow OGC
// SensorThings 1.1, alarms follow ANSI/ISA-18.2, citizens' reports follow
// Open311 GeoReport v2. Times are UTC, units are UCUM.
package haidang
