// Package operations is what people do about what happens: alarms and citizens' reports.
//
// In: causes that models and rules report, reports that citizens send with a
// photo, and the acts of people on duty. Out: alarms that move through the
// ISA-18.2 machine, one standing alarm per cause; service requests (Open311) that
// move from received to closed; an event on the live bus after every commit; and
// a row for every transition that nobody can change afterwards.
//
// A citizen's report is durable before its tracking code is shown: the photo is on
// disk, then the message is in the broker, and ingest files it later through
// Requests.AcceptReport. It must never keep the position data of a photo, tell
// the public who worked on a report, or move an alarm outside of the machine.
package operations
