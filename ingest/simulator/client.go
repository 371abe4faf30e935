package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
)

// The waits of a device, all bounded.
const (
	connectPatience = 15 * time.Second
	ackPatience     = 30 * time.Second
	pauseAtLeast    = 2 * time.Second
	pauseAtMost     = time.Minute
	readingsAtOnce  = 60 // in one message, when catching up
	historyStep     = 10 * time.Minute
	fineHistory     = time.Hour // younger readings are sent one by one, as they would have been
)

// reading is one object of the telemetry payload of the public contract.
type reading struct {
	Time   time.Time                        `json:"time"`
	Seq    int64                            `json:"seq,omitzero"`
	Values map[haidang.PropertyCode]float64 `json:"values"`
}

// client is one device on the wire: an MQTT client of its own.
type client struct {
	province *Province
	device   Device
	broker   string
	secret   string
	gate     chan struct{} // how many may connect or catch up at once
	next     time.Time     // of the first reading not yet acknowledged
	done     atomic.Int64  // Unix seconds up to which all is acknowledged
}

// run keeps the device alive until ctx ends: connect, catch up, report at its pace.
func (c *client) run(ctx context.Context) {
	pause := pauseAtLeast
	for ctx.Err() == nil {
		began := time.Now()
		err := c.session(ctx)
		if time.Since(began) > pauseAtMost {
			pause = pauseAtLeast
		}
		if err != nil && ctx.Err() == nil {
			slog.Debug("simulated device lost its connection", "thing", c.device.ID, "error", err)
		}
		jitter := time.Duration(float64(pause) * uniform(c.device.key, 900, uint64(began.UnixNano())))
		sleep(ctx, pause/2+jitter)
		pause = min(2*pause, pauseAtMost)
	}
}

// session is one connection from sign-in to its end.
func (c *client) session(ctx context.Context) error {
	lost := make(chan error, 1)
	var socket net.Conn
	link := mqtt.NewClient(c.options(lost, &socket))
	if err := c.greet(ctx, link); err != nil {
		link.Disconnect(0)
		return err
	}
	for {
		select {
		case <-ctx.Done():
			c.leave(link)
			return ctx.Err()
		case err := <-lost:
			return err
		default:
		}
		if c.silent() {
			_ = socket.Close() // as when the power fails: the broker speaks the last will
			c.sleepThrough(ctx)
			return nil
		}
		if err := c.report(ctx, link, lost); err != nil && ctx.Err() == nil {
			link.Disconnect(0)
			return err
		}
	}
}

func (c *client) options(lost chan<- error, socket *net.Conn) *mqtt.ClientOptions {
	id := string(c.device.ID)
	o := mqtt.NewClientOptions().AddBroker(c.broker).SetClientID(id).SetUsername(id).SetPassword(c.secret).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(connectPatience).SetWriteTimeout(10*time.Second).SetKeepAlive(90*time.Second).
		SetBinaryWill(c.topic("status"), []byte(`{"online":false}`), 1, false).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err })
	return o.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		conn, err := net.DialTimeout("tcp", u.Host, connectPatience)
		*socket = conn
		return conn, err
	})
}

func (c *client) topic(last string) string {
	return "v1/things/" + string(c.device.ID) + "/" + last
}

// greet signs in and says who speaks. Few do so at once, so that a thousand
// devices do not storm a broker that has just come up.
func (c *client) greet(ctx context.Context, link mqtt.Client) error {
	if !enter(ctx, c.gate) {
		return ctx.Err()
	}
	defer leave(c.gate)
	token := link.Connect()
	if !token.WaitTimeout(connectPatience) {
		return errors.New("no answer to the sign-in")
	}
	if err := token.Error(); err != nil {
		return err
	}
	if err := publish(ctx, link, c.topic("status"), []byte(`{"online":true}`)); err != nil {
		return err
	}
	about := fmt.Sprintf(`{"firmware":"1.%d.0","serial":"%08X","interval_s":%d}`, c.device.key%5, uint32(c.device.key>>8), int(c.device.Interval.Seconds()))
	return publish(ctx, link, c.topic("attributes"), []byte(about))
}

// leave says goodbye, within what is left of a moment.
func (c *client) leave(link mqtt.Client) {
	link.Publish(c.topic("status"), 1, false, []byte(`{"online":false}`)).WaitTimeout(time.Second)
	link.Disconnect(100)
}

// silent says whether the device has nothing to say now, because it failed so.
func (c *client) silent() bool {
	f, failing := c.province.faultAt(&c.device, time.Now())
	return failing && f.Kind == FaultSilent
}

func (c *client) sleepThrough(ctx context.Context) {
	for ctx.Err() == nil && c.silent() {
		c.acknowledged(c.device.Next(time.Now()))
		sleep(ctx, c.device.Interval)
	}
}

// report sends what is due: a batch when there is a past to tell, else the next
// reading at its moment. It moves on only once the broker has acknowledged.
func (c *client) report(ctx context.Context, link mqtt.Client, lost <-chan error) error {
	if wait := time.Until(c.next); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-lost:
			return err
		case <-timer.C:
		}
	}
	due, next := c.due(time.Now())
	if len(due) > 0 {
		if err := c.send(ctx, link, due); err != nil {
			return err
		}
	}
	c.acknowledged(next)
	return nil
}

// due collects the readings from next until now, and where it stopped: coarse for
// the distant past, every one of the last hour.
func (c *client) due(now time.Time) (due []reading, next time.Time) {
	at := c.next
	for !at.After(now) && len(due) < readingsAtOnce {
		if values := c.province.Values(&c.device, at); values != nil {
			due = append(due, reading{Time: at, Values: values})
			if now.Sub(at) <= fineHistory { // a coarse past would leave numbers out
				due[len(due)-1].Seq = at.Unix() / int64(c.device.Interval/time.Second)
			}
		}
		if now.Sub(at) > fineHistory {
			at = c.device.nextOf(at, historyStep)
		} else {
			at = c.device.Next(at)
		}
	}
	return due, at
}

func (c *client) send(ctx context.Context, link mqtt.Client, due []reading) error {
	var payload any = due[0]
	if len(due) > 1 {
		payload = due
		if !enter(ctx, c.gate) {
			return ctx.Err()
		}
		defer leave(c.gate)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return publish(ctx, link, c.topic("telemetry"), body)
}

func (c *client) acknowledged(next time.Time) {
	c.next = next
	c.done.Store(next.Unix() - 1)
}

// publish returns once the broker has acknowledged, or after ackPatience.
func publish(ctx context.Context, link mqtt.Client, topic string, body []byte) error {
	token := link.Publish(topic, 1, false, body)
	timer := time.NewTimer(ackPatience)
	defer timer.Stop()
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return err
		}
		if !link.IsConnectionOpen() { // paho ends tokens without an error when the connection goes
			return errors.New("the connection went before the acknowledgement")
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("no acknowledgement on %s", topic)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func enter(ctx context.Context, gate chan struct{}) bool {
	select {
	case gate <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func leave(gate chan struct{}) { <-gate }
