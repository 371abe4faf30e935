package ingest

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	carriedLanes = prometheus.NewDesc("haidang_ingest_lanes", "Lanes that this process carries.", nil, nil)
	unacked      = prometheus.NewDesc("haidang_ingest_lane_unacked_messages",
		"Messages that a lane has taken and not yet acknowledged.", []string{"lane"}, nil)
	waiting = prometheus.NewDesc("haidang_ingest_lane_pending_messages",
		"Messages of a lane that the broker keeps: not yet committed and acknowledged, by whatever process.", []string{"lane"}, nil)
	heldBytes = prometheus.NewDesc("haidang_ingest_lane_held_bytes", "Payload of those messages.", []string{"lane"}, nil)
	flowing   = prometheus.NewDesc("haidang_ingest_lane_up", "1 while messages flow.", []string{"lane"}, nil)
)

// Describe makes ownership a prometheus.Collector of the lanes that are carried.
func (o *ownership) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{carriedLanes, waiting, unacked, heldBytes, flowing} {
		out <- d
	}
}

// Collect tells of each lane as it is now.
func (o *ownership) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if o.waiting != nil {
		for k, n := range o.waiting(context.Background()) {
			gauge(waiting, float64(n), strconv.Itoa(k))
		}
	}
	lanes := o.carried()
	gauge(carriedLanes, float64(len(lanes)))
	for _, l := range lanes {
		name := strconv.Itoa(l.partition)
		messages, bytes := l.held()
		gauge(unacked, float64(messages), name)
		gauge(heldBytes, float64(bytes), name)
		up := 0.0
		if l.ready() == nil {
			up = 1
		}
		gauge(flowing, up, name)
	}
}
