package broker

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
)

// brokerLog is nats-server's logger. The server acknowledges and drops a
// publish without right and tells nobody but its log, so the log is where
// attempts are caught. TestForging fails when a new version words it otherwise.
type brokerLog struct {
	gate *gate

	mu   sync.Mutex
	died error
}

const (
	publishViolation   = " - Publish Violation - "
	subscribeViolation = " - Subscription Violation"
	qos2Violation      = " - QoS=2 is disabled for PUBLISH messages"
)

// Errorf receives the client's name inside format and the subject of a publish
// as the first argument; the subject of a subscription is inside format.
func (l *brokerLog) Errorf(format string, v ...any) {
	connection, clientID := whoseLine(format)
	switch {
	case connection != 0 && strings.Contains(format, publishViolation):
		l.gate.violated(connection, clientID, RefusedPublish, writtenTopic(firstSubject(v)))
	case connection != 0 && strings.Contains(format, subscribeViolation):
		_, rest, _ := strings.Cut(format, subscribeViolation)
		l.gate.violated(connection, clientID, RefusedSubscribe, subjectTopic(quotedIn(rest)))
	case connection != 0 && strings.HasSuffix(format, qos2Violation):
		l.gate.violated(connection, clientID, RefusedPublish, "(QoS 2)")
	case strings.Contains(format, "authentication error"): // counted by the gate, with its reason
	default:
		slog.Warn("broker: " + fmt.Sprintf(format, v...))
	}
}

func firstSubject(v []any) string {
	if len(v) == 0 {
		return ""
	}
	if b, ok := v[0].([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v[0])
}

func quotedIn(s string) string {
	i := strings.IndexByte(s, '"')
	if i < 0 {
		return ""
	}
	quoted, _ := strconv.QuotedPrefix(s[i:])
	plain, _ := strconv.Unquote(quoted)
	return plain
}

// Fatalf is called where nats-server would end the process.
func (l *brokerLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.died = fmt.Errorf(format, v...)
}

func (l *brokerLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.died
}

// Warnf passes warnings on.
func (l *brokerLog) Warnf(format string, v ...any) { slog.Warn("broker: " + fmt.Sprintf(format, v...)) }

// Noticef keeps the server's chatter for those who ask for it.
func (l *brokerLog) Noticef(format string, v ...any) {
	slog.Debug("broker: " + fmt.Sprintf(format, v...))
}

// Debugf is never called: the server is told not to.
func (l *brokerLog) Debugf(string, ...any) {}

// Tracef is never called: the server is told not to.
func (l *brokerLog) Tracef(string, ...any) {}

// subjectTopic turns a NATS subject back into the MQTT topic or filter that a
// device wrote: "." was "/", "//" was ".", "/." and "./" are empty levels.
func subjectTopic(subject string) string {
	var topic strings.Builder
	for i := 0; i < len(subject); i++ {
		next := byte(0)
		if i+1 < len(subject) {
			next = subject[i+1]
		}
		switch c := subject[i]; {
		case c == '/' && next == '/':
			topic.WriteByte('.')
			i++
		case c == '/' && next == '.':
			topic.WriteByte('/')
			i++
		case c == '/' && next == 0:
		case c == '.':
			topic.WriteByte('/')
		case c == '*':
			topic.WriteByte('+')
		case c == '>':
			topic.WriteByte('#')
		default:
			topic.WriteByte(c)
		}
	}
	return topic.String()
}
