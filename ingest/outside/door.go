package outside

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"haidang"
)

// TokenHeader carries the secret that the broker's plugin shares with us. A plugin
// that can set no header (mosquitto-go-auth) sends it as its User-Agent.
const TokenHeader = "X-Haidang-Token"

// Credentials says which devices may sign in: the SHA-256 of each one's secret.
// A device that is missing from the answer may not.
type Credentials interface {
	SecretHashes(ctx context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error)
}

// DoorConfig says where a Door listens and whom it knows.
type DoorConfig struct {
	Addr        string
	Token       string // what the broker must show
	Broker      string // the broker's address with our own user in it
	Credentials Credentials
}

const (
	// perSecond and atOnce bound the questions taken. Every message costs the broker
	// one, so they are far above what ingest can write.
	perSecond = 20_000
	atOnce    = 40_000

	// lookups is how many questions may wait for the database at a time.
	lookups = 16

	doorPatience = 5 * time.Second

	// remembered is how long an answer of the database is used again, and so how soon
	// a device that was disabled can publish nothing more.
	remembered = 2 * time.Second
)

// Door answers the questions of an external broker over HTTP: who may sign in, and
// who may publish or subscribe where. It speaks the protocols of mosquitto-go-auth's
// http backend and of EMQX 5's HTTP authenticator and authorizer.
type Door struct {
	config   DoorConfig
	own      *url.Userinfo
	http     *http.Server
	limit    *rate.Limiter
	turns    chan struct{}
	verdicts *prometheus.CounterVec

	mu       sync.Mutex
	known    map[haidang.ThingID]credential // of registered devices only
	listener net.Listener
	serving  sync.WaitGroup
}

type credential struct {
	hash [sha256.Size]byte
	at   time.Time
}

// NewDoor makes a Door that is not listening yet.
func NewDoor(config DoorConfig) *Door {
	d := &Door{config: config, own: userOf(config.Broker), limit: rate.NewLimiter(perSecond, atOnce), turns: make(chan struct{}, lookups),
		known: map[haidang.ThingID]credential{},
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "haidang_mqtt_door_verdicts_total",
			Help: "Answers to the external broker's questions."}, []string{"question", "verdict"})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /mosquitto/user", d.answer(sayStatus, d.maySignIn))
	mux.HandleFunc("POST /mosquitto/superuser", d.answer(sayStatus, nobody))
	mux.HandleFunc("POST /mosquitto/acl", d.answer(sayStatus, d.may))
	mux.HandleFunc("POST /emqx/authn", d.answer(sayResult, d.maySignIn))
	mux.HandleFunc("POST /emqx/authz", d.answer(sayResult, d.may))
	d.http = &http.Server{Handler: mux, ReadHeaderTimeout: doorPatience, ReadTimeout: doorPatience, WriteTimeout: 2 * doorPatience,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	return d
}

func userOf(address string) *url.Userinfo {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.User
	}
	return url.User("")
}

// Metrics returns Prometheus collectors of the door.
func (d *Door) Metrics() []prometheus.Collector { return []prometheus.Collector{d.verdicts} }

// Start listens and returns once questions are answered. A taken port is a *haidang.Error.
func (d *Door) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.config.Addr)
	if err != nil {
		return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_MQTT_AUTH_ADDR", Cause: err, Text: haidang.Text{
			VI: fmt.Sprintf("Không mở được địa chỉ %s cho máy chủ MQTT hỏi quyền (có thể cổng đã bị chiếm); hãy chọn địa chỉ khác.", d.config.Addr),
			EN: fmt.Sprintf("Cannot open %s for the broker's questions (another program may hold the port); choose another address.", d.config.Addr)}}
	}
	d.listener = listener
	d.serving.Go(func() { _ = d.http.Serve(listener) })
	return nil
}

// Stop answers what was asked and closes.
func (d *Door) Stop(ctx context.Context) error {
	err := d.http.Shutdown(ctx)
	d.serving.Wait()
	return err
}

// Addr returns the address it listens at, once it runs.
func (d *Door) Addr() string { return d.listener.Addr().String() }

// errNoAnswer means that nobody knows: the database is away, or too much is asked.
var errNoAnswer = errors.New("no answer now")

type verdict func(context.Context, question) (allowed bool, err error)

