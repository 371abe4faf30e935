// Command chaos is the campaign that `make chaos` and `make flood` run: it starts
// the real haidang on a data folder of its own, has devices in a process of their
// own publish at full load, and takes something away: the program, its database,
// one of two ingesters, the disk. Then it compares the devices' own log of what was
// acknowledged with the table.
//
// In: the built program and a PostgreSQL with PostGIS on the machine. Out: a line a
// round on standard output, progress on standard error, exit code 1 when anything
// acknowledged is lost, stored twice or not accounted for. It must never help a
// round along: what is to come back without a hand comes back without its hand.
//
// A kind of round is a file here: a method of campaign, listed in parts.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// crowdWord as first argument makes the program the devices.
const crowdWord = "crowd"

// campaign is what the command line says.
type campaign struct {
	bin, work      string
	only, skip     string
	seed           uint64
	rounds         int
	clients        int
	window         int
	from, to       time.Duration
	acks, flight   int
	away, flood    time.Duration
	hog, diskQuiet time.Duration

	awayRate  int
	perMinute int // messages that a device may send; 0: as many as it likes
	failed    bool
}

// parts is what can be run, in this order.
func (c *campaign) parts() []part {
	return []part{
		{"kill", c.killRounds},
		{"sigterm", c.sigterm},
		{"store-reopened", c.storeReopened},
		{"disk-full", c.diskFull},
		{"postgres-away", c.postgresAway},
		{"flood", c.floodAll},
		{"hog", c.floodOne},
	}
}

type part struct {
	name string
	run  func(ctx context.Context, dir string) error
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == crowdWord {
		if err := playCrowd(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "chaos, devices:", err)
			os.Exit(1)
		}
		return
	}
	c := &campaign{}
	flag.StringVar(&c.bin, "bin", "bin/haidang", "the program")
	flag.StringVar(&c.work, "work", "/tmp", "where to make a folder for each part; removed when the part succeeds")
	flag.StringVar(&c.only, "only", "^(kill|sigterm|store-reopened|disk-full|postgres-away)$", "regular expression of the parts to run: kill, sigterm, store-reopened, disk-full, postgres-away, flood, hog")
	flag.StringVar(&c.skip, "skip", "^$", "regular expression of the parts to leave out")
	flag.Uint64Var(&c.seed, "seed", rand.Uint64N(1_000_000), "of the moments")
	flag.IntVar(&c.rounds, "rounds", 20, "kill rounds")
	flag.IntVar(&c.clients, "clients", 200, "devices")
	flag.IntVar(&c.window, "window", 50, "messages of one device without PUBACK")
	flag.DurationVar(&c.from, "from", 3*time.Second, "earliest moment of a kill, from the start of the load")
	flag.DurationVar(&c.to, "to", 15*time.Second, "latest moment of a kill")
	flag.IntVar(&c.acks, "acks", 20_000, "PUBACKs before a kill; a round with fewer does not count")
	flag.IntVar(&c.flight, "flight", 500, "messages without PUBACK at a kill; a round with fewer does not count")
	flag.DurationVar(&c.away, "away", 10*time.Minute, "how long PostgreSQL is away")
	flag.IntVar(&c.awayRate, "away-rate", 20_000, "messages a second while it is away; 0: as fast as the devices can, which is more than the database ever takes")
	flag.DurationVar(&c.flood, "flood", 5*time.Minute, "how long the flood lasts")
	flag.DurationVar(&c.hog, "hog", time.Minute, "how long the others are watched, with and without the one device")
	flag.DurationVar(&c.diskQuiet, "full", 20*time.Second, "how long the disk stays full")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// run runs the wanted parts; one that fails does not keep the others from running.
func (c *campaign) run(ctx context.Context) error {
	only, err := regexp.Compile(c.only)
	if err != nil {
		return err
	}
	skip, err := regexp.Compile(c.skip)
	if err != nil {
		return err
	}
	if c.bin, err = filepath.Abs(c.bin); err != nil {
		return err
	}
	fmt.Printf("seed=%d clients=%d window=%d\n", c.seed, c.clients, c.window)
	for _, p := range c.parts() {
		if ctx.Err() != nil || !only.MatchString(p.name) || skip.MatchString(p.name) {
			continue
		}
		if err := c.runPart(ctx, p); err != nil {
			c.failed = true
			fmt.Fprintf(os.Stderr, "chaos: %s: %v\n", p.name, err)
		}
	}
	if ctx.Err() != nil || c.failed {
		return fmt.Errorf("not everything held; repeat with -seed %d", c.seed)
	}
	return nil
}

// runPart gives the part a folder, and keeps it when the part fails.
func (c *campaign) runPart(ctx context.Context, p part) error {
	dir, err := os.MkdirTemp(c.work, "haidang-chaos-")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the database's user passes through
		return err
	}
	before := c.failed
	if err := p.run(ctx, dir); err != nil {
		return fmt.Errorf("%w; everything is kept in %s", err, dir)
	}
	if c.failed && !before {
		return fmt.Errorf("everything is kept in %s", dir)
	}
	return os.RemoveAll(dir)
}

// moment draws when the round's kill comes, uniformly; the same seed draws the same.
func (c *campaign) moment(round, try int) time.Duration {
	draw := rand.New(rand.NewPCG(c.seed, uint64(round)<<8|uint64(try)))
	return c.from + time.Duration(draw.Int64N(int64(c.to-c.from)+1))
}

// progress tells who watches what goes on.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
