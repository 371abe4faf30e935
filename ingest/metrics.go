package ingest

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one Service.
type metrics struct {
	received prometheus.Counter
	overflow prometheus.Counter
	retries  prometheus.Counter
	readings *prometheus.CounterVec
	size     prometheus.Histogram
	seconds  *prometheus.HistogramVec // by lane

	acknowledged atomic.Int64 // messages
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	return &metrics{
		received: counter("haidang_ingest_messages_total", "Messages the broker handed over."),
		overflow: counter("haidang_ingest_overflow_total", "Messages that found no room: QoS 1 comes again, QoS 0 is lost."),
		retries:  counter("haidang_ingest_retries_total", "Batches that had to be tried again."),
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_ingest_readings_total",
			Help: "Readings by how they ended."}, []string{"outcome"}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "haidang_ingest_batch_messages",
			Help: "Messages in a committed batch.", Buckets: prometheus.ExponentialBuckets(1, 4, 7)}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "haidang_ingest_commit_seconds",
			Help: "From a batch's first look-up to its COMMIT.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, []string{"lane"}),
	}
}

// committed counts a batch of a lane.
func (m *metrics) committed(lane int, b *batch, messages int, took time.Duration) {
	m.size.Observe(float64(messages))
	m.seconds.WithLabelValues(strconv.Itoa(lane)).Observe(took.Seconds())
	m.acknowledged.Add(int64(messages))
	var stored, duplicate, conflict, dead int64
	for _, a := range b.accounts {
		stored, duplicate, conflict, dead = stored+a.stored, duplicate+a.duplicate, conflict+a.conflict, dead+a.dead
	}
	m.readings.WithLabelValues("stored").Add(float64(stored))
	m.readings.WithLabelValues("duplicate").Add(float64(duplicate))
	m.readings.WithLabelValues("conflict").Add(float64(conflict))
	m.readings.WithLabelValues("dead").Add(float64(dead))
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.received, m.overflow, m.retries, m.readings, m.size, m.seconds}
}
