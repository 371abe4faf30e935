package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"haidang/analytics"
	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/internal/auth"
	"haidang/internal/bus"
	"haidang/operations"
	"haidang/tiles"
	"haidang/tiles/overview"
	"haidang/tiles/pictures"
	"haidang/web"
)

func (h *house) startBroker(ctx context.Context) error {
	h.registry = ingest.NewRegistry(h.pool)
	if h.config.MQTTURL != "" {
		return h.tryOutside(ctx)
	}
	h.broker = broker.New(broker.Config{
		Dir: h.config.Messages(), Addr: h.config.MQTTAddr, SyncAlways: h.config.MQTTSync == "always",
		Partitions: h.config.Partitions, Window: h.config.MQTTWindow,
		StoreLimit: int64(h.config.MQTTStore), Reserve: int64(h.config.DiskReserve),
	}, h.registry)
	return h.broker.Start(ctx)
}

func (h *house) stopBroker(ctx context.Context) error {
	if h.broker == nil {
		return h.closeDoor(ctx)
	}
	return h.broker.Stop(ctx)
}

// checkBroker asks the broker by way of the bus, or with an external one by way of ingest's session.
func (h *house) checkBroker(context.Context) error {
	if h.broker == nil {
		return h.ingest.Ready()
	}
	return h.busConn.FlushTimeout(2 * time.Second)
}

// openBus joins the broker's own bus, or runs one beside an external broker.
func (h *house) openBus(ctx context.Context) (err error) {
	connect := func() (*nats.Conn, error) { return h.broker.InProcessConn() }
	if h.broker == nil {
		if h.localBus, err = bus.NewLocal(); err != nil {
			return err
		}
		if err := h.localBus.Start(ctx); err != nil {
			return err
		}
		connect = h.localBus.InProcessConn
	}
	if h.busConn, err = connect(); err != nil {
		return err
	}
	h.bus = bus.New(h.busConn)
	return nil
}

func (h *house) closeBus(ctx context.Context) error {
	h.busConn.Close()
	if h.localBus == nil {
		return nil
	}
	return h.localBus.Stop(ctx)
}

func (h *house) startOperations(ctx context.Context) error {
	h.alarms = operations.NewAlarms(h.pool, h.bus)
	h.photos = operations.NewPhotos(h.config.Photos())
	h.requests = operations.NewRequests(operations.RequestsConfig{
		Pool: h.pool, Bus: h.bus, Photos: h.photos,
		Publish: func(ctx context.Context, channel string, payload []byte) error {
			return h.ingest.PublishReport(ctx, channel, payload) // ingest starts after us: it files into us
		},
	})
	return h.requests.Start(ctx)
}

func (h *house) stopOperations(ctx context.Context) error { return h.requests.Stop(ctx) }

func (h *house) startIngest(ctx context.Context) error {
	h.ingest = ingest.NewService(ingest.ServiceConfig{
		Pool: h.pool, Bus: h.bus, Broker: h.broker, Folder: h.brokerFolder(), URL: h.config.MQTTURL, Reports: h.requests,
	})
	return h.ingest.Start(ctx)
}

func (h *house) stopIngest(ctx context.Context) error { return h.ingest.Stop(ctx) }

// startRetention watches the disk that the data folder is on, and lets old readings go.
func (h *house) startRetention(ctx context.Context) error {
	config := ingest.RetentionConfig{Pool: h.pool, Broker: h.broker, DataDir: h.config.Data}
	if h.cluster != nil {
		config.DatabaseDir = h.cluster.Data()
	}
	h.retention = ingest.NewRetention(config)
	return h.retention.Start(ctx)
}

func (h *house) stopRetention(ctx context.Context) error { return h.retention.Stop(ctx) }

func (h *house) startTiles(ctx context.Context) error {
	h.metrics = prometheus.NewRegistry()
	config := tiles.Config{Pool: h.pool, Bus: h.bus, Registerer: h.metrics, CacheBytes: uint64(h.config.TileMemory)}
	if h.config.TileDisk > 0 {
		config.DiskDir, config.DiskBytes, config.DiskReserve = h.config.Tiles(), uint64(h.config.TileDisk), uint64(h.config.DiskReserve)
	}
	h.tiles = tiles.New(config)
	if err := h.tiles.Start(ctx); err != nil {
		return err
	}
	h.pictures = pictures.New(h.pool, h.config.Rasters())
	return h.pictures.Start(ctx)
}

func (h *house) stopTiles(ctx context.Context) error {
	if h.pictures == nil {
		return h.tiles.Stop(ctx)
	}
	return errors.Join(h.pictures.Stop(ctx), h.tiles.Stop(ctx))
}

// startOverviews begins to keep the low zooms of dense layers; it does not wait for the first build.
func (h *house) startOverviews(ctx context.Context) error {
	h.overviews = overview.New(h.pool)
	return h.overviews.Start(ctx)
}

func (h *house) stopOverviews(ctx context.Context) error { return h.overviews.Stop(ctx) }

func (h *house) startAnalytics(ctx context.Context) error {
	h.analytics = analytics.NewRunner(analytics.RunnerConfig{Pool: h.pool, Bus: h.bus, Alarms: h.alarms, Flags: h.registry})
	return h.analytics.Start(ctx)
}

func (h *house) stopAnalytics(ctx context.Context) error { return h.analytics.Stop(ctx) }

func (h *house) startWeb(ctx context.Context) (err error) {
	if err := h.gatherMetrics(); err != nil {
		return err
	}
	h.web, err = web.New(web.Config{
		Addr: h.config.HTTPAddr, PublicBase: h.config.PublicURL, BehindProxy: h.config.BehindProxy,
		Demo: h.config.Demo, Simulated: h.citizens,
		Pool: h.pool, Bus: h.bus, Registry: h.registry, Ledger: ingest.NewLedger(h.pool), Path: h.ingest,
		DeadLetters: ingest.NewDeadLetters(h.pool, h.bus, h.requests),
		Retention:   h.retention,
		Alarms:      h.alarms, Requests: h.requests, Photos: h.photos, Tiles: h.tiles, Pictures: h.pictures, MapServer: h.mapserver,
		Imports:    h.imports,
		Exports:    h.exports,
		Changesets: h.changesets,
		Accounts:   h.accounts, Sessions: auth.NewSessions(h.pool),
		Checks: h.checks(), Metrics: h.metrics,
	})
	if err != nil {
		return err
	}
	return h.web.Start(ctx)
}

func (h *house) stopWeb(ctx context.Context) error { return h.web.Stop(ctx) }

// gatherMetrics puts the runtime's and ingest's numbers beside those of the tiles.
func (h *house) gatherMetrics() error {
	all := append(h.ingest.Metrics(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if h.door != nil {
		all = append(all, h.door.Metrics()...)
	}
	var errs []error
	for _, c := range all {
		errs = append(errs, h.metrics.Register(c))
	}
	return errors.Join(errs...)
}
