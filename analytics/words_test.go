package analytics

import (
	"testing"

	"haidang"
)

func TestTitlesSayWhatAndHowMuchThenTheUsual(t *testing.T) {
	salinity := series{Datastream: 7, Property: "salinity", Name: haidang.Text{VI: "Độ mặn", EN: "Salinity"}, Symbol: "g/L", Decimals: 2, Most: 80}
	r := salinity.report(Point{origin, 6.1}, Verdict{Deviation: 8.2, Low: 3.2, High: 3.904}, 2)
	if r.Title.VI != "Độ mặn 6,10\u00a0g/L, thường 3,20\u00a0–\u00a03,90" || r.Title.EN != "Salinity 6.10\u00a0g/L, usually 3.20\u00a0–\u00a03.90" {
		t.Errorf("titles %q, %q", r.Title.VI, r.Title.EN)
	}
	if r.Cause != "seasonal/datastream/7" || r.Priority != 2 || r.By != ModelName {
		t.Errorf("report %+v", r)
	}
	if got := salinity.usual(Verdict{Low: -1.2, High: 3}); got != "0.00\u00a0–\u00a03.00" {
		t.Errorf("a band beyond what salinity can be is written %q", got)
	}
	if got := salinity.number(-0.4); got != "−0.40" {
		t.Errorf("minus is written %q", got)
	}
	if got := salinity.number(-0.001); got != "0.00" {
		t.Errorf("minus nothing is written %q", got)
	}
}
