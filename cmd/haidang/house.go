package main

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"haidang/analytics"
	"haidang/geo/changesets"
	"haidang/geo/exports"
	"haidang/geo/imports"
	"haidang/ingest"
	"haidang/ingest/broker"
	"haidang/ingest/outside"
	"haidang/internal/auth"
	"haidang/internal/bus"
	"haidang/internal/config"
	"haidang/internal/jobs"
	"haidang/internal/postgres"
	"haidang/operations"
	"haidang/tiles"
	"haidang/tiles/overview"
	"haidang/tiles/pictures"
	"haidang/web"
	"haidang/web/mapserver"
)

// house is every part of the running program. A field is set by the part that
// starts it and read by those after it.
type house struct {
	config  config.Config
	metrics *prometheus.Registry

	cluster *postgres.Cluster // nil with an external database
	pool    *pgxpool.Pool

	accounts *auth.Accounts
	registry *ingest.Registry
	alarms   *operations.Alarms
	photos   *operations.Photos
	requests *operations.Requests

	broker   *broker.Broker // nil with an external broker
	door     *outside.Door  // nil unless an external broker asks us
	localBus *bus.Local     // instead of the embedded broker's
	busConn  *nats.Conn
	bus      *bus.Bus

	ingest     *ingest.Service
	retention  *ingest.Retention
	tiles      *tiles.Service
	overviews  *overview.Service
	pictures   *pictures.Service
	mapserver  *mapserver.Service
	analytics  *analytics.Runner
	queue      *jobs.Queue
	imports    *imports.Service
	exports    *exports.Service
	changesets *changesets.Editor
	web        *web.Server

	supervised *http.Server // of a process with --roles ingest

	citizens string    // token of the simulated citizens; empty without --demo
	province *province // nil without --demo
}

// parts lists the house from the ground up.
func (h *house) parts() []part {
	all := []part{
		{"database server", h.startCluster, h.stopCluster},
		{"database", h.openPool, h.closePool},
		{"migrations", h.migrate, nil},
		{"reference data", h.writeReferenceData, nil},
		{"accounts", h.openAccounts, nil},
		{"broker", h.startBroker, h.stopBroker},
		{"live bus", h.openBus, h.closeBus},
		{"operations", h.startOperations, h.stopOperations},
		{"ingest", h.startIngest, h.stopIngest},
		{"retention", h.startRetention, h.stopRetention},
		{"tiles", h.startTiles, h.stopTiles},
		{"overviews", h.startOverviews, h.stopOverviews},
		{"WMS and WFS", h.startMapServer, h.stopMapServer},
		{"analytics", h.startAnalytics, h.stopAnalytics},
		{"imports", h.startImports, h.stopImports},
		{"exports", h.startExports, h.stopExports},
		{"changesets", h.startChangesets, h.stopChangesets},
		{"job queue", h.startQueue, h.stopQueue}, // after everybody has named the work that they do
	}
	web := part{"pages and API", h.startWeb, h.stopWeb}
	if !h.config.Demo {
		return append(all, web)
	}
	return append(all, part{"simulated devices", h.registerProvince, nil}, web,
		part{"simulated province", h.startProvince, h.stopProvince})
}

// checks is what /readyz asks.
func (h *house) checks() []web.Check {
	return []web.Check{
		{Name: "database", Run: func(ctx context.Context) error { return h.pool.Ping(ctx) }},
		{Name: "migrations", Run: h.checkSchema},
		{Name: "broker", Run: h.checkBroker},
		{Name: "ingest", Run: func(context.Context) error { return h.ingest.Ready() }},
	}
}
