package outside

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
)

// mostAsked bounds a question: a topic has at most 65,535 bytes, which JSON may spell
// six times as long.
const mostAsked = 512 << 10

// question is what a broker asks. Of its fields each door uses its own.
type question struct {
	Username string `json:"username"`
	Password string `json:"password"`
	ClientID string `json:"clientid"`
	Topic    string `json:"topic"`
	Action   string `json:"action"` // EMQX: publish or subscribe
	Access   int    `json:"acc"`    // mosquitto-go-auth: 1 read, 2 write, 3 both, 4 subscribe
}

// mosquitto-go-auth's accesses.
const (
	accessRead      = 1
	accessWrite     = 2
	accessReadWrite = 3
	accessSubscribe = 4
)

// readQuestion reads a question as JSON or as a form.
func readQuestion(r *http.Request) (question, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostAsked+1))
	if err != nil {
		return question{}, err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return decodeQuestion(kind, body)
}

func decodeQuestion(kind string, body []byte) (q question, err error) {
	if len(body) > mostAsked {
		return q, errors.New("the question is too long")
	}
	if kind != "application/x-www-form-urlencoded" {
		return q, json.Unmarshal(body, &q)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return q, err
	}
	q = question{Username: form.Get("username"), Password: form.Get("password"), ClientID: form.Get("clientid"),
		Topic: form.Get("topic"), Action: form.Get("action")}
	if text := form.Get("acc"); text != "" {
		q.Access, err = strconv.Atoi(text)
	}
	return q, err
}

// verbs are what the question is about. None means that nothing is asked that we know.
func (q question) verbs() []string {
	switch {
	case q.Action == Publish, q.Action == "" && q.Access == accessWrite:
		return []string{Publish}
	case q.Action == Subscribe, q.Action == "" && (q.Access == accessRead || q.Access == accessSubscribe):
		return []string{Subscribe}
	case q.Action == "" && q.Access == accessReadWrite:
		return []string{Publish, Subscribe}
	}
	return nil
}
