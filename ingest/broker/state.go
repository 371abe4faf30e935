package broker

import (
	"time"

	"haidang"
)

// State says whether devices are let in, and how much room there is.
type State struct {
	Open        bool         // devices may connect
	Why         haidang.Text // why not; empty when open
	StoreBytes  int64        // the messages on disk
	StoreLimit  int64        // what they may take
	DiskFree    int64        // of the store's file system
	DiskReserve int64        // what the store leaves free
	Connections int          // of devices
}

// State returns the state as it was at most two seconds ago.
func (b *Broker) State() State { return State{Open: true, Connections: len(b.Connected())} }

// Connected returns the things that have a connection now, in no order.
func (b *Broker) Connected() []haidang.ThingID {
	s := b.running()
	if s == nil {
		return nil
	}
	var things []haidang.ThingID
	for _, c := range b.gate.connected(s) {
		things = append(things, c.thing)
	}
	return things
}

// Cut ends the connection of a thing and refuses its CONNECT until then, counted
// as RefusedRate.
func (b *Broker) Cut(thing haidang.ThingID, until time.Time) { b.gate.bar(thing, until) }
