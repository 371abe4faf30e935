// Package broker is the embedded MQTT broker of the devices: nats-server with a
// JetStream file store, and the gate in front of it.
//
// In: CONNECT, PUBLISH and SUBSCRIBE from devices, and from our own clients. Out:
// messages for ingest's durable sessions, counts of what was refused, and the
// broker's own account of what it took and what still waits.
//
// A PUBACK means that the message is in the store. It must never let a device
// speak or listen for another, acknowledge what it could not store, or let its
// store eat the last of the disk.
package broker
