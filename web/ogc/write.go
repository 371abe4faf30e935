package ogc

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// write answers with a document, or with the page made of it.
func (q *ask) write(w http.ResponseWriter, page string, doc any, links []link) error {
	h := w.Header()
	q.head(h)
	writeLinks(h, links)
	if q.html {
		return q.render(w, http.StatusOK, page, doc)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return err
	}
	h.Set("Content-Type", q.media)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b.Bytes()) // the reader may be gone
	return nil
}
