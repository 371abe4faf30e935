package sandbox

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haidang"
)

// sh runs a script in the sandbox with the given walls.
func sh(t *testing.T, w walls, l Limits, readable, writable []string, script string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := Command(t.Context(), l, readable, writable, "sh", append([]string{"-c", script, "sh"}, args...)...)
	c.Stdout = &out
	err := c.run(w)
	return out.String(), err
}

// each runs the test with every set of walls that this machine can raise.
func each(t *testing.T, do func(t *testing.T, w walls)) {
	t.Helper()
	full := strongest()
	t.Logf("this machine has %+v", full)
	t.Run("strongest", func(t *testing.T) { t.Parallel(); do(t, full) })
	alone := full
	alone.Namespaces, alone.User = false, false
	if full.Namespaces && full.Landlock > 0 {
		t.Run("landlock alone", func(t *testing.T) { t.Parallel(); do(t, alone) })
	}
	apart := full
	apart.Landlock = 0
	if full.Namespaces {
		t.Run("namespaces alone", func(t *testing.T) { t.Parallel(); do(t, apart) })
	}
}

// scratch is a folder that a program may be given, below one it cannot see.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := Scratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOnlyNamedPaths(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w walls) {
		dir := scratch(t)
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		secret := filepath.Join(dir, "secret")
		for _, d := range []string{in, out} {
			if err := os.Mkdir(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range []string{secret, filepath.Join(in, "f")} {
			if err := os.WriteFile(f, []byte("hello"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := Lend(dir); err != nil {
			t.Fatal(err)
		}
		got, err := sh(t, w, Limits{}, []string{in}, []string{out}, `
			cat "$1/f"
			echo y >"$2/g" || echo cannot write out
			cat "$3" 2>/dev/null && echo READ THE SECRET
			cat /etc/passwd >/dev/null 2>&1 && echo READ PASSWD
			echo x 2>/dev/null >"$1/new" && echo WROTE IN
			echo x 2>/dev/null >/tmp/haidang-sandbox-test && echo WROTE TMP
			echo; env | sort | cut -d= -f1 | tr '\n' ' '; id -u`, in, out, secret)
		if err != nil {
			t.Fatal(err)
		}
		want := "hello\nHOME LC_ALL PATH PWD TZ "
		if !strings.HasPrefix(got, want) || strings.HasSuffix(got, " 0\n") && w.Drop {
			t.Errorf("got %q, want %q and another user", got, want)
		}
		if text, err := os.ReadFile(filepath.Join(out, "g")); err != nil || string(text) != "y\n" {
			t.Errorf("what it wrote: %q, %v", text, err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w walls) {
		dir := scratch(t)
		for name, c := range map[string]struct {
			limits Limits
			script string
			want   Reason
		}{
			"wall clock":     {Limits{Wall: 300 * time.Millisecond}, `sleep 100 & sleep 100`, Slow},
			"processor":      {Limits{CPU: time.Second, Wall: time.Minute}, `while :; do :; done`, Slow},
			"output":         {Limits{Output: 1000}, `while :; do echo 0123456789; done`, Loud},
			"size of a file": {Limits{FileSize: 1 << 20}, `exec head -c 2000000 /dev/zero >"$1/big"`, Big},
			"memory":         {Limits{Memory: 64 << 20}, `exec dd if=/dev/zero of=/dev/null bs=512M count=1`, Exited},
			"code":           {Limits{}, `echo sorry >&2; exit 3`, Exited},
		} {
			_, err := sh(t, w, c.limits, nil, []string{dir}, c.script, dir)
			f, ok := errors.AsType[*Failure](err)
			if !ok || f.Reason != c.want {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
			if name == "code" && (f.Code != 3 || f.Stderr != "sorry") {
				t.Errorf("got %+v", f)
			}
		}
	})
}

func TestNoNetwork(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	w := strongest()
	if !w.Namespaces && w.Landlock < 4 {
		t.Skip("this kernel cannot keep a program from the network")
	}
	if !Installed("bash") {
		t.Skip("no bash, which alone can call a port by itself")
	}
	c := Command(t.Context(), Limits{}, nil, nil, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/"+port)
	if f, ok := errors.AsType[*Failure](c.Run()); !ok || f.Code == 0 {
		t.Error("it reached a port of this machine")
	}
}

// A gap in the walls is nothing to pass over in silence.
func TestWeakWallsAreRefused(t *testing.T) {
	t.Parallel()
	for w, weak := range map[walls]bool{
		{Namespaces: true}: false, {Landlock: 4, Drop: true}: false, {Landlock: 3, Drop: true}: true, {Drop: true}: true, {}: true,
	} {
		err := admit(w)
		if refused := haidang.CodeOf(err) == haidang.ErrNotInstalled; refused != weak {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	err := Command(ctx, Limits{}, nil, nil, "sh", "-c", "sleep 100 & sleep 100").Run()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMissingProgram(t *testing.T) {
	t.Parallel()
	err := Command(t.Context(), Limits{}, nil, nil, "no-such-program").Run()
	if err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("got %v", err)
	}
}

func TestPathsMustBeReal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/etc", link); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{link, "relative", filepath.Join(dir, "nothing")} {
		if err := Command(t.Context(), Limits{}, []string{p}, nil, "true").Run(); err == nil {
			t.Errorf("%s was taken", p)
		}
	}
}
