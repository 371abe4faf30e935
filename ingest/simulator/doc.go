// Package simulator pretends to be a province: some three hundred devices, their
// values as a function of time, and the ways in which some of them fail.
//
// In: a seed and a time. Out: devices, readings and labelled faults (pure
// functions, so that the same seed always tells the same story), and a Runner in
// which each device is an MQTT client of its own.
//
// It must know nothing of the server but the public device contract
// (docs/devices.md) and the public page for citizens, and nothing on the wire may
// tell that a device is failing. The tide is computed from real constants; all
// else is invented, and the simulated year is always a dry season.
package simulator
