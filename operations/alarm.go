package operations

import (
	"time"

	"haidang"
)

// AlarmEventKind says what made an alarm move.
type AlarmEventKind string

// The kinds of alarm events.
const (
	AlarmRaised       AlarmEventKind = "raise"
	AlarmRaisedAgain  AlarmEventKind = "raise_again" // came back before anybody had taken it
	AlarmEscalated    AlarmEventKind = "escalate"    // its priority worsened
	AlarmAcknowledged AlarmEventKind = "acknowledge"
	AlarmCleared      AlarmEventKind = "clear" // the cause went away
)

// AlarmEvent is one move of an alarm. Rows are never changed.
type AlarmEvent struct {
	At         time.Time          `json:"at"`         // when it was so
	RecordedAt time.Time          `json:"recordedAt"` // when we knew
	Kind       AlarmEventKind     `json:"kind"`
	State      haidang.AlarmState `json:"state"`    // after
	Priority   int                `json:"priority"` // after
	Actor      string             `json:"actor"`    // a person, a model or a rule
	Note       string             `json:"note"`
}

// happening is what can befall an alarm.
type happening int

const (
	occurs happening = iota // the cause stands, with a priority
	clears                  // the cause is gone
	taken                   // somebody acknowledges it
)

// move is an alarm's place in the ISA-18.2 machine.
type move struct {
	State    haidang.AlarmState
	Priority int // 1 is the worst
}

// next is the ISA-18.2 machine. It returns where the alarm goes when h befalls it,
// and which event that is; the kind is empty when nothing changes. While an alarm
// is not normal its priority only gets worse: nobody has dealt with the worst yet.
func (m move) next(h happening, priority int) (move, AlarmEventKind) {
	worst := min(m.Priority, priority)
	switch {
	case h == occurs && m.State == haidang.AlarmNormal:
		return move{haidang.AlarmUnacked, priority}, AlarmRaised
	case h == occurs && m.State == haidang.AlarmRTNUnacked:
		return move{haidang.AlarmUnacked, worst}, AlarmRaisedAgain
	case h == occurs && worst < m.Priority:
		return move{haidang.AlarmUnacked, worst}, AlarmEscalated
	case h == clears && m.State == haidang.AlarmUnacked:
		return move{haidang.AlarmRTNUnacked, m.Priority}, AlarmCleared
	case h == clears && m.State == haidang.AlarmAcked:
		return move{haidang.AlarmNormal, m.Priority}, AlarmCleared
	case h == taken && m.State == haidang.AlarmUnacked:
		return move{haidang.AlarmAcked, m.Priority}, AlarmAcknowledged
	case h == taken && m.State == haidang.AlarmRTNUnacked:
		return move{haidang.AlarmNormal, m.Priority}, AlarmAcknowledged
	}
	return m, ""
}

// AlarmFilter chooses alarms for List.
type AlarmFilter struct {
	Standing bool            // only those that are not normal
	Before   haidang.AlarmID // only those raised before this one; 0 starts at the newest
	Limit    int             // 1 to 500
}
