package outside

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/internal/mqttclient"
)

const (
	// burst is five times the queue that brokers keep for a session by default
	// (Mosquitto, EMQX and HiveMQ: 1,000 messages).
	burst = 5000

	// largest is what a device may send, less the head of the packet.
	largest = 1<<20 - 1<<10

	// narrow is a window of unacknowledged messages below which ingest is slow.
	narrow = 200

	quiet          = 2 * time.Second // nothing more is coming
	limitsPatience = 2 * time.Minute
)

// probe is one try of a broker's limits.
type probe struct {
	broker   string
	topic    string
	findings []haidang.Text
}

// CheckLimits tries whether the broker at the address, which carries our user, keeps
// what it acknowledges: it lets a durable session hold its acknowledgements while more
// is published than brokers keep by default, cuts that session and counts what comes
// afterwards. It takes seconds, leaves nothing behind, and fails with an ErrInvalid that
// names each setting, or with ErrUnavailable when the broker cannot be tried. Two tries
// at once disturb each other.
func CheckLimits(ctx context.Context, broker string) error {
	ctx, cancel := context.WithTimeout(ctx, limitsPatience)
	defer cancel()
	p := &probe{broker: broker, topic: probeTopics + rand.Text()}
	defer p.forget()
	for _, try := range []func(context.Context) error{p.queue, p.size, p.retain} {
		if err := try(ctx); err != nil {
			return unreachable(err)
		}
	}
	if len(p.findings) > 0 {
		return refuse("HAIDANG_MQTT_URL", p.findings, haidang.Text{VI: "Xem docs/external-broker.md.", EN: "See docs/external-broker.md."})
	}
	return nil
}

func (p *probe) holder() *mqtt.ClientOptions { return own(p.broker, "probe").SetCleanSession(false) }

// dialFresh opens a connection without a session, for as long as do takes.
func (p *probe) dialFresh(ctx context.Context, what string, do func(*client) error) error {
	c, err := dial(ctx, own(p.broker, what).SetCleanSession(true), false)
	if err != nil {
		return err
	}
	defer c.Disconnect(100)
	return do(c)
}

// queue counts how many of a burst outlive a consumer that does not acknowledge.
func (p *probe) queue(ctx context.Context) error {
	p.forget() // what an earlier, killed probe left
	holding, err := dial(ctx, p.holder(), true)
	if err != nil {
		return err
	}
	defer holding.Disconnect(0)
	if err := mqttclient.Subscribe(ctx, holding, p.topic); err != nil {
		return err
	}
	return p.dialFresh(ctx, "probe-speaker", func(speaker *client) error {
		if err := p.speak(ctx, speaker, burst); err != nil {
			return err
		}
		if window := holding.settle(ctx, burst, quiet); window < narrow {
			slog.Warn("the external broker hands over few messages before it waits for acknowledgements: ingest will be slow; raise max_inflight_messages (Mosquitto), mqtt.max_inflight (EMQX), max-client-receive-maximum (HiveMQ)", "window", window)
		}
		holding.Disconnect(0)
		if err := speaker.say(ctx, p.topic, "while away", false); err != nil {
			return err
		}
		return p.collect(ctx)
	})
}

// speak publishes n different messages and returns when all are acknowledged.
func (p *probe) speak(ctx context.Context, speaker *client, n int) error {
	tokens := make([]mqtt.Token, n)
	for i := range tokens {
		tokens[i] = speaker.Publish(p.topic, 1, false, fmt.Sprintf("%0100d", i))
	}
	for _, t := range tokens {
		select {
		case <-t.Done():
		case <-ctx.Done():
			return errors.Join(errors.New("the burst is not acknowledged"), ctx.Err())
		}
		if t.Error() != nil {
			return t.Error()
		}
	}
	if !speaker.IsConnectionOpen() {
		return errors.New("the broker ended the connection in the middle of the burst")
	}
	return nil
}

