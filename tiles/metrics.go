package tiles

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the service counts.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer, s *Service) metrics {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_tile_requests_total",
			Help: "Tiles asked for, by layer and result: hit, miss, not_modified, refused, left."}, []string{"layer", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "haidang_tile_cut_seconds",
			Help: "Time to cut one tile, with the wait for a connection.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14)}, []string{"layer"}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.seconds,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_tile_cache_bytes", Help: "Size of the tile cache."},
				func() float64 { return float64(s.cache.WeightedSize()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "haidang_tile_cuts", Help: "Tiles being cut or waiting for a connection."},
				func() float64 { return float64(s.waiting.Load()) }))
	}
	return m
}

func (m metrics) count(l *layer, result string) {
	m.requests.WithLabelValues(string(l.Slug), result).Inc()
}

func (m metrics) countTile(l *layer, hit bool) {
	if hit {
		m.count(l, "hit")
		return
	}
	m.count(l, "miss")
}
