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
			VI: fmt.Sprintf("%s %s%s, thường %s", x.Name.VI, comma(x.number(p.Value)), x.unit(), comma(x.usual(v))),
			EN: fmt.Sprintf("%s %s%s, usually %s", x.Name.EN, x.number(p.Value), x.unit(), x.usual(v)),
		},
		Detail: map[string]any{"value": p.Value, "low": tidy(v.Low), "high": tidy(v.High), "scales": tidy(v.Deviation)},
	}
}

func (x series) flag(p Point, v Verdict) haidang.ObservationFlag {
	return haidang.ObservationFlag{
		Datastream: x.Datastream, PhenomenonTime: p.At, Flag: haidang.QualitySuspect, Set: true, By: ModelName,
		Reason: fmt.Sprintf("%+.1f scales from the usual %s", v.Deviation, x.usual(v)),
	}
}

// unit stays on one line with its value (no-break space); a percent sign stands close.
func (x series) unit() string {
	if x.Symbol == "" || x.Symbol == "%" {
		return x.Symbol
	}
	return "\u00a0" + x.Symbol
}

// usual writes the usual band, no wider than the property can be: a lamp is
// never said to draw between −27 and 212 W.
func (x series) usual(v Verdict) string {
	return x.number(max(v.Low, x.Least)) + "\u00a0–\u00a0" + x.number(min(v.High, x.Most))
}

// number writes a value as its property is written, with a true minus; one that
// rounds to zero has none.
func (x series) number(v float64) string {
	s := strconv.FormatFloat(v, 'f', x.Decimals, 64)
	if n, err := strconv.ParseFloat(s, 64); err == nil && n == 0 {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// comma writes the decimal mark as Vietnamese does.
func comma(s string) string { return strings.ReplaceAll(s, ".", ",") }

func tidy(v float64) float64 { return math.Round(v*1000) / 1000 }
