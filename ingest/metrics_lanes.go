package ingest

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	lanesDesc = prometheus.NewDesc("haidang_ingest_lanes", "Lanes that this process carries.", nil, nil)
	unacked   = prometheus.NewDesc("haidang_ingest_lane_unacked_messages",
		"Messages that a lane has taken and not yet acknowledged.", []string{"lane"}, nil)
	heldBytes = prometheus.NewDesc("haidang_ingest_lane_held_bytes", "Payload of those messages.", []string{"lane"}, nil)
	upDesc    = prometheus.NewDesc("haidang_ingest_lane_up", "1 while messages flow.", []string{"lane"}, nil)
)

// Describe makes ownership a prometheus.Collector of the lanes that are carried.
func (o *ownership) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{lanesDesc, unacked, heldBytes, upDesc} {
		out <- d
	}
}

// Collect tells of each lane as it is now.
func (o *ownership) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	lanes := o.carried()
	gauge(lanesDesc, float64(len(lanes)))
	for _, l := range lanes {
		name := strconv.Itoa(l.partition)
		messages, bytes := l.held()
		gauge(unacked, float64(messages), name)
		gauge(heldBytes, float64(bytes), name)
		up := 0.0
		if l.ready() == nil {
			up = 1
		}
		gauge(upDesc, up, name)
	}
}
