package web

import (
	"context"
	"net/http"
)

// Server is the edge.
type Server struct{}

// New makes a server that is not listening yet. It fails when the pages cannot be read.
func New(config Config) (*Server, error) { return &Server{}, nil }

// Start listens and returns once requests are answered. A taken port is an error that says so.
func (s *Server) Start(ctx context.Context) error { return nil }

// Stop ends live sockets, lets running requests finish until ctx ends, and waits.
// It may be called twice.
func (s *Server) Stop(ctx context.Context) error { return nil }

// URL returns the address people can open, such as "http://127.0.0.1:8080".
func (s *Server) URL() string { return "" }

// ServeHTTP answers one request without a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
