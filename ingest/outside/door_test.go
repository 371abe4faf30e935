package outside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"haidang"
)

// registry is a registry that can be away.
type registry struct {
	mu      sync.Mutex
	secrets map[haidang.ThingID]string
	away    bool
}

func (r *registry) SecretHashes(_ context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return nil, errors.New("the database is away")
	}
	hashes := map[haidang.ThingID][]byte{}
	for _, t := range things {
		if secret, ok := r.secrets[t]; ok {
			hash := sha256.Sum256([]byte(secret))
			hashes[t] = hash[:]
		}
	}
	return hashes, nil
}

const token = "0123456789abcdef"

func openDoor(t *testing.T) (*Door, *registry) {
	t.Helper()
	r := &registry{secrets: map[haidang.ThingID]string{"gauge1": "secret", "gauge2": "other"}}
	d := NewDoor(DoorConfig{Addr: "127.0.0.1:0", Token: token, Broker: "tcp://haidang:own-secret@broker:1883", Credentials: r})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return d, r
}

// ask asks as mosquitto-go-auth does, by JSON, and as EMQX does; both must be told the same.
func (d *Door) askBoth(t *testing.T, q map[string]any) (allowed bool) {
	t.Helper()
	mosquitto, emqx := "/mosquitto/acl", "/emqx/authz"
	if _, signIn := q["password"]; signIn {
		mosquitto, emqx = "/mosquitto/user", "/emqx/authn"
	}
	status, _ := d.post(t, mosquitto, q, "User-Agent", token)
	_, body := d.post(t, emqx, q, TokenHeader, token)
	var answer struct {
		Result      string `json:"result"`
		IsSuperuser bool   `json:"is_superuser"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.IsSuperuser {
		t.Errorf("EMQX is told %s", body)
	}
	if allowed = status == http.StatusOK; allowed != (answer.Result == "allow") {
		t.Errorf("%v: %d by one protocol, %q by the other", q, status, answer.Result)
	}
	return allowed
}

func (d *Door) post(t *testing.T, path string, q map[string]any, header, value string) (status int, body []byte) {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.Addr()+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, value)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

func TestDoorSignsIn(t *testing.T) {
	t.Parallel()
	d, _ := openDoor(t)
	for _, c := range []struct {
		user, password, id string
		want               bool
	}{
		{"gauge1", "secret", "gauge1", true},
		{"gauge1", "wrong", "gauge1", false},
		{"gauge1", "", "gauge1", false},
		{"gauge1", "secret", "gauge2", false},
		{"gauge1", "secret", "haidang:ingest", false},
		{"gauge3", "secret", "gauge3", false},
		{"", "", "gauge1", false},
		{"+", "secret", "+", false},
		{"haidang", "own-secret", "haidang:ingest", true},
		{"haidang", "own-secret", "gauge1", false},
		{"haidang", "wrong", "haidang:ingest", false},
	} {
		if got := d.askBoth(t, map[string]any{"username": c.user, "password": c.password, "clientid": c.id}); got != c.want {
			t.Errorf("%s with %q as %s: %v", c.user, c.password, c.id, got)
		}
	}
	if status, _ := d.post(t, "/mosquitto/superuser", map[string]any{"username": "haidang"}, "User-Agent", token); status != http.StatusForbidden {
		t.Errorf("a superuser: %d", status)
	}
}

func TestDoorKeepsRights(t *testing.T) {
	t.Parallel()
	d, _ := openDoor(t)
	for _, c := range []struct {
		user, id, verb, topic string
		want                  bool
	}{
		{"gauge1", "gauge1", Publish, "v1/things/gauge1/telemetry", true},
		{"gauge1", "gauge1", Publish, "v1/things/gauge1/status", true},
		{"gauge1", "gauge1", Publish, "v1/things/gauge1/attributes", true},
		{"gauge1", "gauge1", Subscribe, "v1/things/gauge1/commands", true},
		{"gauge1", "gauge1", Publish, "v1/things/gauge2/telemetry", false},
		{"gauge1", "gauge2", Publish, "v1/things/gauge1/telemetry", false},
		{"gauge1", "gauge1", Publish, "v1/things/gauge1/commands", false},
		{"gauge1", "gauge1", Publish, "v1/things/gauge1/telemetry/", false},
		{"gauge1", "gauge1", Publish, "p/0/gauge1/telemetry", false},
		{"gauge1", "gauge1", Publish, "v1/channels/web/reports", false},
		{"gauge1", "gauge1", Subscribe, "#", false},
		{"gauge1", "gauge1", Subscribe, "v1/things/gauge1/#", false},
		{"gauge1", "gauge1", Subscribe, "v1/things/+/commands", false},
		{"gauge1", "gauge1", Subscribe, "v1/things/gauge1/telemetry", false},
		{"gauge3", "gauge3", Publish, "v1/things/gauge3/telemetry", false},
		{"+", "+", Publish, "v1/things/+/telemetry", false},
		{"haidang", "haidang:ingest", Subscribe, "v1/things/+/telemetry", true},
		{"haidang", "haidang:ingest", Subscribe, "v1/things/gauge1/telemetry", true},
		{"haidang", "haidang:web", Publish, "v1/channels/web/reports", true},
		{"haidang", "haidang:probe", Subscribe, "haidang/probe/x/size", true},
		{"haidang", "haidang:ingest", Subscribe, "#", false},
		{"haidang", "haidang:ingest", Subscribe, "v1/things/#", false},
		{"haidang", "haidang:ingest", Publish, "v1/things/gauge1/telemetry", false},
		{"haidang", "gauge1", Publish, "v1/things/gauge1/commands", false},
	} {
		acc := map[string]int{Publish: accessWrite, Subscribe: accessSubscribe}[c.verb]
		q := map[string]any{"username": c.user, "clientid": c.id, "topic": c.topic, "acc": acc, "action": c.verb}
		if got := d.askBoth(t, q); got != c.want {
			t.Errorf("%s as %s, %s %s: %v", c.user, c.id, c.verb, c.topic, got)
		}
	}
	both := map[string]any{"username": "gauge1", "clientid": "gauge1", "topic": "v1/things/gauge1/telemetry", "acc": accessReadWrite}
	if status, _ := d.post(t, "/mosquitto/acl", both, "User-Agent", token); status != http.StatusForbidden {
		t.Errorf("reading and writing: %d", status)
	}
}

func TestDoorWantsTheToken(t *testing.T) {
	t.Parallel()
	d, _ := openDoor(t)
	good := map[string]any{"username": "gauge1", "password": "secret", "clientid": "gauge1"}
	for _, path := range []string{"/mosquitto/user", "/emqx/authn", "/mosquitto/acl", "/emqx/authz"} {
		for header, value := range map[string]string{TokenHeader: "0123456789abcdeF", "User-Agent": "mosquitto", "Authorization": token} {
			if status, _ := d.post(t, path, good, header, value); status != http.StatusUnauthorized {
				t.Errorf("%s with %s %s: %d", path, header, value, status)
			}
		}
	}
}

func TestDoorReadsForms(t *testing.T) {
	t.Parallel()
	d, _ := openDoor(t)
	form := url.Values{"username": {"gauge1"}, "clientid": {"gauge1"}, "topic": {"v1/things/gauge1/telemetry"}, "acc": {"2"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.Addr()+"/mosquitto/acl", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(TokenHeader, token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}

// TestDoorWithoutDatabase: who was known stays known, who was not is not refused for
// good, and who is disabled is out soon after.
func TestDoorWithoutDatabase(t *testing.T) {
	t.Parallel()
	d, r := openDoor(t)
	sign := func(user, secret string) map[string]any {
		return map[string]any{"username": user, "password": secret, "clientid": user}
	}
	if !d.askBoth(t, sign("gauge1", "secret")) {
		t.Fatal("gauge1 is not let in")
	}
	r.mu.Lock()
	r.away = true
	r.mu.Unlock()
	time.Sleep(remembered + 100*time.Millisecond)
	if !d.askBoth(t, sign("gauge1", "secret")) || d.askBoth(t, sign("gauge1", "wrong")) {
		t.Error("the last known secret does not count")
	}
	if status, _ := d.post(t, "/mosquitto/user", sign("gauge2", "other"), "User-Agent", token); status != http.StatusServiceUnavailable {
		t.Errorf("a device that nobody can look up: %d", status)
	}
	r.mu.Lock()
	r.away = false
	delete(r.secrets, "gauge1")
	r.mu.Unlock()
	time.Sleep(remembered + 100*time.Millisecond)
	if d.askBoth(t, map[string]any{"username": "gauge1", "clientid": "gauge1", "topic": "v1/things/gauge1/telemetry", "acc": accessWrite, "action": Publish}) {
		t.Error("a disabled device may still publish")
	}
}

func TestDoorBoundsTheRate(t *testing.T) {
	t.Parallel()
	d, _ := openDoor(t)
	d.limit.SetBurst(3)
	d.limit.SetLimit(0)
	q := map[string]any{"username": "gauge1", "password": "secret", "clientid": "gauge1"}
	answers := ""
	for range 4 {
		status, _ := d.post(t, "/mosquitto/user", q, "User-Agent", token)
		answers += fmt.Sprint(status, " ")
	}
	if answers != "200 200 200 503 " {
		t.Errorf("answers %s", answers)
	}
}

func TestFilesNameRights(t *testing.T) {
	t.Parallel()
	hash := sha256.Sum256([]byte("secret"))
	devices := []Device{{"gauge1", hash[:]}, {"retired", nil}}
	user := url.UserPassword("haidang", "own-secret")
	emqx, err := Files(FormatEMQX, devices, user)
	if err != nil {
		t.Fatal(err)
	}
	if users := emqx["users.csv"]; !strings.Contains(users, "gauge1,2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b,,false\n") || strings.Contains(users, "retired") {
		t.Errorf("users.csv is\n%s", users)
	}
	for _, want := range []string{`{allow, all, subscribe, ["v1/things/${username}/commands"]}.`, `"v1/things/${username}/telemetry"`, "{deny, all}.\n"} {
		if !strings.Contains(emqx["acl.conf"], want) {
			t.Errorf("acl.conf lacks %s:\n%s", want, emqx["acl.conf"])
		}
	}
	if _, err := Files("hivemq", devices, user); haidang.CodeOf(err) != haidang.ErrInvalid {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestParseIdentity(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Identity{
		"gauge1:se:cret":                    {"gauge1", "se:cret", "tcp://broker:1884"},
		"tcp://gauge1:secret@10.0.0.1:1883": {"gauge1", "secret", "tcp://10.0.0.1:1883"},
		"gauge1":                            {},
		":secret":                           {},
		"a+b:secret":                        {},
		"tcp://10.0.0.1:1883":               {},
	} {
		got, err := ParseIdentity(text, "tcp://haidang:x@broker:1884")
		if got != want || (err != nil) != (want == Identity{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func FuzzDecodeQuestion(f *testing.F) {
	f.Add("application/json", []byte(`{"username":"gauge1","clientid":"gauge1","topic":"v1/things/gauge1/telemetry","acc":2}`))
	f.Add("application/json", []byte(`{"acc":"2","topic":null}`))
	f.Add("application/x-www-form-urlencoded", []byte("username=gauge1&acc=2&topic=v1%2Fthings"))
	f.Add("", []byte(`[]`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		q, err := decodeQuestion(kind, body)
		if err != nil {
			return
		}
		for _, verb := range q.verbs() {
			thing := haidang.ThingID(q.Username)
			if deviceMay(thing, verb, q.Topic) && !strings.HasPrefix(q.Topic, "v1/things/"+q.Username+"/") {
				t.Errorf("%+v is allowed", q)
			}
		}
	})
}

// FuzzWithin: a filter that is within another covers no topic that the other does not.
func FuzzWithin(f *testing.F) {
	f.Add("v1/things/+/telemetry", "v1/things/+/telemetry", "v1/things/gauge1/telemetry")
	f.Add("haidang/probe/#", "haidang/#", "haidang/probe")
	f.Add("a/#", "+/#", "a/b")
	f.Fuzz(func(t *testing.T, wide, narrow, topic string) {
		if strings.ContainsAny(topic, "+#") {
			return
		}
		if within(wide, narrow) && within(narrow, topic) && !within(wide, topic) {
			t.Errorf("%q holds %q, which covers %q", wide, narrow, topic)
		}
	})
}
