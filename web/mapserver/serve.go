package mapserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"haidang"
	"haidang/internal/sandbox"
)

// How many requests run and wait at once.
const (
	maxAtOnce   = 4
	maxWaiting  = 32
	longestIdle = 5 * time.Second // for a place
)

// limits bound one run of MapServer.
var limits = sandbox.Limits{Wall: 25 * time.Second, CPU: 20 * time.Second, Memory: 1 << 30, FileSize: 16 << 20, Output: 128 << 20, Processes: 16}

// Serve answers one request; asker is whose turn it takes, base is the site's address, such as
// "https://haidang.example.vn", and path where the service is. When it returns an
// error it has written nothing. NotInstalled without MapServer; ErrInvalid for what
// may not be asked; ErrUnavailable when too busy, or the answer could not be made.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, k Kind, asker, base, path string) error {
	if err := s.Ready(); err != nil {
		comeBack(w, err)
		return err
	}
	q, err := query(k, r)
	if err != nil {
		return err
	}
	leave, err := s.enter(r.Context(), asker)
	if err != nil {
		comeBack(w, err)
		return err
	}
	defer leave()
	a := &answer{w: w, empty: r.Method == http.MethodHead}
	about := &getOnly{ResponseWriter: w}
	if strings.Contains(strings.ToLower(q), "request=getcapabilities") {
		a.w = about
	}
	cmd := sandbox.Command(r.Context(), limits, []string{s.dir}, nil, program)
	cmd.Stdout = a
	if cmd.Env, err = s.environment(q, base, path); err != nil {
		return err
	}
	if err := finish(a, cmd.Run()); err != nil {
		return err
	}
	if a.w == about {
		about.send()
	}
	return nil
}

// comeBack says when, to whom it is worth while.
func comeBack(w http.ResponseWriter, err error) {
	if haidang.CodeOf(err) == haidang.ErrUnavailable {
		w.Header().Set("Retry-After", "5")
	}
}

// Ready returns why there is no service, or nil.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// enter waits for a place.
func (s *Service) enter(ctx context.Context, asker string) (leave func(), err error) {
	wait, cancel := context.WithTimeout(ctx, longestIdle)
	defer cancel()
	leave, err = s.queue.Enter(wait, asker)
	if err == nil || ctx.Err() != nil {
		return leave, err
	}
	busy := haidang.Refuse(haidang.ErrUnavailable, "WMS và WFS đang quá tải; hãy thử lại sau vài giây.", "WMS and WFS are overloaded; try again in a few seconds.")
	busy.Cause = err
	return nil, busy
}

// environment is what a CGI program is told (RFC 3875), and where its files are.
func (s *Service) environment(query, base, path string) ([]string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	env := []string{"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET", "SERVER_PROTOCOL=HTTP/1.1", "SERVER_SOFTWARE=haidang", "QUERY_STRING=" + query,
		"SERVER_NAME=" + u.Hostname(), "SERVER_PORT=" + port, "SCRIPT_NAME=" + strings.TrimSuffix(u.Path, "/") + path,
		"MS_MAPFILE=" + s.path("haidang.map"), "MAPSERVER_CONFIG_FILE=" + s.path("mapserver.conf"), "MS_ERRORFILE=stderr",
		"PROJ_DATA=" + s.dir, "PROJ_LIB=" + s.dir, "PROJ_NETWORK=OFF", "GDAL_PAM_ENABLED=NO", "GDAL_CACHEMAX=64"}
	if u.Scheme == "https" {
		env = append(env, "HTTPS=on")
	}
	return env, nil
}

// finish tells an answer that was made from one that was not, and cuts the
// connection when it stopped halfway, so that nobody takes it for whole.
func finish(a *answer, err error) error {
	switch {
	case a.started && err == nil:
		return nil
	case a.started:
		if !errors.Is(err, context.Canceled) { // then the reader left
			slog.Warn("mapserver: an answer was cut short", "error", err)
		}
		panic(http.ErrAbortHandler)
	case errors.Is(err, context.Canceled):
		return err
	case err == nil:
		err = errors.New(a.complaint())
	}
	slog.Warn("mapserver: no answer", "error", err)
	e := haidang.Refuse(haidang.ErrUnavailable, "Chưa trả lời được câu hỏi này; hãy hỏi vùng nhỏ hơn hoặc ít đối tượng hơn, hay thử lại sau vài giây.",
		"This could not be answered; ask for a smaller area or fewer features, or try again in a few seconds.")
	e.Cause = err
	return e
}
