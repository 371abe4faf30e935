package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"haidang"
)

// CitizensConfig is what the simulated citizens need.
type CitizensConfig struct {
	Base  string        // address of the pages, such as http://127.0.0.1:8080
	Token string        // proves that a report is simulated; empty sends none
	Seed  uint64        // who reports what, where
	Every time.Duration // mean time between two reports; 0 is 8 minutes
}

// Citizens report something now and then, through the public page's own API.
type Citizens struct {
	config  CitizensConfig
	http    *http.Client
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// NewCitizens makes Citizens that are not running yet.
func NewCitizens(config CitizensConfig) *Citizens {
	if config.Every == 0 {
		config.Every = 8 * time.Minute
	}
	return &Citizens{config: config, http: &http.Client{Timeout: 30 * time.Second}}
}

// Start returns at once; the first report follows within a minute or so.
func (c *Citizens) Start(context.Context) error {
	if _, err := url.ParseRequestURI(c.config.Base); err != nil {
		return fmt.Errorf("address of the citizens' page: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.running.Go(func() { c.run(ctx) })
	return nil
}

// Stop waits for the report under way, at most until ctx ends.
func (c *Citizens) Stop(ctx context.Context) error {
	if c.cancel == nil {
		return nil
	}
	c.cancel()
	gone := make(chan struct{})
	go func() { c.running.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eager is how many reports come soon after the start, so that the map is not empty.
const eager = 4

func (c *Citizens) run(ctx context.Context) {
	for n := uint64(0); ctx.Err() == nil; n++ {
		now := uint64(time.Now().UnixNano())
		mean := c.config.Every.Seconds()
		if n < eager {
			mean = 15
		}
		sleep(ctx, time.Duration((0.3+1.4*uniform(c.config.Seed, 950, now))*mean*float64(time.Second)))
		if ctx.Err() != nil {
			return
		}
		if err := c.Report(ctx, now); err != nil && ctx.Err() == nil {
			slog.Debug("simulated report was not taken", "error", err)
		}
	}
}

// Report sends one report, chosen by n, and returns an error unless the server took it.
func (c *Citizens) Report(ctx context.Context, n uint64) error {
	known, err := c.categories(ctx)
	if err != nil {
		return err
	}
	told := slices.DeleteFunc(slices.Clone(complaints), func(x complaint) bool { return !slices.Contains(known, x.category) })
	if len(told) == 0 {
		return errors.New("the server offers no category that simulated citizens know")
	}
	x := told[mix(c.config.Seed, n, 1)%uint64(len(told))]
	body, kind, err := c.form(x, n)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Base+"/api/v1/public/reports", body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Idempotency-Key", fmt.Sprintf("%016x%016x", mix(c.config.Seed, n, 2), mix(c.config.Seed, n, 3)))
	if c.config.Token != "" {
		request.Header.Set(haidang.SimulatedHeader, c.config.Token)
	}
	return c.answer(request, http.StatusCreated, nil)
}

// categories asks the public catalogue which kinds of report there are.
func (c *Citizens) categories(ctx context.Context) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.config.Base+"/api/v1/public/catalogue", nil)
	if err != nil {
		return nil, err
	}
	var catalogue struct {
		Categories []struct {
			Code string `json:"code"`
		} `json:"categories"`
	}
	if err := c.answer(request, http.StatusOK, &catalogue); err != nil {
		return nil, err
	}
	codes := make([]string, 0, len(catalogue.Categories))
	for _, x := range catalogue.Categories {
		codes = append(codes, x.Code)
	}
	return codes, nil
}

func (c *Citizens) answer(request *http.Request, want int, into any) error {
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%s %s: %s: %.200s", request.Method, request.URL.Path, response.Status, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// form writes the fields as the citizens' page does; one report in three has a photo.
func (c *Citizens) form(x complaint, n uint64) (io.Reader, string, error) {
	at := places[mix(c.config.Seed, n, 4)%uint64(len(places))]
	lon := at.lon + 0.012*(2*uniform(c.config.Seed, n, 5)-1)
	lat := at.lat + 0.012*(2*uniform(c.config.Seed, n, 6)-1)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{
		{"category", x.category}, {"description", x.words}, {"language", x.language},
		{"lon", strconv.FormatFloat(lon, 'f', 5, 64)}, {"lat", strconv.FormatFloat(lat, 'f', 5, 64)},
	} {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return nil, "", err
		}
	}
	if uniform(c.config.Seed, n, 7) < 0.33 {
		part, err := form.CreateFormFile("photo", "anh.jpg")
		if err == nil {
			err = drawPhoto(part, mix(c.config.Seed, n, 8))
		}
		if err != nil {
			return nil, "", err
		}
	}
	err := form.Close()
	return &body, form.FormDataContentType(), err
}
