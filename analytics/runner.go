package analytics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/bus"
)

// Alarmer is where the Runner says that a cause stands or has gone. Operations satisfies it.
type Alarmer interface {
	Raise(ctx context.Context, report haidang.AlarmReport) (haidang.Alarm, error)
	Clear(ctx context.Context, cause string, at time.Time, by, note string) error
}

// Flagger keeps what the model says about single readings. Ingest, which owns the table, satisfies it.
type Flagger interface {
	FlagObservations(ctx context.Context, flags []haidang.ObservationFlag) error
}

// RunnerConfig is what a Runner works with.
type RunnerConfig struct {
	Pool   *pgxpool.Pool // read only
	Bus    *bus.Bus
	Alarms Alarmer
	Flags  Flagger // nil keeps no flags
	Rule   Rule    // zero is DefaultRule
}

// The bounds and waits of the runner.
const (
	maxSeries     = 20_000           // more are not watched, and the log says so
	maxQueue      = 512              // batches of the live bus; when full the oldest goes
	surveyEvery   = time.Minute      // look for new series and for baselines that are due
	askTimeout    = 20 * time.Second // for one question to the database or to another room
	lateAfter     = 10 * time.Minute // a reading older than this, or than three intervals, is late
	primeSpan     = 2 * time.Hour
	retryLearning = 3 * time.Minute
)

// Runner feeds the model with live readings and speaks for it.
type Runner struct {
	config RunnerConfig
	store  store
	queue  chan haidang.LatestMoved

	mu      sync.Mutex
	watched map[haidang.DatastreamID]*watch

	cancel      context.CancelFunc
	unsubscribe func()
	running     sync.WaitGroup
}

// watch is one series under the model's eye.
type watch struct {
	series
	profile Profile
	monitor *Monitor
	tried   time.Time // when learning was last tried
}

// NewRunner makes a Runner that is not running yet.
func NewRunner(config RunnerConfig) *Runner {
	if config.Rule == (Rule{}) {
		config.Rule = DefaultRule
	}
	return &Runner{config: config, store: store{config.Pool}, queue: make(chan haidang.LatestMoved, maxQueue),
		watched: map[haidang.DatastreamID]*watch{}}
}

// Start listens to the live bus and returns; learning goes on behind.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.survey(ctx); err != nil {
		return fmt.Errorf("list the series to watch: %w", err)
	}
	if err := r.resume(ctx); err != nil {
		return fmt.Errorf("read standing alarms: %w", err)
	}
	stop, err := bus.Subscribe(r.config.Bus, r.hear)
	if err != nil {
		return err
	}
	r.unsubscribe = stop
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.running.Go(func() { r.listen(ctx) })
	r.running.Go(func() { r.learn(ctx) })
	return nil
}

// Stop ends the runner and waits, at most until ctx ends.
func (r *Runner) Stop(ctx context.Context) error {
	if r.cancel == nil {
		return nil
	}
	r.unsubscribe()
	r.cancel()
	done := make(chan struct{})
	go func() { r.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Watching returns how many series are known and how many of them are judged by now.
func (r *Runner) Watching() (known, judged int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.watched {
		if w.monitor.Ready() {
			judged++
		}
	}
	return len(r.watched), judged
}

// hear queues an event of the bus and never blocks it.
func (r *Runner) hear(e haidang.LatestMoved) {
	for {
		select {
		case r.queue <- e:
			return
		default:
		}
		select {
		case <-r.queue:
			slog.Warn("analytics falls behind: a batch goes unjudged")
		default:
		}
	}
}

func (r *Runner) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-r.queue:
			r.judge(ctx, e.Observations)
		}
	}
}

// judge looks at one batch, then tells what it found, outside of the lock.
func (r *Runner) judge(ctx context.Context, batch []haidang.Observation) {
	var flags []haidang.ObservationFlag
	var findings []finding
	r.mu.Lock()
	for _, o := range batch {
		w, ok := r.watched[o.Datastream]
		if !ok || w.late(o) {
			continue
		}
		p := Point{o.PhenomenonTime, o.Result}
		v := w.monitor.Observe(p)
		if v.Suspect {
			flags = append(flags, w.flag(p, v))
		}
		if v.Raise || v.Clear {
			findings = append(findings, finding{w, p, v})
		}
	}
	r.mu.Unlock()
	r.keep(ctx, flags)
	for _, f := range findings {
		r.tell(ctx, f)
	}
}

// late is true of readings that tell of the past: they fill history, they do not alarm.
func (w *watch) late(o haidang.Observation) bool {
	limit := max(lateAfter, 3*time.Duration(w.Interval)*time.Second)
	return o.ReceivedAt.Sub(o.PhenomenonTime) > limit || time.Since(o.PhenomenonTime) > limit
}

