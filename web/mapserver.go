package web

import (
	"net/http"

	"haidang/internal/auth"
	"haidang/web/mapserver"
)

// WMS and WFS show what everybody may see, so whoever asks makes no difference.
func (s *Server) registerMapServer(d *doors) {
	d.handle(auth.TilePublic, "GET /ogc/wms", s.serveOWS(mapserver.WMS, "/ogc/wms"))
	d.handle(auth.TilePublic, "GET /ogc/wfs", s.serveOWS(mapserver.WFS, "/ogc/wfs"))
}

func (s *Server) serveOWS(kind mapserver.Kind, path string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.config.MapServer == nil {
			return mapserver.NotInstalled
		}
		base := s.config.PublicBase
		if base == "" {
			base = "http://" + r.Host
		}
		return s.config.MapServer.Serve(w, r, kind, auth.Subscriber(visitorOf(r.Context()).address), base, path)
	}
}
