// Package web is the edge of the house: the HTTP API, the live WebSocket, map
// tiles and the pages.
//
// In: requests of browsers and programs. Out: JSON described by the OpenAPI 3.1
// document at /api/v1/openapi.json, RFC 9457 problems in the reader's language,
// the newest state of everything that moves over the live socket, and the built
// pages of web/ui.
//
// Every route is registered together with the action it is, and is opened by
// auth.Policy alone. It must never hold a rule of the rooms below, write to a
// table, queue for a slow reader, or log a cookie, a password or a tracking code.
package web
