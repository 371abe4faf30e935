package broker

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"haidang"
)

// Our own users of the broker. A colon is in none of the devices' names.
const (
	UserIngest = "haidang:ingest" // consumes; publishes only on the live bus
	UserWeb    = "haidang:web"    // publishes citizens' reports; consumes nothing
	userBus    = "haidang:bus"    // the live bus, in process only
)

// signInPatience bounds the look at the database while a device waits.
const signInPatience = 5 * time.Second

// gate decides who signs in and what each may do, and cuts who tries more.
type gate struct {
	credentials Credentials
	refusals    *refusals
	partitions  int    // what the topics are spread over; 0: they are not
	secret      string // of our own users; set before the server runs

	mu     sync.Mutex
	server *server.Server
	seen   map[uint64]signIn                     // by connection
	known  map[haidang.ThingID][sha256.Size]byte // last good answers, for when the database is away
	barred map[haidang.ThingID]time.Time         // who may not sign in, and until when
}

// signIn is one connection of a device.
type signIn struct {
	thing haidang.ThingID
	hash  [sha256.Size]byte
	cut   bool
}

func newGate(credentials Credentials, book *refusals) *gate {
	return &gate{credentials: credentials, refusals: book,
		seen: map[uint64]signIn{}, known: map[haidang.ThingID][sha256.Size]byte{}, barred: map[haidang.ThingID]time.Time{}}
}

func (g *gate) serve(s *server.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.server = s
	clear(g.seen)
}

// Check admits a client and gives it its rights. It runs on the client's own
// goroutine.
func (g *gate) Check(c server.ClientAuthentication) bool {
	options := c.GetOpts()
	_, clientID := whoseLine(fmt.Sprint(c))
	if rights, ours := ownRights[options.Username]; ours {
		return g.admitOwn(c, rights, clientID)
	}
	thing := haidang.ThingID(options.Username)
	if !thing.Valid() {
		g.refusals.count("", RefusedName, options.Username)
		return false
	}
	want, ok := g.hash(thing)
	if !ok {
		g.refusals.count("", RefusedSignIn, "")
		return false
	}
	got := sha256.Sum256([]byte(options.Password))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		g.refusals.count(thing, RefusedSignIn, "")
		return false
	}
	// A client id names a session. Were it free, a device could take the
	// session of a neighbour, or ingest's, and with it their messages.
	if clientID != string(thing) {
		g.refusals.count(thing, RefusedClientID, clientID)
		return false
	}
	if g.isBarred(thing, time.Now()) {
		g.refusals.count(thing, RefusedRate, "")
		return false
	}
	c.RegisterUser(&server.User{Username: options.Username, Permissions: deviceRights(thing, g.partitions)})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen[c.GetID()] = signIn{thing: thing, hash: got}
	return true
}

func (g *gate) admitOwn(c server.ClientAuthentication, rights *server.Permissions, clientID string) bool {
	options := c.GetOpts()
	sameSecret := subtle.ConstantTimeCompare([]byte(options.Password), []byte(g.secret)) == 1
	inProcess := c.RemoteAddress() == nil || c.RemoteAddress().Network() == "pipe"
	if !sameSecret || (options.Username == userBus) != inProcess || (!inProcess && !g.ownSession(options.Username, clientID)) {
		g.refusals.count("", RefusedName, options.Username)
		return false
	}
	c.RegisterUser(&server.User{Username: options.Username, Permissions: rights})
	return true
}

// ownSession reports whether one of our own users has that session.
func (g *gate) ownSession(user, clientID string) bool {
	_, lane := laneOf(clientID, max(1, g.partitions))
	return clientID == user || user == UserIngest && lane
}

// hash returns the hash of a device's secret; when the database is away, the last one known.
func (g *gate) hash(thing haidang.ThingID) (hash [sha256.Size]byte, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), signInPatience)
	defer cancel()
	answer, err := g.credentials.SecretHashes(ctx, thing)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		slog.Warn("broker: signing in by the last known secret", "thing", thing, "error", err)
		hash, ok = g.known[thing]
		return hash, ok
	}
	if ok = len(answer[thing]) == sha256.Size; !ok {
		delete(g.known, thing)
		return hash, false
	}
	hash = [sha256.Size]byte(answer[thing])
	g.known[thing] = hash
	return hash, true
}

// violated counts an attempt and cuts the connection, once.
func (g *gate) violated(connection uint64, clientID, kind, topic string) {
	g.refusals.count(haidang.ThingID(clientID), kind, topic) // a client id is its device's name
	g.mu.Lock()
	s, known := g.seen[connection]
	first := known && !s.cut
	if first {
		s.cut = true
		g.seen[connection] = s
	}
	srv := g.server
	g.mu.Unlock()
	if first { // not from here: the caller is the connection's own goroutine
		go func() { _ = srv.DisconnectClientByID(connection) }()
	}
}

// deviceRights: its own three topics up, its commands down, and the delivery
// subjects of its own subscriptions. Nothing under $MQTT can be published:
// with it a device would write straight into another's messages.
func deviceRights(thing haidang.ThingID, partitions int) *server.Permissions {
	return &server.Permissions{
		Publish:   publishRights(thing, partitions),
		Subscribe: allow("v1.things."+string(thing)+".commands", "$MQTT.sub.>"),
	}
}

var ownRights = map[string]*server.Permissions{
	UserIngest: {
		Publish:   allow("hd.live.>"), // what a process beside ours has committed
		Subscribe: allow("p.*.*.*", "v1.things.*.telemetry", "v1.things.*.status", "v1.things.*.attributes", "v1.channels.*.reports", "$MQTT.sub.>"),
	},
	UserWeb: {
		Publish:   allow("v1.channels.*.reports", "p.*.*.reports"),
		Subscribe: &server.SubjectPermission{Deny: []string{">"}},
	},
	userBus: {Publish: allow("hd.>", "_INBOX.>"), Subscribe: allow("hd.>", "_INBOX.>")},
}

func allow(subjects ...string) *server.SubjectPermission {
	return &server.SubjectPermission{Allow: subjects}
}

// line is how nats-server names an MQTT client in its log: address, connection
// number, and, quoted, the client id.
var line = regexp.MustCompile(`^\S+ - mid:(\d+)(?: - (".*))?`)

// whoseLine reads connection and client id from a client's name or from a log
// line that begins with it.
func whoseLine(text string) (connection uint64, clientID string) {
	m := line.FindStringSubmatch(text)
	if m == nil {
		return 0, ""
	}
	connection, _ = strconv.ParseUint(m[1], 10, 64)
	if quoted, err := strconv.QuotedPrefix(m[2]); err == nil {
		clientID, _ = strconv.Unquote(quoted)
	}
	return connection, clientID
}
