package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// binPatterns are where packages put the server's programs, which are not on the
// PATH: Debian and Ubuntu, Red Hat, SUSE.
var binPatterns = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin"}

// installation is one PostgreSQL found on the machine.
type installation struct {
	bin     string
	major   int
	postGIS bool
}

// findBinaries returns the folder of initdb and postgres: of the version that
// made the cluster at data, or else of the newest that has PostGIS.
func findBinaries(data string) (string, error) {
	found := installations()
	made, err := madeBy(data)
	if err != nil {
		return "", err
	}
	for _, in := range found {
		if made == in.major || made == 0 && in.major >= oldestPostgres/10000 && in.postGIS {
			return in.bin, nil
		}
	}
	if made != 0 {
		return "", refuse("Dữ liệu trong %s do PostgreSQL %d tạo ra, nhưng máy này không có bản đó; hãy cài postgresql-%d-postgis-3.",
			"The data in %s was made by PostgreSQL %d, which this machine lacks; install postgresql-%d-postgis-3.", data, made, made)
	}
	return "", refuse("Máy này chưa có PostgreSQL %d trở lên cùng PostGIS; hãy chạy: make deps (hoặc apt-get install postgresql postgresql-15-postgis-3).",
		"This machine has no PostgreSQL %d or newer with PostGIS; run: make deps (or apt-get install postgresql postgresql-15-postgis-3).", oldestPostgres/10000)
}

// installations lists what is there, newest first.
func installations() []installation {
	var dirs []string
	for _, p := range binPatterns {
		more, _ := filepath.Glob(p)
		dirs = append(dirs, more...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	var found []installation
	for _, dir := range dirs {
		if in, ok := inspect(dir); ok {
			found = append(found, in)
		}
	}
	slices.SortStableFunc(found, func(a, b installation) int { return b.major - a.major })
	return found
}

func inspect(bin string) (installation, bool) {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return installation{}, false
	}
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output() // postgres (PostgreSQL) 15.18 (Debian …)
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 3 {
		return installation{}, false
	}
	number, _, _ := strings.Cut(fields[2], ".")
	major, err := strconv.Atoi(number)
	return installation{bin: bin, major: major, postGIS: hasPostGIS(bin, major)}, err == nil
}

// hasPostGIS looks for the extension's control file. Where the layout is not
// known it says yes, and Open finds out.
func hasPostGIS(bin string, major int) bool {
	if !strings.HasPrefix(bin, "/usr/lib/postgresql/") {
		return true
	}
	_, err := os.Stat(fmt.Sprintf("/usr/share/postgresql/%d/extension/postgis.control", major))
	return err == nil
}

// madeBy returns the major version that made the cluster at data, 0 when there is none.
func madeBy(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION: %w", data, err)
	}
	return major, nil
}
