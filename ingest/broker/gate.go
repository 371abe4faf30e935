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

// lookups is how many sign-ins look into the database at a time: a crowd of them,
// which need not be devices, must leave connections to everybody else.
const lookups = 4

// gate decides who signs in and what each may do, and cuts who tries more.
type gate struct {
	credentials Credentials
	refusals    *refusals
	secret      string // of our own users; set before the server runs
	turns       chan struct{}

	mu       sync.Mutex
	live     *live                                 // nil: nobody is let in but our own way into the store
	shut     bool                                  // no room: devices and publishers are turned away
	seen     map[uint64]signIn                     // by connection
	sessions map[string]uint64                     // the newest connection of each client id
	known    map[haidang.ThingID][sha256.Size]byte // last good answers, for when the database is away
	barred   map[haidang.ThingID]time.Time         // who may not sign in, and until when
}

// signIn is one connection of a device, or of our own with an empty thing.
type signIn struct {
	thing haidang.ThingID
	lane  bool // one of ingest's own
	hash  [sha256.Size]byte
	cut   bool
}

func newGate(credentials Credentials, book *refusals) *gate {
	return &gate{credentials: credentials, refusals: book, turns: make(chan struct{}, lookups), shut: true, seen: map[uint64]signIn{}, sessions: map[string]uint64{},
		known: map[haidang.ThingID][sha256.Size]byte{}, barred: map[haidang.ThingID]time.Time{}}
}

// serve lets connections of that server in, or with nil none.
func (g *gate) serve(l *live) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live = l
	clear(g.seen)
	clear(g.sessions)
}

// close turns devices and publishers away, those that are connected too, or lets
// them in. The lanes stay: they make room.
func (g *gate) close(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	if !shut || g.live == nil {
		return
	}
	for id, c := range g.seen {
		if !c.lane {
			go g.live.disconnect(id) // a connection's own goroutine may wait for the gate
		}
	}
}

func (l *live) disconnect(connection uint64) { _ = l.server.DisconnectClientByID(connection) }

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
	want, ok, err := g.hash(thing)
	if err != nil {
		slog.Debug("broker: nobody can say whether a device may sign in", "thing", thing, "error", err)
		return g.turnAway(c)
	}
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
		return g.turnAway(c)
	}
	if g.isShut() {
		g.refusals.count(thing, RefusedFull, "")
		return g.turnAway(c)
	}
	c.RegisterUser(&server.User{Username: options.Username, Permissions: deviceRights(thing)})
	return g.begin(c, clientID, signIn{thing: thing, hash: got})
}

func (g *gate) admitOwn(c server.ClientAuthentication, rights *server.Permissions, clientID string) bool {
	options := c.GetOpts()
	sameSecret := subtle.ConstantTimeCompare([]byte(options.Password), []byte(g.secret)) == 1
	inProcess := c.RemoteAddress() == nil || c.RemoteAddress().Network() == "pipe"
	insider := options.Username == userBus || options.Username == userAdmin
	if !sameSecret || insider != inProcess || (!inProcess && !g.ownSession(options.Username, clientID)) {
		g.refusals.count("", RefusedName, options.Username)
		return false
	}
	c.RegisterUser(&server.User{Username: options.Username, Permissions: rights})
	if insider {
		return true
	}
	if options.Username == UserWeb && g.isShut() {
		return g.turnAway(c)
	}
	return g.begin(c, clientID, signIn{lane: options.Username == UserIngest})
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut || g.live == nil
}

// turnAway ends a connection without an answer: who may come back later must not
// read that it has no right.
func (g *gate) turnAway(c server.ClientAuthentication) bool {
	g.mu.Lock()
	l := g.live
	g.mu.Unlock()
	if l != nil {
		l.disconnect(c.GetID())
	}
	return false
}

// begin notes a connection before it enters its session. What that session has
// not acknowledged is to come again at once, so nobody else may be in it: an
// older connection of a lane is ended; of a device, the server replaces it.
func (g *gate) begin(c server.ClientAuthentication, clientID string, s signIn) bool {
	g.mu.Lock()
	l, older := g.live, g.sessions[clientID]
	g.sessions[clientID] = c.GetID()
	g.mu.Unlock()
	if l == nil {
		return false
	}
	alone := older == 0 || l.server.GetClient(older) == nil || s.lane && l.end(older)
	if alone {
		if s.lane {
			_ = l.admin.settle(context.Background(), clientID) // not settled in time: a few messages are counted as duplicates
		}
		if err := l.admin.resume(context.Background(), clientID); err != nil {
			slog.Warn("broker: cannot resume a session", "client", clientID, "error", err)
			alone = false
		}
	}
	if s.lane && !alone {
		return g.turnAway(c) // it tries again
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.live != l || g.sessions[clientID] != c.GetID() || g.shut && !s.lane {
		return false
	}
	g.seen[c.GetID()] = s
	return true
}

// end cuts a connection and reports whether it is gone within adminPatience.
func (l *live) end(connection uint64) bool {
	l.disconnect(connection)
	for end := time.Now().Add(adminPatience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if l.server.GetClient(connection) == nil {
			return true
		}
	}
	return false
}

// ownSession reports whether one of our own users has that session.
func (g *gate) ownSession(user, clientID string) bool {
	_, lane := laneOf(clientID, MostPartitions)
	return clientID == user || user == UserIngest && lane
}

// hash returns the hash of the secret of a device that is registered; when the
// database is away, the last one known, or an error when none is.
func (g *gate) hash(thing haidang.ThingID) (hash [sha256.Size]byte, ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), signInPatience)
	defer cancel()
	answer, err := g.lookUp(ctx, thing)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		if hash, ok = g.known[thing]; ok {
			slog.Warn("broker: signing in by the last known secret", "thing", thing, "error", err)
			err = nil
		}
		return hash, ok, err
	}
	if ok = len(answer[thing]) == sha256.Size; !ok {
		delete(g.known, thing)
		return hash, false, nil
	}
	hash = [sha256.Size]byte(answer[thing])
	g.known[thing] = hash
	return hash, true, nil
}

// lookUp asks the database, after waiting for a turn.
func (g *gate) lookUp(ctx context.Context, thing haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	select {
	case g.turns <- struct{}{}:
		defer func() { <-g.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.credentials.SecretHashes(ctx, thing)
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
	l := g.live
	g.mu.Unlock()
	if first && l != nil { // not from here: the caller is the connection's own goroutine
		go l.disconnect(connection)
	}
}

// deviceRights: its own three topics up, its commands down, and the delivery
// subjects of its own subscriptions. Nothing under $MQTT can be published:
// with it a device would write straight into another's messages.
func deviceRights(thing haidang.ThingID) *server.Permissions {
	return &server.Permissions{
		Publish:   publishRights(thing),
		Subscribe: allow("v1.things."+string(thing)+".commands", "$MQTT.sub.>"),
	}
}

var ownRights = map[string]*server.Permissions{
	UserIngest: {
		Publish:   allow("hd.live.>"), // what a process beside ours has committed
		Subscribe: allow("p.*.*.*", "$MQTT.sub.>"),
	},
	UserWeb: {
		Publish:   allow("p.*.*.reports"), // mapped from v1.channels.*.reports
		Subscribe: &server.SubjectPermission{Deny: []string{">"}},
	},
	userBus:   {Publish: allow("hd.>", "_INBOX.>"), Subscribe: allow("hd.>", "_INBOX.>")},
	userAdmin: {Publish: allow("$JS.API.>", messagePrefix+"p.>"), Subscribe: allow("_INBOX.>")},
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
