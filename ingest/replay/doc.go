// Package replay plays recorded series as devices.
//
// In: CSV files, gzipped or not, and a Mapping that says which columns are the
// time, which are values of which property, in which zone the clock stood, and
// which device a file is. Out: MQTT messages by the public device contract, one
// a row; a missing value is null, never zero.
//
// It must never touch the database, know more of the broker than a device does,
// or send a row from the future.
package replay
