package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest"
	"haidang/ingest/replay"
	"haidang/internal/config"
)

// replayCmd plays recorded series as devices over MQTT.
type replayCmd struct {
	config.Shared `embed:""`
	Files         []string `arg:"" type:"existingfile" help:"CSV files, gzipped or not; one device each."`
	Mapping       string   `required:"" type:"existingfile" help:"What the files mean: columns, properties, time zone, names, places. See deploy/examples/beijing-prsa.replay.json."`
	AsRecorded    bool     `xor:"times" required:"" help:"Keep the recorded times: history, exempt from retention."`
	Shift         bool     `xor:"times" required:"" help:"Move all times by one amount so that the last row is now; marked as simulated."`
	Pace          string   `enum:"max,real" default:"max" help:"As fast as acknowledged (max) or waiting between rows as long as it was (real)."`
	Rows          int      `help:"Play only so many rows of each file; 0 plays all."`
	Broker        string   `default:"${broker}" env:"HAIDANG_REPLAY_BROKER" help:"MQTT broker of the running house, as tcp://host:port. Unless told: where HAIDANG_MQTT_ADDR makes it listen."`
}

// houseBroker is where a house of this environment has its broker.
func houseBroker() string {
	return "tcp://" + reachable(cmp.Or(os.Getenv("HAIDANG_MQTT_ADDR"), "127.0.0.1:1883"))
}

// Run registers the devices, says so, and plays every row.
func (c *replayCmd) Run(ctx context.Context) error {
	mapping, err := replay.ReadMapping(c.Mapping)
	if err != nil {
		return err
	}
	series, err := replay.Open(mapping, c.Files, c.Rows)
	if err != nil {
		return err
	}
	if err := brokerAnswers(c.Broker); err != nil {
		return err
	}
	secrets, err := c.register(ctx, mapping, series)
	if err != nil {
		return err
	}
	report, err := replay.Play(ctx, series, replay.Options{Broker: c.Broker, Secret: secrets, Shift: c.Shift, Real: c.Pace == "real",
		Sent: func(rows int64) { fmt.Printf("\r%d rows acknowledged", rows) }})
	seconds := max(report.Took.Seconds(), 0.001)
	fmt.Printf("\r%d rows acknowledged in %s (%.0f a second), times moved by %s\n", report.Rows, report.Took.Round(time.Millisecond),
		float64(report.Rows)/seconds, report.Shift)
	return err
}

// register makes the series' devices known under new secrets, which nobody else
// learns. A name that stands for another kind of device is refused.
func (c *replayCmd) register(ctx context.Context, mapping *replay.Mapping, series []*replay.Series) (map[haidang.ThingID]string, error) {
	secrets := map[haidang.ThingID]string{}
	var things []ingest.Registration
	for _, s := range series {
		secrets[s.Thing] = newSecret()
		things = append(things, ingest.Registration{ID: s.Thing, Type: mapping.Type, Name: s.Name, Agency: mapping.Agency, Lon: s.Lon, Lat: s.Lat,
			Simulated: c.Shift, History: c.AsRecorded, Properties: s.Properties, Secret: secrets[s.Thing]})
		fmt.Printf("registering %s (%s): %d rows, %d values, %d missing, %s to %s\n", s.Thing, s.Name, s.Rows, s.Readings, s.Missing,
			s.First.Format(time.RFC3339), s.Last.Format(time.RFC3339))
	}
	return secrets, withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		registry := ingest.NewRegistry(pool)
		if err := notOthers(ctx, registry, things); err != nil {
			return err
		}
		if err := registry.Register(ctx, things); err != nil {
			return err
		}
		return recordAct(ctx, pool, "device.register", fmt.Sprintf("%d devices to replay, from %s", len(things), things[0].ID), nil)
	})
}

func notOthers(ctx context.Context, registry *ingest.Registry, things []ingest.Registration) error {
	known, err := registry.Things(ctx)
	if err != nil {
		return err
	}
	types := map[haidang.ThingID]string{}
	for _, t := range known {
		types[t.ID] = t.Type
	}
	for _, t := range things {
		if has, taken := types[t.ID]; taken && has != t.Type {
			return haidang.RefuseField("thing.id", fmt.Sprintf("Đã có thiết bị %s loại %s; hãy đổi tên trong tệp ánh xạ.", t.ID, has),
				fmt.Sprintf("There is a device %s of type %s; change the name in the mapping.", t.ID, has))
		}
	}
	return nil
}

// brokerAnswers says in one sentence that no broker is there, before anything is registered.
func brokerAnswers(broker string) error {
	u, err := url.Parse(broker)
	if err == nil {
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp", u.Host, 5*time.Second); err == nil {
			return conn.Close()
		}
	}
	refusal := haidang.RefuseField("broker", fmt.Sprintf("Không có máy chủ MQTT tại %s; hãy chạy \"haidang serve\" trước.", broker),
		fmt.Sprintf("There is no MQTT broker at %s; run \"haidang serve\" first.", broker))
	refusal.Cause = err
	return refusal
}
