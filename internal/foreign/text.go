// Package foreign makes text that strangers wrote fit for a log, a message or a
// text column.
//
// In: any bytes. Out: valid UTF-8 of bounded length. It must never judge what a
// text means.
package foreign

import "strings"

// Clip shortens s to at most n bytes and an ellipsis.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// Printable replaces what a text column does not take.
func Printable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
}

// Topic makes a topic fit to be kept.
func Topic(topic string) string { return Clip(Printable(topic), longestTopic) }

const longestTopic = 200
