package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// orphanedPatience is how long devices without a campaign try to say the rest.
const orphanedPatience = 15 * time.Minute

// playCrowd is the process of the devices, never killed: a device for each line
// "name,secret" of a file, until standard input ends; then they finish what is
// unacknowledged. It says how it stands ten times a second on standard output.
func playCrowd(args []string) error {
	flags := flag.NewFlagSet("crowd", flag.ContinueOnError)
	addr := flags.String("addr", "", "the broker")
	secrets := flags.String("secrets", "", `file of lines "name,secret"`)
	acks := flags.String("acks", "", "file for the PUBACKs")
	window := flags.Int("window", 50, "messages of one device without PUBACK")
	pace := flags.Duration("pace", 0, "between two messages of one device; 0: as fast as it can")
	abandon := flags.Bool("abandon", false, "give up at the end what is unacknowledged")
	if err := flags.Parse(args); err != nil {
		return err
	}
	lines, err := os.ReadFile(*secrets)
	if err != nil {
		return err
	}
	f, err := os.Create(*acks)
	if err != nil {
		return err
	}
	c := &crowd{abandon: *abandon, log: bufio.NewWriterSize(f, 1<<20), connected: map[string]bool{}}
	devices := strings.Fields(string(lines))
	go c.obey()
	go c.report()
	var running sync.WaitGroup
	for i, line := range devices {
		name, secret, _ := strings.Cut(line, ",")
		offset := *pace * time.Duration(i) / time.Duration(len(devices)) // they do not march in step
		d := &device{name: name, secret: secret, addr: *addr, window: *window, pace: *pace, crowd: c, due: time.Now().Add(offset)}
		running.Go(d.run)
	}
	running.Wait()
	c.say("done")
	return errors.Join(c.log.Flush(), f.Close())
}

// crowd is what the devices know together.
type crowd struct {
	abandon bool

	mu                         sync.Mutex
	log                        *bufio.Writer // one line for each PUBACK: device, number, microseconds of its time
	connected                  map[string]bool
	sent, again, acked, denied int
	lost                       int // sent without PUBACK on connections that ended since the campaign last asked
	trouble                    string
	stopping                   bool
}

// obey ends the crowd with standard input. The line "forget" on it clears the count
// of what was lost with connections.
func (c *crowd) obey() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		c.mu.Lock()
		c.lost = 0
		c.mu.Unlock()
	}
	time.AfterFunc(orphanedPatience, func() {
		fmt.Fprintln(os.Stderr, "crowd: the rest is never acknowledged")
		os.Exit(1)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
}

func (c *crowd) report() {
	for range time.Tick(100 * time.Millisecond) {
		c.say("now")
	}
}

// say writes the line that status reads, in one write.
func (c *crowd) say(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Printf("%s %d %d %d %d %d %d %q\n", word, c.sent, c.again, c.acked, len(c.connected), c.lost, c.denied, c.trouble)
}

func (c *crowd) refused(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.denied++
	c.trouble = err.Error()
}

func (c *crowd) joined(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected[name] = true
}

func (c *crowd) left(name string, pending int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.connected, name)
	if c.lost += pending; err != nil {
		c.trouble = err.Error()
	}
}

func (c *crowd) sending(n int, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent += n; again {
		c.again += n
	}
}

func (c *crowd) acknowledged(name string, messages []message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range messages {
		fmt.Fprintln(c.log, name, m.seq, m.at.UnixMicro())
	}
	c.acked += len(messages)
}

func (c *crowd) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}
