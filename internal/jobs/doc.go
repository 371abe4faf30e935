// Package jobs runs what takes longer than a request: one queue in our own
// database, on River.
//
// In: a kind of work registered before Start, and later its arguments. Out: the
// work done once to its end, with its progress in the table job for pages to
// read. A job survives the death of any process: it goes on from its beginning,
// or ends with a sentence when it keeps failing.
//
// It must never know what a job does. Work must bear being begun again.
package jobs
