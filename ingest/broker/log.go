package broker

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// brokerLog is nats-server's logger. The server acknowledges and drops a
// publish without right and tells nobody but its log, so the log is where
// attempts are caught. TestForging fails when a new version words it otherwise.
type brokerLog struct {
	gate   *gate
	failed *atomic.Bool // set when the store takes nothing more

	mu   sync.Mutex
	died error
	said map[string]lines
}

// lines is how often one kind of line came since it was last written.
type lines struct {
	last time.Time
	more int
}

const (
	// quiet is how long a kind of line is counted after it was written once: a
	// device must not be able to fill the disk by way of the log.
	quiet = 10 * time.Second

	// mostKinds bounds the kinds that are told apart.
	mostKinds = 100
)

func newBrokerLog(g *gate, failed *atomic.Bool) *brokerLog {
	return &brokerLog{gate: g, failed: failed, said: map[string]lines{}}
}

const (
	publishViolation   = " - Publish Violation - "
	subscribeViolation = " - Subscription Violation"
	qos2Violation      = " - QoS=2 is disabled for PUBLISH messages"
	storeFailure       = "JetStream stream '%s > %s' critical write error"
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
	case len(v) > 0 && v[0] == server.ErrAuthentication || strings.Contains(format, server.ErrAuthentication.Error()):
		// counted by the gate, with its reason
	case connection != 0 && strings.HasSuffix(format, qos2Violation):
		l.gate.violated(connection, clientID, RefusedPublish, "(QoS 2)")
	default:
		if strings.HasPrefix(format, storeFailure) {
			l.failed.Store(true)
		}
		l.warn(format, v...)
	}
}

// warn writes a line of each kind at most once in quiet, with how many it stands for.
func (l *brokerLog) warn(format string, v ...any) {
	kind := line.ReplaceAllString(format, "")
	l.mu.Lock()
	if _, known := l.said[kind]; !known && len(l.said) >= mostKinds {
		kind = "others"
	}
	s := l.said[kind]
	if time.Since(s.last) < quiet {
		s.more++
		l.said[kind] = s
		l.mu.Unlock()
		return
	}
	l.said[kind] = lines{last: time.Now()}
	l.mu.Unlock()
	text := fmt.Sprintf(format, v...)
	if s.more > 0 {
		slog.Warn("broker: "+text, "and others like it", s.more)
		return
	}
	slog.Warn("broker: " + text)
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
func (l *brokerLog) Warnf(format string, v ...any) { l.warn(format, v...) }

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
