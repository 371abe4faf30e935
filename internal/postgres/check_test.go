package postgres

import (
	"strings"
	"testing"
)

func TestServerCheck(t *testing.T) {
	fine := server{version: 150018, versionText: "15.18", encoding: "UTF8", database: "d", role: "r", mayCreate: true}
	if err := fine.check(); err != nil {
		t.Errorf("a good server is refused: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*server)
		say    string
	}{
		"old":      {func(s *server) { s.version, s.versionText = 140012, "14.12" }, "PostgreSQL 14.12"},
		"encoding": {func(s *server) { s.encoding = "SQL_ASCII" }, "SQL_ASCII"},
		"rights":   {func(s *server) { s.mayCreate = false }, "GRANT CREATE"},
	} {
		s := fine
		c.change(&s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestSettingsFollowTheMachine(t *testing.T) {
	const gib = 1 << 30
	for mem, want := range map[uint64]string{
		1 * gib:   "shared_buffers = 204MB",
		24 * gib:  "shared_buffers = 4915MB",
		512 * gib: "shared_buffers = 8192MB",
	} {
		if got := settings(mem, "/x", false); !strings.Contains(got, want) {
			t.Errorf("%d GiB: no %q in\n%s", mem/gib, want, got)
		}
	}
	if got := settings(gib, `/it's "here"`, false); !strings.Contains(got, `unix_socket_directories = '"/it''s ""here"""'`) {
		t.Errorf("the socket's folder is not quoted:\n%s", got)
	}
}
