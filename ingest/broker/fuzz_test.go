package broker

import (
	"strconv"
	"testing"
)

// FuzzWhoseLine makes sure that a client id cannot pass for another connection.
func FuzzWhoseLine(f *testing.F) {
	f.Add("x")
	f.Add(`" - mid:9 - "other`)
	f.Fuzz(func(t *testing.T, clientID string) {
		connection, got := whoseLine("127.0.0.1:5000 - mid:7 - " + strconv.Quote(clientID) + publishViolation + "Subject %q")
		if connection != 7 || got != clientID {
			t.Errorf("%q was read as connection %d, client %q", clientID, connection, got)
		}
	})
}
