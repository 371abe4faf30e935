package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"haidang"
	"haidang/ingest/simulator"
)

// simulateCmd plays a province to a broker and to the citizens' page.
type simulateCmd struct {
	Broker       string        `default:"${broker}" env:"HAIDANG_SIMULATE_BROKER" help:"MQTT broker, as tcp://host:port. Unless told: where HAIDANG_MQTT_ADDR makes it listen."`
	Credentials  string        `default:"./var/simulation.json" help:"File with the seed and the devices' secrets, written by serve --demo."`
	Backfill     time.Duration `default:"96h" help:"How much of the past each device tells first, as fast as it is acknowledged; 0 for none."`
	BackfillTide time.Duration `default:"360h" help:"The same for tide gauges and salinity stations, whose series show themselves in a fortnight only."`
	Citizens     string        `default:"http://127.0.0.1:8080" help:"Address of the pages, where citizens report something now and then. Empty: nobody reports."`
	Every        time.Duration `default:"8m" help:"Mean time between two reports of citizens."`
}

// Validate refuses what could not work. kong calls it.
func (c *simulateCmd) Validate() error {
	if !strings.HasPrefix(c.Broker, "tcp://") {
		return haidang.RefuseField("broker", "Địa chỉ phải có dạng tcp://host:port.", "The address must be of the form tcp://host:port.")
	}
	if c.Backfill < 0 || c.BackfillTide < 0 {
		return haidang.RefuseField("backfill", "Thời lượng không được âm.", "The duration must not be negative.")
	}
	if c.Every < time.Second {
		return haidang.RefuseField("every", "Hai phản ánh phải cách nhau ít nhất một giây.", "Reports must be at least a second apart.")
	}
	return nil
}

// Run plays until ctx ends.
func (c *simulateCmd) Run(ctx context.Context) error {
	p, err := c.player()
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	leaving, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	return p.Stop(leaving)
}

// player reads the credentials and sets the stage.
func (c *simulateCmd) player() (*player, error) {
	s, err := readSimulation(c.Credentials)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, haidang.RefuseField("credentials", "Chưa có tệp "+c.Credentials+"; `haidang serve --demo` tạo ra tệp này trong thư mục dữ liệu.",
			"There is no file "+c.Credentials+"; `haidang serve --demo` writes it to the data folder.")
	}
	if err != nil {
		return nil, err
	}
	p := &player{progress: filepath.Join(filepath.Dir(c.Credentials), "simulation.progress")}
	p.devices = simulator.NewRunner(simulator.RunnerConfig{
		Province: simulator.New(s.Seed), Broker: c.Broker, Secrets: s.Secrets,
		History: c.Backfill, TideHistory: c.BackfillTide, Acknowledged: p.reached(),
	})
	if c.Citizens != "" {
		p.citizens = simulator.NewCitizens(simulator.CitizensConfig{Base: c.Citizens, Token: s.Citizens, Seed: s.Seed, Every: c.Every})
	}
	return p, nil
}

// player plays devices and citizens, and remembers how far the devices came.
type player struct {
	devices  *simulator.Runner
	citizens *simulator.Citizens // nil when nobody reports
	progress string              // file: what is acknowledged need not be told again
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Start sets all going and returns.
func (p *player) Start(ctx context.Context) error {
	if err := p.devices.Start(ctx); err != nil {
		return err
	}
	if p.citizens != nil {
		if err := p.citizens.Start(ctx); err != nil {
			return errors.Join(err, p.devices.Stop(ctx))
		}
	}
	remembering, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.running.Go(func() { p.remember(remembering) })
	return nil
}

// Stop signs everybody off.
func (p *player) Stop(ctx context.Context) error {
	if p.cancel == nil {
		return nil
	}
	p.cancel()
	p.running.Wait()
	err := p.devices.Stop(ctx)
	if p.citizens != nil {
		err = errors.Join(err, p.citizens.Stop(ctx))
	}
	p.note()
	return err
}

func (p *player) remember(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.note()
		}
	}
}

func (p *player) note() {
	at := p.devices.Acknowledged().Format(time.RFC3339)
	if err := replaceFile(p.progress, []byte(at+"\n")); err != nil {
		slog.Warn("progress of the simulation not noted: the next start tells more of the past again", "error", err)
	}
}

// reached is how far an earlier run came; zero when there was none.
func (p *player) reached() time.Time {
	data, err := os.ReadFile(p.progress)
	if err != nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	if err != nil {
		return time.Time{}
	}
	return at
}
