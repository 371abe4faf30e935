package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"haidang/internal/freeport"
)

// site is one data folder with a house in it, and devices registered there.
type site struct {
	bin          string
	dir          string   // the campaign's own folder, with logs and lists
	data         string   // haidang's data folder
	mqtt, http   string   // addresses
	extra        []string // more arguments of serve
	clients      int
	secrets      string // file
	house        *house
	ingester     *house // beside the house, when it is split
	administrate *administrator
	launches     int // crowds so far
}

// stopPatience is how long the program may take after SIGTERM.
const stopPatience = 2 * time.Minute

// found makes a site with the data folder below place, and opens its house for the
// first time. more are further arguments of serve.
func (c *campaign) found(ctx context.Context, dir, place string, more ...string) (*site, error) {
	s := &site{bin: c.bin, dir: dir, data: filepath.Join(place, "var"), extra: more, clients: c.clients, secrets: filepath.Join(dir, "secrets.csv")}
	var err error
	// Held for the whole campaign: the devices call often while nobody listens.
	if s.mqtt, _, err = freeport.Hold(); err != nil {
		return nil, err
	}
	if s.http, _, err = freeport.Hold(); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	// The limit first: ingest reads it with the first message of a device it does not know.
	if err := errors.Join(s.limit(ctx, c.perMinute), s.register(ctx, "kill", s.clients, s.secrets)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.administrate, err = setUp(ctx, s.http, filepath.Join(dir, "haidang.log")); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// open starts the house; the data folder is as the last one left it.
func (s *site) open(ctx context.Context) (err error) {
	s.house, err = up(ctx, s.bin, filepath.Join(s.dir, "haidang.log"),
		append([]string{"serve", "--data", s.data, "--http-addr", s.http, "--mqtt-addr", s.mqtt}, s.extra...)...)
	return err
}

// close ends the house as an operator does.
func (s *site) close() error {
	if s.house == nil || !s.house.running() {
		return nil
	}
	return s.house.terminate(stopPatience)
}

// logged counts the lines of the program's log that hold one of the words.
func (s *site) logged(words ...string) (n int, err error) {
	text, err := os.ReadFile(s.house.log)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		for _, w := range words {
			if strings.Contains(line, w) {
				n++
				break
			}
		}
	}
	return n, nil
}

// deviceType is what the devices are.
const deviceType = "traffic_counter"

// register makes devices known and writes their secrets to a file.
func (s *site) register(ctx context.Context, prefix string, n int, secrets string) error {
	list := "name,title,type,agency,lon,lat,properties\n"
	for i := range n {
		list += fmt.Sprintf("%s-%03d,Trạm %d,%s,sogtvt,106,9.5,traffic_flow\n", prefix, i, i, deviceType)
	}
	file := filepath.Join(s.dir, prefix+".csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		return err
	}
	return s.verb(ctx, "device", "import", file, "--secrets", secrets)
}

// limit sets the rate limit of the devices' type; 0 lifts it. The campaign sends a
// year's readings in a minute.
func (s *site) limit(ctx context.Context, perMinute int) error {
	return s.verb(ctx, "device", "limit", deviceType, "--per-minute", fmt.Sprint(perMinute))
}

// verb runs haidang beside the house.
func (s *site) verb(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args = append(args, "--data", s.data)
	for i, a := range s.extra { // the same database
		if a == "--database-url" {
			args = append(args, a, s.extra[i+1])
		}
	}
	out, err := exec.CommandContext(ctx, s.bin, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("haidang %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// load starts the devices of a secrets' file and returns when all are connected.
func (s *site) load(ctx context.Context, secrets string, p pacing) (*fleet, error) {
	s.launches++
	f, err := launch(s.mqtt, secrets, filepath.Join(s.dir, fmt.Sprintf("acks-%d", s.launches)), p)
	if err != nil {
		return nil, err
	}
	return f, f.everybody(ctx)
}

// split starts a second process that ingests, and returns once it carries its share.
func (s *site) split(ctx context.Context) (err error) {
	s.ingester, err = up(ctx, s.bin, filepath.Join(s.dir, "ingester.log"), "serve", "--roles", "ingest", "--data", s.data)
	if err != nil {
		return err
	}
	return await(ctx, patience, "two processes share the lanes", func() (bool, error) {
		b, err := s.administrate.books(ctx)
		return err == nil && b.owners() == 2, nil
	})
}

// unite ends the second process, when it still runs, and returns once the first
// carries everything.
func (s *site) unite(ctx context.Context) error {
	if s.ingester.running() {
		if err := s.ingester.terminate(stopPatience); err != nil {
			return err
		}
	}
	return await(ctx, patience, "one process carries every lane", func() (bool, error) {
		b, err := s.administrate.books(ctx)
		return err == nil && b.owners() == 1, nil
	})
}
