package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"regexp"
	"time"
)

// administrator is a person at the house's pages. The session outlives the house.
type administrator struct {
	base   string
	client *http.Client
}

var setupLink = regexp.MustCompile(`/bat-dau\S*token=(\S+)`)

// setUp follows the one-time link of a new house.
func setUp(ctx context.Context, addr, log string) (*administrator, error) {
	text, err := os.ReadFile(log)
	if err != nil {
		return nil, err
	}
	link := setupLink.FindSubmatch(text)
	if link == nil {
		return nil, errors.New("the house offers no one-time link")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	a := &administrator{"http://" + addr, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
	body, err := json.Marshal(map[string]string{"token": string(link[1]), "account": "chaos", "fullName": "Chaos", "password": "một câu dài để nhớ"})
	if err != nil {
		return nil, err
	}
	return a, a.ask(ctx, http.MethodPost, "/api/v1/setup", bytes.NewReader(body), nil)
}

func (a *administrator) ask(ctx context.Context, method, path string, body io.Reader, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s: %s: %s", path, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// books is the account as the devices' page shows it. Unaccounted is null while the
// broker does not answer.
type books struct {
	Received    *int64
	Accounted   int64
	Redelivered int64
	Waiting     int64
	Unaccounted *int64
	Queue       struct {
		Pending, Unacked           int
		OldestAgeS, OldestUnackedS float64
		RatePerS                   float64
		DrainS                     *float64
	}
	Lanes []struct {
		Partition int
		Owner     string
		Held      bool
		Trouble   string
	}
	Broker struct {
		Open                              bool
		Why                               *struct{ VI, EN string }
		StoreBytes, DiskFree, DiskReserve int64
		Connections                       int
	}
}

// owners is how many processes carry lanes; 0 while a lane has none.
func (b *books) owners() int {
	found := map[string]bool{}
	for _, l := range b.Lanes {
		if l.Owner == "" {
			return 0
		}
		found[l.Owner] = true
	}
	return len(found)
}

func (a *administrator) books(ctx context.Context) (*books, error) {
	var b books
	return &b, a.ask(ctx, http.MethodGet, "/api/v1/ingest", nil, &b)
}

// drained waits until nothing is left between the broker and COMMIT.
func (a *administrator) drained(ctx context.Context, limit time.Duration) (last *books, err error) {
	err = await(ctx, limit, "everything is committed", func() (bool, error) {
		b, err := a.books(ctx)
		if err != nil {
			return false, nil // a house that just started may not answer yet
		}
		last = b
		return b.Queue.Pending == 0 && b.Waiting == 0 && b.Unaccounted != nil, nil
	})
	if err != nil && last != nil {
		err = fmt.Errorf("%w; %d messages wait, the oldest for %.0f s", err, last.Queue.Pending, last.Queue.OldestAgeS)
	}
	return last, err
}
