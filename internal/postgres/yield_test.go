package postgres_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang/internal/postgres"
	"haidang/internal/postgres/pgtest"
)

// Only the server's processes behind a pool that yields are nice to others.
func TestYield(t *testing.T) {
	t.Parallel()
	ordinary := pgtest.New(t)
	config := ordinary.Config().Copy()
	postgres.Yield(config)
	yielding, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer yielding.Close()
	if is, other := niceness(t, yielding), niceness(t, ordinary); is != min(19, other+10) {
		t.Errorf("one that yields has niceness %d, an ordinary one %d", is, other)
	}
}

// niceness is that of the server's process behind a connection, by its 19th figure.
func niceness(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	var pid int
	if err := pool.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(line), ") ") // the name may hold blanks
	if n, err = strconv.Atoi(strings.Fields(rest)[16]); err != nil {
		t.Fatal(err)
	}
	return n
}
