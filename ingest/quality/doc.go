// Package quality says what can be told of a reading from the reading itself and
// from those that arrived before it.
//
// In: the limits of a datastream, what is remembered of it, and the readings in
// the order in which they arrived. Out: the flags of each and what to remember. It
// is a pure state machine: it reads no clock and no table, and a late reading
// never changes what it remembers.
package quality
