package analytics

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"haidang"
)

// ModelName is how the model signs what it says.
const ModelName = "seasonal-deviation/1"

const causePrefix = "seasonal/datastream/"

func causeOf(id haidang.DatastreamID) string { return causePrefix + strconv.Itoa(int(id)) }

// report puts a verdict into words: what and how much, then the usual.
func (x series) report(p Point, v Verdict, priority int) haidang.AlarmReport {
	return haidang.AlarmReport{
		Cause: causeOf(x.Datastream), Priority: priority, Thing: x.Thing, Datastream: x.Datastream, At: p.At, By: ModelName,
		Title: haidang.Text{
			VI: fmt.Sprintf("%s %s%s, thường %s–%s", x.Name.VI, comma(x.number(p.Value)), x.unit(), comma(x.number(v.Low)), comma(x.number(v.High))),
			EN: fmt.Sprintf("%s %s%s, usually %s–%s", x.Name.EN, x.number(p.Value), x.unit(), x.number(v.Low), x.number(v.High)),
		},
		Detail: map[string]any{"value": p.Value, "low": tidy(v.Low), "high": tidy(v.High), "scales": tidy(v.Deviation)},
	}
}

func (x series) flag(p Point, v Verdict) haidang.ObservationFlag {
	return haidang.ObservationFlag{
		Datastream: x.Datastream, PhenomenonTime: p.At, Flag: haidang.QualitySuspect, Set: true, By: ModelName,
		Reason: fmt.Sprintf("%+.1f scales from the usual %s–%s", v.Deviation, x.number(v.Low), x.number(v.High)),
	}
}

// unit stays on one line with its value (no-break space); a percent sign stands close.
func (x series) unit() string {
	if x.Symbol == "" || x.Symbol == "%" {
		return x.Symbol
	}
	return "\u00a0" + x.Symbol
}

// number writes a value as its property is written; a minus that rounds to zero goes.
func (x series) number(v float64) string {
	s := strconv.FormatFloat(v, 'f', x.Decimals, 64)
	if n, err := strconv.ParseFloat(s, 64); err == nil && n == 0 {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// comma writes the decimal mark as Vietnamese does.
func comma(s string) string { return strings.Replace(s, ".", ",", 1) }

func tidy(v float64) float64 { return math.Round(v*1000) / 1000 }
