package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"haidang/analytics"
)

// The figures of the model on a few days of a province it was neither tuned nor
// advertised on. They may move a little when the model changes for the better;
// a jump down is a fault of ours.
func TestTheModelFindsLabelledFaults(t *testing.T) {
	t.Parallel()
	c := &evaluateCmd{Days: 3, Seed: 77, History: analytics.MaxHistory, Start: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), share: 3}
	e, err := c.evaluate(t.Context(), analytics.DefaultRule)
	if err != nil {
		t.Fatal(err)
	}
	s := e.score
	t.Logf("precision %.3f of %d alarms, recall %.3f of %d faults", s.Precision.Share(), s.Precision.All, s.Recall.Share(), s.Recall.All)
	if s.Recall.All < 8 {
		t.Fatalf("only %d faults: the sample says nothing", s.Recall.All)
	}
	if s.Precision.Share() < 0.8 || s.Recall.Share() < 0.7 {
		t.Errorf("precision %.3f, recall %.3f", s.Precision.Share(), s.Recall.Share())
	}
	var out bytes.Buffer
	if err := e.print(&out, c, time.Second); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"precision", "recall", "bias", "Not seen by this model", "silent devices", "seed 77"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("the table does not say %q:\n%s", word, out.String())
		}
	}
}

func TestEvaluateRefusesWhatCannotBeJudged(t *testing.T) {
	t.Parallel()
	for _, c := range []evaluateCmd{{Days: 0, History: analytics.MaxHistory}, {Days: 3, History: time.Hour}} {
		if err := c.Run(t.Context()); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
