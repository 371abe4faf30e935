package oldtext

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guess is one encoding with how well it explains the text.
type Guess struct {
	Encoding Encoding `json:"encoding"`
	Share    float64  `json:"share" doc:"Of the words with letters beyond ASCII, how many are Vietnamese syllables when read so, 0 to 1"`
	Samples  []Sample `json:"samples"`
}

// Sample is one text before and after.
type Sample struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// How sure is sure.
const (
	plainly   = 0.8
	certain   = 0.6  // of the words are syllables
	ahead     = 0.15 // of the next guess
	nSamples  = 8
	maxSample = 120 // bytes
)

// Detector gathers text of a file and tells its encoding. The zero value is ready.
type Detector struct {
	texts map[string]bool
	size  int
}

// mostText bounds what a detector remembers.
const mostText = 1 << 20

// Add looks at one value. Plain ASCII says nothing and costs nothing.
func (d *Detector) Add(in []byte) {
	if ascii(in) || d.size > mostText || len(in) > 4096 {
		return
	}
	if d.texts == nil {
		d.texts = map[string]bool{}
	}
	if !d.texts[string(in)] {
		d.texts[string(in)] = true
		d.size += len(in) + 64
	}
}

// Plain reports whether there was nothing but ASCII.
func (d *Detector) Plain() bool { return len(d.texts) == 0 }

// Guesses returns all encodings that could be, the best first, and whether the first
// is beyond doubt. Where the text is plain ASCII the only guess is UTF-8.
func (d *Detector) Guesses() (all []Guess, sure bool) {
	if d.Plain() {
		return []Guess{{Encoding: UTF8, Share: 1, Samples: []Sample{}}}, true
	}
	texts := make([]string, 0, len(d.texts))
	for t := range d.texts {
		texts = append(texts, t)
	}
	slices.Sort(texts)
	for _, e := range Encodings {
		if e == UTF8 && slices.ContainsFunc(texts, func(t string) bool { return !utf8.ValidString(t) }) {
			continue
		}
		all = append(all, e.guess(texts))
	}
	slices.SortStableFunc(all, func(a, b Guess) int { return cmp.Compare(b.Share, a.Share) })
	if all[0].Encoding == UTF8 && all[0].Share >= plainly {
		return all, true // Vietnamese as it stands; read otherwise some of it would still be
	}
	return all, all[0].Share >= certain && (len(all) == 1 || all[0].Share-all[1].Share >= ahead || all[0].same(all[1]))
}

// same reports whether two guesses read the samples alike: then it does not matter.
func (g Guess) same(o Guess) bool { return slices.Equal(g.Samples, o.Samples) }

func (e Encoding) guess(texts []string) Guess {
	g := Guess{Encoding: e, Samples: []Sample{}}
	words, good := 0, 0
	step := max(1, len(texts)/nSamples)
	for i, t := range texts {
		after := e.Decode([]byte(t))
		w, n := judge(after)
		words, good = words+w, good+n
		if i%step == 0 && len(g.Samples) < nSamples {
			g.Samples = append(g.Samples, Sample{Before: clip(Windows1252.Decode([]byte(t))), After: clip(after)})
			if utf8.ValidString(t) {
				g.Samples[len(g.Samples)-1].Before = clip(t)
			}
		}
	}
	if words > 0 {
		g.Share = float64(good) / float64(words)
	}
	return g
}

// judge counts the words of the text as read that are not plain ASCII, and how many
// of them are syllables. A text that comes out as ASCII was punctuation.
func judge(after string) (words, good int) {
	for _, w := range strings.FieldsFunc(after, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r < utf8.RuneSelf }) {
		if ascii([]byte(w)) {
			continue
		}
		words++
		if Syllable(w) {
			good++
		}
	}
	return words, good
}

func clip(s string) string {
	if len(s) > maxSample {
		s = strings.ToValidUTF8(s[:maxSample], "") + "…"
	}
	return s
}
