package tiles

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the service counts.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	late     prometheus.Counter
}

// newMetrics registers with r, unless it is nil.
func newMetrics(r prometheus.Registerer, s *Service) metrics {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_tile_requests_total",
			Help: "Tiles asked for, by layer and result: hit, miss, not_modified, refused, left."}, []string{"layer", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "haidang_tile_cut_seconds",
			Help: "Time to cut one tile, with the wait for a connection.", Buckets: prometheus.ExponentialBuckets(.001, 2, 15)}, []string{"layer"}),
		late: prometheus.NewCounter(prometheus.CounterOpts{Name: "haidang_tile_late_total", Help: "Cuts given up before their turn: too many waited, or for too long."}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.seconds, m.late)
		gauge := func(name, help string, value func() float64) {
			r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
		}
		gauge("haidang_tile_cache_bytes", "Size of the tile cache in memory.", func() float64 { return float64(s.cache.WeightedSize()) })
		gauge("haidang_tile_disk_bytes", "Size of the tile cache on the disk.", func() float64 { return float64(s.disk.size()) })
		gauge("haidang_tile_queue", "Cuts that wait for a connection.", func() float64 { n, _ := s.queue.State(); return float64(n) })
		gauge("haidang_tile_queue_seconds", "How long the oldest of them has waited.", func() float64 { _, age := s.queue.State(); return age.Seconds() })
		gauge("haidang_tile_ledger_tiles", "Tiles that are known to have changed since their layer's base.", func() float64 { return float64(s.remembered()) })
	}
	return m
}

func (m metrics) count(p set, result string) {
	m.requests.WithLabelValues(p.label(), result).Inc()
}

func (m metrics) countTile(p set, hit bool) {
	if hit {
		m.count(p, "hit")
		return
	}
	m.count(p, "miss")
}

// label keeps the metrics few: there are more composites than layers.
func (p set) label() string {
	if len(p) > 1 {
		return "composite"
	}
	return string(p[0].Slug)
}

// remembered is how many tiles have a version of their own, all layers.
func (s *Service) remembered() (n int) {
	for _, l := range s.known() {
		n += l.ledger.size()
	}
	return n
}