// answer reads a question, asks and says the verdict in the broker's way.
func (d *Door) answer(say func(http.ResponseWriter, bool, error), ask verdict) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !d.tokenShown(r) {
			d.count(r, "no token")
			http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
			return
		}
		if !d.limit.Allow() {
			d.count(r, "over rate")
			say(w, false, errNoAnswer)
			return
		}
		q, err := readQuestion(r)
		if err != nil {
			d.count(r, "unreadable")
			http.Error(w, "the question cannot be read", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), doorPatience)
		defer cancel()
		allowed, err := ask(ctx, q)
		d.count(r, map[bool]string{true: "allow", false: "deny"}[allowed])
		say(w, allowed, err)
	}
}

func (d *Door) count(r *http.Request, verdict string) {
	d.verdicts.WithLabelValues(r.URL.Path, verdict).Inc()
}

func (d *Door) tokenShown(r *http.Request) bool {
	token := r.Header.Get(TokenHeader)
	if token == "" {
		token = r.UserAgent()
	}
	return d.config.Token != "" && same(token, d.config.Token)
}

// sayStatus is mosquitto-go-auth's way: 200 is yes, 403 is no, 503 is neither.
func sayStatus(w http.ResponseWriter, allowed bool, err error) {
	switch {
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	case allowed:
		w.WriteHeader(http.StatusOK)
	default:
		w.WriteHeader(http.StatusForbidden)
	}
}

// sayResult is EMQX's way. It reads any other status as "ask the next one", so what is
// not known is a no.
func sayResult(w http.ResponseWriter, allowed bool, _ error) {
	result := "deny"
	if allowed {
		result = "allow"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"result": result, "is_superuser": false}) // the broker has gone
}

func nobody(context.Context, question) (bool, error) { return false, nil }

// isOwn reports whether this is one of our own clients, by name.
func (d *Door) isOwn(q question) bool {
	return d.own.Username() != "" && q.Username == d.own.Username() && strings.HasPrefix(q.ClientID, OwnPrefix)
}

// maySignIn admits our own user and registered devices, each under its own client identifier.
func (d *Door) maySignIn(ctx context.Context, q question) (bool, error) {
	if d.isOwn(q) {
		password, _ := d.own.Password()
		return same(q.Password, password), nil
	}
	hash, known, err := d.lookup(ctx, q)
	if err != nil || !known {
		return false, err
	}
	got := sha256.Sum256([]byte(q.Password))
	return subtle.ConstantTimeCompare(got[:], hash[:]) == 1, nil
}

// may reports whether somebody may do what is asked.
func (d *Door) may(ctx context.Context, q question) (bool, error) {
	verbs := q.verbs()
	if len(verbs) == 0 {
		return false, nil
	}
	ours := d.isOwn(q)
	for _, verb := range verbs {
		if ours && !ownMay(verb, q.Topic) || !ours && !deviceMay(haidang.ThingID(q.Username), verb, q.Topic) {
			return false, nil
		}
	}
	if ours {
		return true, nil
	}
	_, known, err := d.lookup(ctx, q)
	return known, err
}

// lookup returns the hash of the secret of the device that asks under its own client
// identifier. While the database is away the last known one counts, as on the embedded
// broker.
func (d *Door) lookup(ctx context.Context, q question) (hash [sha256.Size]byte, known bool, err error) {
	thing := haidang.ThingID(q.Username)
	if !thing.Valid() || q.ClientID != q.Username {
		return hash, false, nil
	}
	last, known := d.remember(thing)
	if known && time.Since(last.at) < remembered {
		return last.hash, true, nil
	}
	fresh, found, err := d.ask(ctx, thing)
	if err != nil {
		slog.Warn("broker's questions: answering by the last known secret", "thing", thing, "error", err)
		if known {
			err = nil
		}
		return last.hash, known, err
	}
	return fresh, found, nil
}

func (d *Door) remember(thing haidang.ThingID) (credential, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.known[thing]
	return c, ok
}

// ask asks the database, after waiting for a turn.
func (d *Door) ask(ctx context.Context, thing haidang.ThingID) (hash [sha256.Size]byte, found bool, err error) {
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	case <-ctx.Done():
		return hash, false, errNoAnswer
	}
	hashes, err := d.config.Credentials.SecretHashes(ctx, thing)
	if err != nil {
		return hash, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if found = len(hashes[thing]) == sha256.Size; !found {
		delete(d.known, thing)
		return hash, false, nil
	}
	hash = [sha256.Size]byte(hashes[thing])
	d.known[thing] = credential{hash, time.Now()}
	return hash, true, nil
}

// same compares two secrets in a time that tells nothing about them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
