// Package outside deals with an MQTT broker that is not ours: it tries at the start
// whether that broker would lose messages or let devices speak for one another, it
// answers that broker's questions about who may do what, and it writes the files by
// which a broker that does not ask can be told.
//
// In: the broker's address, a registered device to try with, requests of the broker's
// own plugins. Out: a *haidang.Error that names the setting and the remedy, verdicts,
// files. It must never promise what a probe cannot see (fsync, a killed broker), leave
// a session or a retained message behind, or give a device more than the embedded
// broker would.
package outside
