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

// State returns the state as it was at most watchInterval ago.
func (b *Broker) State() State {
	state := b.state.Load()
	if state == nil {
		return State{Why: whyStarting}
	}
	now := *state
	now.Connections = len(b.Connected())
	return now
}

// Connected returns the things that have a connection now, in no order.
func (b *Broker) Connected() []haidang.ThingID {
	_, connected := b.gate.connected()
	things := make([]haidang.ThingID, 0, len(connected))
	for _, c := range connected {
		things = append(things, c.thing)
	}
	return things
}

// Cut ends the connection of a thing and refuses its CONNECT until then, counted
// as RefusedRate. The thing keeps what it has to send.
func (b *Broker) Cut(thing haidang.ThingID, until time.Time) { b.gate.bar(thing, until) }

var (
	whyStarting = haidang.Text{
		VI: "Máy chủ MQTT đang mở kho thông điệp; thiết bị chưa được nối.",
		EN: "The broker is opening its store; devices are not let in yet."}
	whyFailed = haidang.Text{
		VI: "Kho thông điệp không ghi được xuống đĩa nên thiết bị bị từ chối và giữ thông điệp của mình; kho sẽ tự mở lại khi đĩa có chỗ.",
		EN: "The message store cannot write to its disk, so devices are turned away and keep their messages; it opens again by itself once the disk has room."}
	whyDisk = haidang.Text{
		VI: "Đĩa còn ít chỗ hơn mức dự trữ (HAIDANG_DISK_RESERVE) nên thiết bị bị từ chối và giữ thông điệp của mình; hãy giải phóng đĩa.",
		EN: "The disk has less room than its reserve (HAIDANG_DISK_RESERVE), so devices are turned away and keep their messages; free some of it."}
	whyStore = haidang.Text{
		VI: "Kho thông điệp đã đến giới hạn (HAIDANG_MQTT_STORE) nên thiết bị bị từ chối và giữ thông điệp của mình; kho mở lại khi cơ sở dữ liệu ghi kịp.",
		EN: "The message store has reached its limit (HAIDANG_MQTT_STORE), so devices are turned away and keep their messages; it opens again as the database catches up."}
)
