package main

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestPartsStopInReverse(t *testing.T) {
	var did []string
	note := func(s string) func(context.Context) error {
		return func(context.Context) error { did = append(did, s); return nil }
	}
	var p parts
	broken := errors.New("broken")
	err := p.start(context.Background(), []part{
		{"a", note("start a"), note("stop a")},
		{"b", note("start b"), nil},
		{"c", note("start c"), func(context.Context) error { did = append(did, "stop c"); return broken }},
		{"d", func(context.Context) error { return broken }, note("stop d")},
		{"e", note("start e"), note("stop e")},
	})
	if !errors.Is(err, broken) || err.Error() != "d: broken" {
		t.Errorf("got %v", err)
	}
	p.stop()
	p.stop()
	want := []string{"start a", "start b", "start c", "stop c", "stop a"}
	if !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
}
