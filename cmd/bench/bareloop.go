package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang/ingest/broker"
	"haidang/internal/mqttclient"
	"haidang/internal/mqttlink"
)

// bareLoop is a broker as ours is configured, with a store of its own, whose lanes
// have a bare paho client each: it acknowledges by hand what it is handed, and does
// nothing else. Devices are connected to it as to the path.
type bareLoop struct {
	broker  *broker.Broker
	clients []mqtt.Client
	links   []*mqttlink.Link
	names   []string
	handed  atomic.Int64
	seen    atomic.Pointer[func(payload []byte)] // called with each message, before it is acknowledged
}

func openBareLoop(ctx context.Context, dir string, credentials broker.Credentials, names []string) (*bareLoop, error) {
	l := &bareLoop{names: names}
	if err := l.open(ctx, dir, credentials); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *bareLoop) open(ctx context.Context, dir string, credentials broker.Credentials) (err error) {
	l.broker = broker.New(broker.Config{Dir: dir, Addr: "127.0.0.1:0", Partitions: lanes}, credentials)
	if err := l.broker.Start(ctx); err != nil {
		return err
	}
	for k := range lanes {
		options := l.broker.ClientOptions(broker.LaneClientID(k)).SetCleanSession(false).SetAutoAckDisabled(true).
			SetOrderMatters(true).SetDefaultPublishHandler(l.take)
		client := mqtt.NewClient(options)
		if err := mqttclient.Finish(ctx, client.Connect()); err != nil {
			return err
		}
		l.clients = append(l.clients, client)
	}
	l.links, err = dialAll(l.broker.Addr(), l.names)
	return err
}

func (l *bareLoop) take(_ mqtt.Client, m mqtt.Message) {
	if see := l.seen.Load(); see != nil {
		(*see)(m.Payload())
	}
	m.Ack()
	l.handed.Add(1)
}

// run publishes the packets as fast as it can and waits until the last is handed
// over. It returns messages per second.
func (l *bareLoop) run(ctx context.Context, packets [][][]byte) (float64, error) {
	goal := l.handed.Load()
	n := 0
	for _, p := range packets {
		n += len(p)
	}
	begin := time.Now()
	if err := publishAll(ctx, l.links, packets); err != nil {
		return 0, err
	}
	for end := time.Now().Add(time.Minute); l.handed.Load() < goal+int64(n); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return 0, fmt.Errorf("the bare loop handed over %d of %d messages within a minute", l.handed.Load()-goal, n)
		}
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

func (l *bareLoop) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := hangUp(l.links)
	for _, c := range l.clients {
		c.Disconnect(250)
	}
	if l.broker != nil {
		err = errors.Join(err, l.broker.Stop(ctx))
	}
	return err
}