// collect comes back to the session and counts.
func (p *probe) collect(ctx context.Context) error {
	back, err := dial(ctx, p.holder(), false)
	if err != nil {
		return err
	}
	defer back.Disconnect(100)
	if !back.present {
		p.found("Máy chủ MQTT không giữ phiên khi Hải Đăng mất kết nối, nên mọi tin đến trong lúc ấy sẽ mất. Hãy cho phiên bền (clean session = 0) sống ít nhất 7 ngày: persistent_client_expiration 7d (Mosquitto), mqtt.session_expiry_interval = 7d (EMQX), session-expiry (HiveMQ).",
			"The broker does not keep a session whose connection is gone, so all that comes meanwhile would be lost. Let durable sessions (clean session = 0) live 7 days or more: persistent_client_expiration 7d (Mosquitto), mqtt.session_expiry_interval = 7d (EMQX), session-expiry (HiveMQ).")
		return nil
	}
	if got := back.settle(ctx, burst+1, quiet); got <= burst {
		p.found(fmt.Sprintf("Máy chủ MQTT đã xác nhận %d tin nhưng chỉ giao %d: phần còn lại bị bỏ khi hàng đợi đầy. Hãy bỏ giới hạn hàng đợi: max_queued_messages 0 và max_queued_bytes 0 (Mosquitto), mqtt.max_mqueue_len = infinity (EMQX), max-queue-size (HiveMQ).", burst+1, got),
			fmt.Sprintf("The broker acknowledged %d messages and delivered %d: it dropped the rest when the session's queue was full. Lift the queue's limit: max_queued_messages 0 and max_queued_bytes 0 (Mosquitto), mqtt.max_mqueue_len = infinity (EMQX), max-queue-size (HiveMQ).", burst+1, got))
	}
	return nil
}

// size tries the largest message that a device may send.
func (p *probe) size(ctx context.Context) error {
	return p.dialFresh(ctx, "probe-listener", func(listener *client) error {
		topic, body := p.topic+"/size", strings.Repeat("x", largest)
		if err := mqttclient.Subscribe(ctx, listener, topic); err != nil {
			return err
		}
		return p.dialFresh(ctx, "probe-speaker", func(speaker *client) error {
			sent := speaker.say(ctx, topic, body, false)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if sent != nil || !listener.awaits(ctx, heard{topic, body}, mqttclient.Patience) {
				p.found(fmt.Sprintf("Máy chủ MQTT không chuyển được tin %d byte, cỡ mà thiết bị được phép gửi. Hãy nâng giới hạn lên 1 MiB: message_size_limit, max_packet_size (Mosquitto), mqtt.max_packet_size = 2MB (EMQX), max-packet-size (HiveMQ).", largest),
					fmt.Sprintf("The broker does not carry a message of %d bytes, which a device may send. Raise the limit to 1 MiB: message_size_limit, max_packet_size (Mosquitto), mqtt.max_packet_size = 2MB (EMQX), max-packet-size (HiveMQ).", largest))
			}
			return nil
		})
	})
}

// retain tries whether a new message that asks to be retained reaches a session as
// new. Ingest takes one that is marked as retained for a copy, and drops it.
func (p *probe) retain(ctx context.Context) error {
	return p.dialFresh(ctx, "probe-listener", func(listener *client) error {
		topic := p.topic + "/retained"
		if err := mqttclient.Subscribe(ctx, listener, topic); err != nil {
			return err
		}
		return p.dialFresh(ctx, "probe-speaker", func(speaker *client) error {
			if err := speaker.say(ctx, topic, "new", true); err != nil {
				return ctx.Err() // a broker may have no retained messages: none is needed
			}
			came := listener.awaits(ctx, heard{topic, "new"}, quiet)
			if _, copies, _ := listener.distinct(); !came || copies > 0 {
				p.found("Máy chủ MQTT giao tin mới có cờ retain như bản sao cũ, hoặc không giao; Hải Đăng sẽ bỏ số liệu mà thiết bị gửi kèm cờ ấy. Hãy tắt việc giữ cờ: mqtt.retain_as_published, các cầu nối (bridge), hoặc bỏ retain ở thiết bị.",
					"The broker delivers a new message that asks to be retained as if it were an old copy, or not at all; ingest would drop what devices send with that flag. Switch off what keeps the flag (retain as published, bridges), or let devices not ask for it.")
			}
			return speaker.say(ctx, topic, "", true)
		})
	})
}

func (p *probe) found(vi, en string) {
	p.findings = append(p.findings, haidang.Text{VI: vi, EN: en})
}

// forget ends the durable session of the probe with all that waits in it.
func (p *probe) forget() {
	ctx, cancel := context.WithTimeout(context.Background(), mqttclient.Patience)
	defer cancel()
	if c, err := dial(ctx, own(p.broker, "probe").SetCleanSession(true), false); err == nil {
		c.Disconnect(100)
	}
}
