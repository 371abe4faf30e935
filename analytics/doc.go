// Package analytics finds readings that are unlike what a series usually shows.
//
// In: series of numbers (pure functions), or stored observations and the live
// bus (the Runner). Out: a verdict per reading, flags on readings, and alarms
// through the Alarmer it is given. The one model so far is a robust seasonal
// deviation: a baseline of the tide or of the time of day, a robust scale with a
// floor, persistence before it speaks and hysteresis before it falls silent.
//
// It must never alarm on readings that arrive late, never speak before it has
// seen enough history, never write a table itself, and never claim to see what
// its evaluation shows it cannot.
package analytics
