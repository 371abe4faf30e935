package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"haidang"
	"haidang/analytics"
	"haidang/ingest/simulator"
)

// evaluateCmd prints how well the model finds the simulator's labelled faults.
type evaluateCmd struct {
	Days    int           `default:"14" help:"Days of live readings to judge, after the history."`
	Seed    uint64        `default:"101" help:"Seed of the province. The model was tuned on 1 to 4: another one tells the truth."`
	History time.Duration `default:"336h" help:"History the model has learnt from before the first judged reading (60h to 336h)."`
	Start   time.Time     `default:"2026-03-02T00:00:00Z" help:"First judged moment, RFC 3339."`

	share int // only every n-th device, for tests; 0 is all
}

// Run judges every series of the province and prints the table.
func (c *evaluateCmd) Run(ctx context.Context) error {
	if c.Days < 1 || c.Days > 366 {
		return haidang.RefuseField("days", "Số ngày phải từ 1 đến 366.", "Days must be between 1 and 366.")
	}
	if c.History < analytics.Daily.MinHistory() || c.History > analytics.MaxHistory {
		return haidang.RefuseField("history", "Lịch sử phải từ 60h đến 336h.", "History must be between 60h and 336h.")
	}
	began := time.Now()
	e, err := c.evaluate(ctx, analytics.DefaultRule)
	if err != nil {
		return err
	}
	return e.print(os.Stdout, c, time.Since(began))
}

// evaluation is the outcome of one run.
type evaluation struct {
	score    analytics.Score
	series   int // judged
	readings int // judged
	alarms   []analytics.Alarm
	labels   []analytics.Fault
	unseen   map[string]int // faults of properties that are not judged
	silent   int
}

