package web

import (
	"net/http"
	"strings"
	"testing"
)

// Without MapServer both services answer 501 and say what to install; the rest works.
func TestWithoutMapServer(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := h.visitor(t)
	for _, path := range []string{"/ogc/wms?SERVICE=WMS&REQUEST=GetCapabilities", "/ogc/wfs?SERVICE=WFS&REQUEST=GetCapabilities&lang=en"} {
		if status, body := c.do("GET", path, nil); status != http.StatusNotImplemented || !strings.Contains(body, "cgi-mapserver") || !strings.Contains(body, `"code":"not_installed"`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := c.do("GET", "/ogc/collections", nil); status != http.StatusOK {
		t.Errorf("the collections: %d", status)
	}
}
