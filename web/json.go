package web

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"haidang/internal/auth"
)

// writeJSON answers with v; for handlers that huma does not write for.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the reader may be gone
	return nil
}

// orEmpty makes a list that JSON spells [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// describe puts a route that is registered by hand into the OpenAPI document.
func describe(d *doors, action auth.Action, op huma.Operation) {
	op.Responses = map[string]*huma.Response{"default": {Description: "The answer, or an RFC 9457 problem"}}
	annotate(&op, action)
	d.api.OpenAPI().AddOperation(&op)
}

// annotate says in the document which action an operation is and whether it needs a session.
func annotate(op *huma.Operation, action auth.Action) {
	op.Extensions = map[string]any{"x-haidang-action": action}
	if !public(action) {
		op.Security = []map[string][]string{{"session": {}}}
	}
}
