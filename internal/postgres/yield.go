package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// yielding is by how much the server's processes are nicer to others once they yield: each
// gets a tenth of what another asks for at the same time, and all that nobody asks for.
const yielding = 10

// Yield makes the server's processes behind a pool the last to get the cores, so that
// what can wait does not hold up what cannot. It is a service of the system to processes
// of one's own on one's own machine: a server elsewhere, or of a stranger, stays as it is.
func Yield(config *pgxpool.Config) {
	connected := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if strings.HasPrefix(conn.Config().Host, "/") {
			yield(int(conn.PgConn().PID()))
		}
		if connected == nil {
			return nil
		}
		return connected(ctx, conn)
	}
}

// yield does what it may. A process number that is not PostgreSQL's here is another's:
// the server then counts its processes elsewhere, as in a container.
func yield(pid int) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.HasPrefix(line, []byte("postgres: ")) {
		return
	}
	const eager = 20 // what Linux calls niceness 0; it counts down
	if is, err := syscall.Getpriority(syscall.PRIO_PROCESS, pid); err == nil {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, min(19, eager-is+yielding))
	}
	// Where Linux shares the cores among sessions, that counts within one only, and each
	// process of the server is a session. It takes no more than ten such words a second.
	for range 3 {
		err := os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte(strconv.Itoa(yielding)), 0)
		if err == nil || !errors.Is(err, syscall.EAGAIN) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
