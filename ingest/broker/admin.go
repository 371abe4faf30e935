package broker

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// userAdmin asks about the store and mends it, in process only.
const userAdmin = "haidang:admin"

// Streams of the store.
const (
	messageStream = "$MQTT_msgs"
	sessionStream = "$MQTT_sess"
	releaseStream = "$MQTT_out" // releases of QoS 2 messages on their way to subscribers

	messagePrefix = "$MQTT.msgs."
)

// adminPatience bounds one question to the store.
const adminPatience = 5 * time.Second

// admin speaks to the store of one running server.
type admin struct{ conn *nats.Conn }

// inProcess hands out connections to one server.
type inProcess func() (net.Conn, error)

func (f inProcess) InProcessConn() (net.Conn, error) { return f() }

func openAdmin(s *server.Server, secret string) (admin, error) {
	conn, err := nats.Connect("", nats.InProcessServer(inProcess(s.InProcessConn)), nats.Name("haidang admin"),
		nats.UserInfo(userAdmin, secret), nats.NoReconnect())
	return admin{conn}, err
}

// ask sends a request to the store and reads its answer.
func ask[T any](ctx context.Context, a admin, subject string, request any) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, adminPatience)
	defer cancel()
	var payload []byte
	if request != nil {
		if payload, err = json.Marshal(request); err != nil {
			return answer, err
		}
	}
	message, err := a.conn.RequestWithContext(ctx, subject, payload)
	if err != nil {
		return answer, fmt.Errorf("the store does not answer to %s: %w", subject, err)
	}
	if err = json.Unmarshal(message.Data, &answer); err != nil {
		return answer, err
	}
	if failed, ok := any(&answer).(interface{ ToError() error }); ok {
		err = failed.ToError()
	}
	return answer, err
}

// stream returns the state and the configuration of a stream.
func (a admin) stream(ctx context.Context, name string) (*server.StreamInfo, error) {
	answer, err := ask[server.JSApiStreamInfoResponse](ctx, a, fmt.Sprintf(server.JSApiStreamInfoT, name), nil)
	return answer.StreamInfo, err
}

// limitStream bounds what a stream may hold, in bytes. What does not fit is
// refused to its sender, never dropped after it was taken.
func (a admin) limitStream(ctx context.Context, name string, bytes int64) error {
	info, err := a.stream(ctx, name)
	if err != nil || info.Config.MaxBytes == bytes && info.Config.Discard == server.DiscardNew {
		return err
	}
	info.Config.MaxBytes, info.Config.Discard = bytes, server.DiscardNew
	_, err = ask[server.JSApiStreamUpdateResponse](ctx, a, fmt.Sprintf(server.JSApiStreamUpdateT, name), info.Config)
	return err
}

// next returns the first message from seq on whose subject matches, nil when none does.
func (a admin) next(ctx context.Context, seq uint64, subject string) (*server.StoredMsg, error) {
	answer, err := ask[server.JSApiMsgGetResponse](ctx, a, fmt.Sprintf(server.JSApiMsgGetT, messageStream),
		server.JSApiMsgGetRequest{Seq: seq, NextFor: subject})
	if server.IsNatsErr(err, server.JSNoMessageFoundErr) {
		return nil, nil
	}
	return answer.Message, err
}

// store puts a message into the message stream and returns once it is there.
func (a admin) store(ctx context.Context, m *nats.Msg) error {
	answer, err := a.conn.RequestMsgWithContext(ctx, m)
	if err != nil {
		return err
	}
	var stored server.JSPubAckResponse
	if err := json.Unmarshal(answer.Data, &stored); err != nil {
		return err
	}
	return stored.ToError()
}

func (a admin) consumer(ctx context.Context, name string) (*server.ConsumerInfo, error) {
	answer, err := ask[server.JSApiConsumerInfoResponse](ctx, a, fmt.Sprintf(server.JSApiConsumerInfoT, messageStream, name), nil)
	return answer.ConsumerInfo, err
}

// session is the part of a session's record that says what its consumers are.
type session struct {
	Consumers map[string]struct {
		Name string `json:"durable_name"`
	} `json:"cons"`
	Release *struct {
		Name string `json:"durable_name"`
	} `json:"pubrel"`
}

// session reads the record of a client's durable session; it has no consumers when there is none.
func (a admin) session(ctx context.Context, clientID string) (s session, err error) {
	answer, err := ask[server.JSApiMsgGetResponse](ctx, a, fmt.Sprintf(server.JSApiMsgGetT, sessionStream),
		server.JSApiMsgGetRequest{LastFor: "$MQTT.sess." + sessionHash(clientID)})
	if server.IsNatsErr(err, server.JSNoMessageFoundErr, server.JSStreamNotFoundErr) { // the first client makes the streams
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(answer.Message.Data, &s)
}

// sessionHash is the name of a client's session in the store, as the server makes it.
func sessionHash(clientID string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(clientID))
	hash := sum[:8]
	for i, b := range hash {
		hash[i] = digits[int(b)%len(digits)]
	}
	return string(hash)
}

// resume makes the store hand over again, at once and in order, what the client's
// session has not acknowledged: by itself it would wait for ackWait.
func (a admin) resume(ctx context.Context, clientID string) error {
	s, err := a.session(ctx, clientID)
	if err != nil {
		return err
	}
	for _, c := range s.Consumers {
		if err := a.reset(ctx, messageStream, c.Name); err != nil {
			return err
		}
	}
	if s.Release != nil {
		return a.reset(ctx, releaseStream, s.Release.Name)
	}
	return nil
}

// settlePause is how long acknowledgements may be on their way without a sign.
const settlePause = 50 * time.Millisecond

// settle waits until the acknowledgements of an ended connection have arrived: the
// server passes them on in the background. What it then hands over again is
// what nobody acknowledged.
func (a admin) settle(ctx context.Context, clientID string) error {
	ctx, cancel := context.WithTimeout(ctx, signInPatience)
	defer cancel()
	s, err := a.session(ctx, clientID)
	if err != nil {
		return err
	}
	for _, c := range s.Consumers {
		if err := a.settleConsumer(ctx, c.Name); err != nil {
			return err
		}
	}
	return nil
}

func (a admin) settleConsumer(ctx context.Context, name string) error {
	for unacked := -1; ; {
		info, err := a.consumer(ctx, name)
		if err != nil || info.NumAckPending == unacked {
			return err
		}
		unacked = info.NumAckPending
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settlePause):
		}
	}
}

// reset takes a consumer back to its first unacknowledged message.
func (a admin) reset(ctx context.Context, stream, consumer string) error {
	_, err := ask[server.JSApiConsumerResetResponse](ctx, a, fmt.Sprintf(server.JSApiConsumerResetT, stream, consumer), nil)
	if server.IsNatsErr(err, server.JSConsumerNotFoundErr) {
		return nil
	}
	return err
}
