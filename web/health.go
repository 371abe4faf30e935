package web

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"haidang"
	"haidang/internal/auth"
)

func (s *Server) registerHealth(d *doors) {
	d.handle(auth.HealthRead, "GET /healthz", serveAlive)
	d.handle(auth.HealthRead, "GET /readyz", s.serveReady)
	exposition := promhttp.HandlerFor(s.config.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4, DisableCompression: true})
	d.handle(auth.MetricsRead, "GET /metrics", func(w http.ResponseWriter, r *http.Request) error {
		exposition.ServeHTTP(w, r)
		return nil
	})
}

// serveAlive says that the program runs, whatever its parts do.
func serveAlive(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]bool{"alive": true})
}

// checkResult is what one part says. Why is shown on this machine only, unless it
// is a sentence made for people.
type checkResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// serveReady asks every part at once and answers 503 when one is not ready.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) error {
	results := make([]checkResult, len(s.config.Checks))
	var asking sync.WaitGroup
	for i, c := range s.config.Checks {
		asking.Go(func() { results[i] = ask(r, c) })
	}
	asking.Wait()
	status := http.StatusOK
	for _, result := range results {
		if !result.OK {
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Cache-Control", noStore)
	return writeJSON(w, status, struct {
		Ready  bool          `json:"ready"`
		Checks []checkResult `json:"checks"`
	}{status == http.StatusOK, results})
}

func ask(r *http.Request, c Check) checkResult {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- c.Run(ctx) }()
	var err error
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = errors.New("no answer in time")
	}
	result := checkResult{Name: c.Name, OK: err == nil}
	switch e, ours := errors.AsType[*haidang.Error](err); {
	case err == nil:
	case ours:
		result.Why = e.Text.In(languageOf(r))
	case visitorOf(r.Context()).loopback:
		result.Why = err.Error()
	}
	return result
}

// metrics are the edge's own numbers.
type metrics struct{ requests *prometheus.HistogramVec }

func newMetrics(registry *prometheus.Registry, h *hub, listeners *crowd) (*metrics, error) {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "haidang_http_request_seconds",
		Help: "Time to answer, by route and status.", Buckets: []float64{.002, .01, .05, .2, 1, 5, 30}}, []string{"route", "status"})}
	sockets := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_live_connections", Help: "Open live sockets."},
		func() float64 { return float64(h.open()) })
	version := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "haidang_live_changes_total", Help: "Changes of the live state since the start."},
		func() float64 { return float64(h.board.now()) })
	maps := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_map_listeners", Help: "Open maps that are told of changes."},
		func() float64 { return float64(listeners.size()) })
	return m, errors.Join(registry.Register(m.requests), registry.Register(sockets), registry.Register(version), registry.Register(maps))
}
