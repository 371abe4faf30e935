package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The advisory locks of ingest, each a class and a number. They are held on one
// connection for each process, so that they end with it, however it ends.
const (
	memberClass = 0x6864_0001 // shared by every process; the number is that of the lanes, 0 when it does not know
	laneClass   = 0x6864_0002 // of the one process that carries the lane of that number
)

// lockPatience bounds each exchange about locks.
const lockPatience = 10 * time.Second

// locks is the connection of one process. Its methods are for one goroutine.
type locks struct {
	pool *pgxpool.Pool // whose database and settings it shares
	name string        // of this process
	conn *pgx.Conn     // nil when there is none
}

// holding is what all processes hold together.
type holding struct {
	members    int
	partitions int            // the most that a member knows of
	owners     map[int]string // by lane: the name of the process
}

// processName is how a process is called on the page and in pg_stat_activity.
func processName() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%.40s/%d", host, os.Getpid())
}

// ownerPrefix marks the connection in pg_stat_activity.
const ownerPrefix = "haidang lanes "

// join connects when there is no connection and reports whether it is a new one,
// on which nothing is locked.
func (l *locks) join(ctx context.Context, partitions int) (anew bool, err error) {
	if l.conn != nil {
		return false, nil
	}
	config := l.pool.Config().ConnConfig.Copy()
	config.RuntimeParams["application_name"] = ownerPrefix + l.name
	for name, value := range map[string]string{ // a machine that vanished must not hold a lane for hours
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock_shared($1, $2)`, memberClass, partitions); err != nil {
		return false, errors.Join(err, conn.Close(ctx))
	}
	l.conn = conn
	return true, nil
}

// ask reads what all processes hold.
func (l *locks) ask(ctx context.Context) (holding, error) {
	h := holding{owners: map[int]string{}}
	rows, err := l.conn.Query(ctx, `SELECT l.classid::integer, l.objid::integer, coalesce(substr(a.application_name, $3), '')
		FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid IN ($1, $2)
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`, memberClass, laneClass, len(ownerPrefix)+1)
	if err != nil {
		return h, l.lost(err)
	}
	var class, number int
	var name string
	_, err = pgx.ForEachRow(rows, []any{&class, &number, &name}, func() error {
		if class == laneClass {
			h.owners[number] = name
			return nil
		}
		h.members++
		h.partitions = max(h.partitions, number)
		return nil
	})
	return h, l.lost(err)
}

// try locks a lane, unless another process holds it.
func (l *locks) try(ctx context.Context, lane int) (mine bool, err error) {
	err = l.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, laneClass, lane).Scan(&mine)
	return mine, l.lost(err)
}

func (l *locks) unlock(ctx context.Context, lane int) error {
	_, err := l.conn.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, laneClass, lane)
	return l.lost(err)
}

// lost closes a connection after an error, for nobody knows then what it holds.
func (l *locks) lost(err error) error {
	if err != nil {
		l.close()
	}
	return err
}

// close lets go of everything.
func (l *locks) close() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx) // the server lets go of the locks when it sees the end
	l.conn = nil
}
