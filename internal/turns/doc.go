// Package turns lets a few work at once and the others wait in turn.
//
// In: who asks. Out: a place, or that there is none: too many wait, or the asker's
// time is over.
//
// It must never let one who asks for much keep out those who ask for little.
package turns
