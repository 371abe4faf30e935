package postgres

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// configure writes the cluster's settings anew: the machine, the path and the
// user may have changed since the last start.
func (c *Cluster) configure(context.Context) error {
	files := map[string]string{
		"haidang.conf":  settings(memory(), c.socket, c.config.Throwaway),
		"pg_hba.conf":   hba(c.config.Throwaway),
		"pg_ident.conf": identMap(c.user.name),
	}
	for name, text := range files {
		path := filepath.Join(c.data, name)
		if err := writeFile(path, text, 0o600); err != nil {
			return err
		}
		if err := c.user.own(path); err != nil {
			return err
		}
	}
	return nil
}

const mib = 1 << 20

// settings is haidang.conf for a machine with so many bytes of memory, which the
// server shares with the broker, ingest and the pages.
func settings(mem uint64, socket string, throwaway bool) string {
	shared := clamp(mem/5/mib, 64, 8192)
	lines := []string{
		"# Written by haidang at every start.",
		"listen_addresses = ''",
		"port = " + clusterPort,
		"unix_socket_directories = " + quote(`"`+strings.ReplaceAll(socket, `"`, `""`)+`"`),
		"unix_socket_permissions = 0700",
		"max_connections = 200",
		fmt.Sprintf("shared_buffers = %dMB", shared),
		fmt.Sprintf("effective_cache_size = %dMB", clamp(mem/2/mib, 256, 1<<20)),
		fmt.Sprintf("work_mem = %dMB", clamp(mem/400/mib, 4, 64)),
		fmt.Sprintf("maintenance_work_mem = %dMB", clamp(mem/20/mib, 64, 1024)),
		"random_page_cost = 1.1", // solid-state disks
		"jit = off",
		"timezone = 'UTC'",
		"log_timezone = 'UTC'",
		"log_line_prefix = ''",
		"log_min_messages = warning",
		"idle_in_transaction_session_timeout = '60s'",
	}
	if throwaway {
		return join(lines, "fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off",
			"shared_buffers = 64MB", "max_wal_size = 4GB")
	}
	return join(lines, "fsync = on", "full_page_writes = on", "synchronous_commit = on",
		"wal_compression = on", "wal_level = replica", // an owner may add a standby or archive without a new start of the data
		fmt.Sprintf("max_wal_size = %dMB", clamp(mem/8/mib, 512, 4096)), "min_wal_size = 128MB",
		"checkpoint_timeout = '10min'")
}

func join(lines []string, more ...string) string {
	return strings.Join(append(lines, more...), "\n") + "\n"
}

// quote writes a string as postgresql.conf reads it.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}

// hba lets the system's user in, and by password the roles that may do little; nobody else, and nobody by the network. Tests need roles of their own,
// and nobody but them can reach a throwaway's socket.
func hba(throwaway bool) string {
	if throwaway {
		return "local all all trust\n"
	}
	return "# Written by haidang at every start.\nlocal all +" + ReaderGroup + " scram-sha-256\nlocal all +" + EditorGroup + " scram-sha-256\nlocal all all peer map=haidang\n"
}

// identMap says which users of the system may be the cluster's role.
func identMap(serverUser string) string {
	names := map[string]bool{serverUser: true, "root": true}
	if u, err := user.Current(); err == nil {
		names[u.Username] = true
	}
	var b strings.Builder
	b.WriteString("# Written by haidang at every start.\n")
	for name := range names {
		fmt.Fprintf(&b, "haidang \"%s\" %s\n", name, clusterRole)
	}
	return b.String()
}

// memory is what this process may use: the machine's, or its container's share.
func memory() uint64 {
	total := uint64(2048 * mib) // when the system does not say
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 && fields[0] == "MemTotal:" {
			if kib, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
				total = kib * 1024
			}
		}
	}
	for _, limit := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(limit); err == nil {
			if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				total = min(total, n)
			}
		}
	}
	return total
}

func clamp(v, low, high uint64) uint64 { return max(low, min(v, high)) }