// evaluate runs the model over a province exactly as the live runner does: it
// learns from thinned history, relearns as often, and judges reading by reading.
func (c *evaluateCmd) evaluate(ctx context.Context, rule analytics.Rule) (*evaluation, error) {
	province := simulator.New(c.Seed)
	devices := c.chosen(province.Devices())
	results := make([]evaluation, len(devices))
	alarms := make([][]analytics.Alarm, len(devices))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i := range devices {
		group.Go(func() error {
			for _, property := range devices[i].Properties {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				alarms[i] = append(alarms[i], c.watch(province, &devices[i], property, rule, &results[i])...)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	total := &evaluation{unseen: map[string]int{}}
	for _, r := range results {
		total.series += r.series
		total.readings += r.readings
	}
	if total.series == 0 {
		return nil, errors.New("no series had enough history")
	}
	total.alarms, total.labels = slices.Concat(alarms...), c.labels(province, devices, total)
	total.score = analytics.Judge(total.alarms, total.labels)
	return total, nil
}

func (c *evaluateCmd) chosen(all []simulator.Device) []simulator.Device {
	if c.share < 2 {
		return all
	}
	var some []simulator.Device
	for i := 0; i < len(all); i += c.share {
		some = append(some, all[i])
	}
	return some
}

// watch judges one series and returns the moments of its alarms.
func (c *evaluateCmd) watch(p *simulator.Province, d *simulator.Device, property haidang.PropertyCode, rule analytics.Rule, sum *evaluation) []analytics.Alarm {
	profile, judged := analytics.ProfileOf(property)
	if !judged {
		return nil
	}
	var history []analytics.Point
	take := func(at time.Time) {
		if v, ok := p.Value(d, property, at); ok {
			history = append(history, analytics.Point{At: at, Value: v})
		}
	}
	for at := c.Start.Add(-c.History); at.Before(c.Start); at = at.Add(analytics.Step) {
		take(at)
	}
	m := analytics.NewMonitor(rule)
	var alarms []analytics.Alarm
	learn := c.Start
	for at := d.Next(c.Start); at.Before(c.Start.AddDate(0, 0, c.Days)); at = at.Add(d.Interval) {
		if !at.Before(learn) {
			history = recent(history, at)
			m.Relearn(analytics.Learn(history, profile), at)
			if learn = m.LearnAt(); !learn.After(at) {
				learn = at.Add(time.Hour) // too little history yet, or an alarm forbids
			}
		}
		v, ok := p.Value(d, property, at)
		if !ok {
			continue
		}
		if len(history) == 0 || at.Sub(history[len(history)-1].At) >= analytics.Step {
			history = append(history, analytics.Point{At: at, Value: v})
		}
		sum.readings++
		if m.Observe(analytics.Point{At: at, Value: v}).Raise {
			alarms = append(alarms, analytics.Alarm{Thing: d.ID, Property: property, At: at})
		}
	}
	sum.series++
	return alarms
}

func recent(history []analytics.Point, now time.Time) []analytics.Point {
	oldest := now.Add(-analytics.MaxHistory)
	i := slices.IndexFunc(history, func(p analytics.Point) bool { return !p.At.Before(oldest) })
	return history[max(i, 0):]
}

// labels returns the faults of series that the model judges, and counts the others.
func (c *evaluateCmd) labels(p *simulator.Province, devices []simulator.Device, e *evaluation) []analytics.Fault {
	var faults []analytics.Fault
	for _, f := range p.Faults(c.Start, c.Start.AddDate(0, 0, c.Days)) {
		if !slices.ContainsFunc(devices, func(d simulator.Device) bool { return d.ID == f.Thing }) {
			continue
		}
		before := f.From.Before(c.Start)
		_, judged := analytics.ProfileOf(f.Property)
		switch {
		case !before && f.Kind == simulator.FaultSilent:
			e.silent++
		case !before && !judged:
			e.unseen[string(f.Property)]++
		case judged:
			faults = append(faults, analytics.Fault{Thing: f.Thing, Property: f.Property, Kind: string(f.Kind), From: f.From, To: f.To, Before: before})
		}
	}
	return faults
}

func (e *evaluation) print(w io.Writer, c *evaluateCmd, took time.Duration) error {
	s := e.score
	fmt.Fprintf(w, "Robust seasonal deviation on simulated faults: seed %d, %d days from %s after %v of history.\n",
		c.Seed, c.Days, c.Start.Format(time.DateOnly), c.History)
	fmt.Fprintf(w, "%d series, %d readings, in %v. The rule was chosen on seeds 1 to 4.\n\n", e.series, e.readings, took.Round(time.Second))
	fmt.Fprintf(w, "precision %.3f  (%d of %d alarms)\n", s.Precision.Share(), s.Precision.Hit, s.Precision.All)
	fmt.Fprintf(w, "recall    %.3f  (%d of %d faults on judged series), median delay %v\n", s.Recall.Share(), s.Recall.Hit, s.Recall.All, s.Delay.Round(time.Minute))
	all := s.Recall.All + e.silent
	for _, n := range e.unseen {
		all += n
	}
	fmt.Fprintf(w, "          %.3f  (%d of %d faults of every kind, also those it cannot see)\n\n", float64(s.Recall.Hit)/float64(all), s.Recall.Hit, all)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "fault\tfound\tof\trecall\t")
	for _, kind := range simulator.FaultKinds() {
		if k := s.ByKind[string(kind)]; k.All > 0 {
			fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t\n", kind, k.Hit, k.All, k.Share())
		}
	}
	fmt.Fprintln(t, "\t\t\t\t\nalarms on\tright\tof\tprecision\t")
	for _, property := range sortedKeys(s.ByProperty) {
		k := s.ByProperty[property]
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t\n", property, k.Hit, k.All, k.Share())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	e.explain(w)
	return nil
}

// explain says what the figures mean and what the model cannot see.
func (e *evaluation) explain(w io.Writer) {
	fmt.Fprintf(w, `
An alarm is right when it was raised while a labelled fault stood on that very series, or
within %v after. A fault is found when at least one such alarm was raised. Faults that
began before the first judged reading are neither found nor missed.

Not seen by this model, and not in the tables above: %d silent devices (there is no
reading to judge; their age shows it)`, analytics.Grace, e.silent)
	for _, property := range sortedKeys(e.unseen) {
		fmt.Fprintf(w, ", %d faults of %s", e.unseen[property], property)
	}
	fmt.Fprintln(w, ".\nThe faults are invented. Real ones will be missed more often.")
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
