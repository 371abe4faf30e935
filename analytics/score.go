package analytics

import (
	"slices"
	"time"

	"haidang"
)

// Fault is a labelled failure of one series.
type Fault struct {
	Thing    haidang.ThingID
	Property haidang.PropertyCode
	Kind     string
	From, To time.Time
	Before   bool // began before the judged time: neither it nor its alarms count
}

// Alarm is a moment at which the model spoke.
type Alarm struct {
	Thing    haidang.ThingID
	Property haidang.PropertyCode
	At       time.Time
}

// Grace is how long after the end of a fault an alarm still belongs to it: the
// last readings that the persistence counts may come then.
const Grace = 30 * time.Minute

// Tally counts alarms or faults and how many of them were right or found.
type Tally struct{ All, Hit int }

// Share is Hit out of All; 0 when there are none.
func (t Tally) Share() float64 {
	if t.All == 0 {
		return 0
	}
	return float64(t.Hit) / float64(t.All)
}

// Score is how alarms and labelled faults fit together.
type Score struct {
	Precision  Tally            // of all alarms, those raised while a fault stood on that very series, or within Grace
	Recall     Tally            // of all faults, those with at least one such alarm
	ByKind     map[string]Tally // recall by kind of fault
	ByProperty map[haidang.PropertyCode]Tally
	Delay      time.Duration // from the start of a found fault to its first alarm, median
}

// Judge scores alarms against faults.
func Judge(alarms []Alarm, faults []Fault) Score {
	s := Score{ByKind: map[string]Tally{}, ByProperty: map[haidang.PropertyCode]Tally{}}
	type series struct {
		thing    haidang.ThingID
		property haidang.PropertyCode
	}
	of := map[series][]Fault{}
	for _, f := range faults {
		of[series{f.Thing, f.Property}] = append(of[series{f.Thing, f.Property}], f)
	}
	first := map[Fault]time.Time{}
	for _, a := range alarms {
		owners := standing(of[series{a.Thing, a.Property}], a.At)
		if slices.ContainsFunc(owners, func(f Fault) bool { return f.Before }) {
			continue
		}
		for _, f := range owners {
			if at, ok := first[f]; !ok || a.At.Before(at) {
				first[f] = a.At
			}
		}
		s.Precision = s.Precision.add(len(owners) > 0)
		s.ByProperty[a.Property] = s.ByProperty[a.Property].add(len(owners) > 0)
	}
	s.recall(faults, first)
	return s
}

// standing returns the faults that an alarm at that moment can belong to.
func standing(faults []Fault, at time.Time) []Fault {
	var owners []Fault
	for _, f := range faults {
		if !at.Before(f.From) && !at.After(f.To.Add(Grace)) {
			owners = append(owners, f)
		}
	}
	return owners
}

func (s *Score) recall(faults []Fault, first map[Fault]time.Time) {
	var delays []float64
	for _, f := range faults {
		if f.Before {
			continue
		}
		at, found := first[f]
		s.Recall = s.Recall.add(found)
		s.ByKind[f.Kind] = s.ByKind[f.Kind].add(found)
		if found {
			delays = append(delays, at.Sub(f.From).Seconds())
		}
	}
	if len(delays) > 0 {
		s.Delay = time.Duration(median(delays) * float64(time.Second))
	}
}

func (t Tally) add(hit bool) Tally {
	t.All++
	if hit {
		t.Hit++
	}
	return t
}
