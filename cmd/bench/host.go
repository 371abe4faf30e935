package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/internal/bus"
	"haidang/internal/postgres"
)

// hostWord as first argument makes the program the broker's process.
const hostWord = "host"

// playHost says where devices connect, then answers each line on standard input
// with its memory, until that ends.
func playHost(ctx context.Context, what, dir string) error {
	addr, err := "", error(nil)
	if what == "bare" {
		addr, err = hostBare(dir)
	} else {
		addr, err = hostPath(ctx, what, dir)
	}
	if err != nil {
		return err
	}
	fmt.Println(addr)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		debug.FreeOSMemory() // what is left is held, not garbage
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println(residentNow(), m.HeapInuse)
	}
	return nil // nobody asks any more: the folder goes too
}

// hostBare is nats-server with MQTT and JetStream, which lets everybody in.
func hostBare(dir string) (addr string, err error) {
	o := &server.Options{ServerName: "bare", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir,
		JetStreamLimits: server.JSLimitOpts{DefaultMaxConsumers: -1},
		MQTT:            server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, MaxAckPending: broker.Window}}
	s, err := server.NewServer(o)
	if err != nil {
		return "", err
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		return "", fmt.Errorf("the bare broker did not start")
	}
	return fmt.Sprintf("127.0.0.1:%d", o.MQTT.Port), nil
}

// hostPath is broker and ingest on a database.
func hostPath(ctx context.Context, url, dir string) (addr string, err error) {
	pool, err := postgres.Open(ctx, url)
	if err != nil {
		return "", err
	}
	b := broker.New(broker.Config{Dir: dir + "/messages", Addr: "127.0.0.1:0", Partitions: lanes}, ingest.NewRegistry(pool))
	if err := b.Start(ctx); err != nil {
		return "", err
	}
	conn, err := b.InProcessConn()
	if err != nil {
		return "", err
	}
	service := ingest.NewService(ingest.ServiceConfig{Pool: pool, Bus: bus.New(conn), Broker: b})
	return b.Addr(), service.Start(ctx)
}

// residentNow is the resident set of this process in bytes.
func residentNow() (bytes int64) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
