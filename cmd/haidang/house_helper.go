package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"haidang/internal/bus"
	"haidang/internal/config"
	"haidang/operations"
)

// helperParts is the house of a process with --roles ingest: the lanes, and what
// they stand on. Devices and people come to the process that it helps.
func (h *house) helperParts() []part {
	all := []part{
		{"database", h.openPool, h.closePool},
		{"migrations", h.migrate, nil},
		{"live bus", h.openSpeaker, nil},
		{"ingest", h.startIngest, h.stopIngest},
	}
	if h.config.MetricsAddr == "" {
		return all
	}
	return append(all, part{"metrics", h.startMetrics, h.stopMetrics})
}

// openSpeaker joins the live bus of the process with the broker, by way of the
// broker, and the citizens' reports. With a broker of somebody else there is no
// such way: the pages then look into the database by themselves, twice a minute.
func (h *house) openSpeaker(context.Context) error {
	h.bus = bus.NewSpeaker(func(subject string, event []byte) error { return h.ingest.Announce(subject, event) })
	h.requests = operations.NewRequests(operations.RequestsConfig{Pool: h.pool, Bus: h.bus, Photos: operations.NewPhotos(h.config.Photos())})
	return nil
}

// brokerFolder is the store of the broker of the process that we help, when it is on this machine.
func (h *house) brokerFolder() string {
	if h.config.Roles != config.RoleIngest || h.config.MQTTURL != "" {
		return ""
	}
	return h.config.Messages()
}

// startMetrics answers supervisors: alive, ready, and in numbers.
func (h *house) startMetrics(context.Context) error {
	if err := probe("HAIDANG_METRICS_ADDR", h.config.MetricsAddr); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", h.config.MetricsAddr)
	if err != nil {
		return err
	}
	h.metrics = prometheus.NewRegistry()
	if err := h.gatherMetrics(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", h.serveHelperReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	h.supervised = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() { _ = h.supervised.Serve(listener) }() // ends with Shutdown
	return nil
}

func (h *house) serveHelperReady(w http.ResponseWriter, _ *http.Request) {
	if err := h.ingest.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

func (h *house) stopMetrics(ctx context.Context) error { return h.supervised.Shutdown(ctx) }