// keep has the flags written down, then tells the live bus.
func (r *Runner) keep(ctx context.Context, flags []haidang.ObservationFlag) {
	if r.config.Flags == nil || len(flags) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := r.config.Flags.FlagObservations(ctx, flags); err != nil {
		slog.Error("flags on readings are lost", "flags", len(flags), "error", err)
		return
	}
	if err := r.config.Bus.Publish(haidang.FlagsChanged{Flags: flags}); err != nil {
		slog.Warn("analytics: the live bus did not take the flags", "flags", len(flags), "error", err)
	}
}

// finding is a verdict that somebody must hear.
type finding struct {
	watch   *watch
	point   Point
	verdict Verdict
}

// tell raises or clears the alarm. What could not be told is found again.
func (r *Runner) tell(ctx context.Context, f finding) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var err error
	if f.verdict.Raise {
		_, err = r.config.Alarms.Raise(ctx, f.watch.report(f.point, f.verdict, f.watch.profile.Priority))
	} else {
		err = r.config.Alarms.Clear(ctx, causeOf(f.watch.Datastream), f.point.At, ModelName, "")
	}
	if err == nil {
		return
	}
	slog.Error("alarm could not be told", "cause", causeOf(f.watch.Datastream), "raise", f.verdict.Raise, "error", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.verdict.Raise {
		f.watch.monitor.Retract()
	} else if haidang.CodeOf(err) != haidang.ErrNotFound {
		f.watch.monitor.Resume(f.point.At)
	}
}

// survey takes up series that are new since the last time.
func (r *Runner) survey(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	all, err := r.store.series(ctx)
	if err != nil {
		return err
	}
	if len(all) == maxSeries {
		slog.Warn("more series than are watched", "watched", maxSeries)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range all {
		if _, known := r.watched[x.Datastream]; !known {
			r.watched[x.Datastream] = &watch{series: x, profile: profiles[x.Property], monitor: NewMonitor(r.config.Rule)}
		}
	}
	return nil
}

// resume takes up the alarms that stood when the last runner ended, so that they can be cleared.
func (r *Runner) resume(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	since, err := r.store.standing(ctx)
	if err != nil {
		return err
	}
	for id, at := range since {
		if w, ok := r.watched[id]; ok {
			w.monitor.Resume(at)
		}
	}
	return nil
}

// learn keeps baselines fresh until ctx ends.
func (r *Runner) learn(ctx context.Context) {
	tick := time.NewTicker(surveyEvery)
	defer tick.Stop()
	for {
		for _, w := range r.due(time.Now()) {
			if err := r.teach(ctx, w); err != nil && ctx.Err() == nil {
				slog.Error("baseline not learnt", "datastream", w.Datastream, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.survey(ctx); err != nil && !errors.Is(err, context.Canceled) {
			slog.Error("list the series to watch", "error", err)
		}
	}
}

func (r *Runner) due(now time.Time) []*watch {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []*watch
	for _, w := range r.watched {
		if now.After(w.monitor.LearnAt()) && now.Sub(w.tried) > retryLearning {
			w.tried = now
			due = append(due, w)
		}
	}
	return due
}

// teach reads a series' history and gives its monitor a baseline, if the history
// is long enough and reaches to the present: a backlog still arriving does not.
func (r *Runner) teach(ctx context.Context, w *watch) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	now := time.Now()
	history, err := r.store.history(ctx, w.Datastream, now.Add(-MaxHistory))
	if err != nil || len(history) == 0 || now.Sub(history[len(history)-1].At) > time.Hour {
		return err
	}
	if w.monitor.Ready() { // only this goroutine makes a monitor ready
		b := Learn(history, w.profile)
		r.mu.Lock()
		defer r.mu.Unlock()
		w.monitor.Relearn(b, now)
		return nil
	}
	recent, err := r.store.newest(ctx, w.Datastream, now.Add(-primeSpan), r.config.Rule.N-1)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w.begin(history, recent, now)
	return nil
}

// begin gives a monitor its first baseline. Where there is history enough, the
// last day of it is judged instead of learnt: a fault in it must not pass for usual.
func (w *watch) begin(history, recent []Point, now time.Time) {
	dayAgo := now.Add(-24 * time.Hour)
	cut, _ := slices.BinarySearchFunc(history, dayAgo, func(p Point, t time.Time) int { return p.At.Compare(t) })
	b := Learn(history[:cut], w.profile)
	if b == nil {
		b, cut = Learn(history, w.profile), len(history)
	}
	if b == nil {
		return
	}
	since, stood := w.monitor.Standing()
	w.monitor.Relearn(b, now)
	w.monitor.Prime(before(history[cut:], recent, now))
	w.monitor.Prime(recent)
	w.monitor.Listening()
	if stood {
		w.monitor.Resume(since)
	}
}

// before returns the steps of history that end before the recent readings begin.
func before(history, recent []Point, now time.Time) []Point {
	end := now
	if len(recent) > 0 {
		end = recent[0].At
	}
	n, _ := slices.BinarySearchFunc(history, end.Add(-Step/2), func(p Point, t time.Time) int { return p.At.Compare(t) })
	return history[:n]
}
