package preview1_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

// The guest is compiled once, for all tests.
var (
	tested *host.Host
	guest  *host.Component
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		ctx := context.Background()
		dir, err := os.MkdirTemp("", "preview1")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		file := filepath.Join(dir, "guest.wasm")
		build := exec.Command("go", "build", "-o", file, "./testdata/guest")
		build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			panic("the guest does not build: " + err.Error())
		}
		wasm, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if tested, err = host.New(ctx, host.Config{Interpreter: interpreted}); err != nil {
			panic(err)
		}
		defer tested.Close(ctx)
		if guest, err = tested.Compile(ctx, wasm); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// run runs the guest and gives what it wrote.
func run(t *testing.T, ctx context.Context, c host.InstanceConfig, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var out, errs bytes.Buffer
	c.Args = append([]string{"guest"}, args...)
	c.Stdout, c.Stderr = &out, &errs
	in, err := guest.Instantiate(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	err = in.Run(ctx)
	if e := in.Close(context.Background()); e != nil {
		t.Errorf("close: %v", e)
	}
	return out.String(), errs.String(), err
}

func TestGuestGetsWhatItWasGranted(t *testing.T) {
	c := host.InstanceConfig{}
	c.Env = []string{"COLOUR=red", "COLOUR=blue"}
	c.Clock = clocks.NewManual(time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))
	out, _, err := run(t, t.Context(), c, "tell", "a b", "ünï")
	if want := "guest tell a b ünï blue 2001-02-03T04:05:06Z\n"; out != want || err != nil {
		t.Errorf("it says %q, %v; want %q", out, err, want)
	}
}

func TestExitStatus(t *testing.T) {
	_, stderr, err := run(t, t.Context(), host.InstanceConfig{}, "exit")
	var exit *host.ExitError
	if !errors.As(err, &exit) || exit.Code != 7 || stderr != "leaving" {
		t.Errorf("ended with %v, wrote %q", err, stderr)
	}
}

func TestStreams(t *testing.T) {
	// Longer than any buffer on the way, and not all at once.
	text := strings.Repeat("0123456789abcdef\n", 20_000)
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		for rest := text; rest != ""; {
			n := min(len(rest), 7001)
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	c := host.InstanceConfig{}
	c.Stdin = r
	out, _, err := run(t, t.Context(), c, "copy")
	if err != nil || out != text {
		t.Errorf("copied %d of %d bytes, %v", len(out), len(text), err)
	}
}

// deaf is a stream that blocks for ever, as a terminal nobody types at.
type deaf struct{ ended chan struct{} }

func (d *deaf) Read([]byte) (int, error) {
	<-d.ended
	return 0, io.EOF
}

func TestWaitsEndWithTheCall(t *testing.T) {
	for _, args := range [][]string{{"sleep", "1h"}, {"copy"}} {
		d := &deaf{make(chan struct{})}
		c := host.InstanceConfig{}
		c.Stdin = d
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		in, err := guest.Instantiate(t.Context(), withArgs(c, args))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = in.Run(ctx)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%v ended after %v", args, took)
		}
		var trap *host.TrapError
		if !errors.As(err, &trap) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v ended with %v", args, err)
		}
		if err := in.Run(t.Context()); err == nil {
			t.Errorf("%v went on after a trap", args)
		}
		cancel()
		in.Close(t.Context())
		close(d.ended)
	}
}

func withArgs(c host.InstanceConfig, args []string) host.InstanceConfig {
	c.Args = append([]string{"guest"}, args...)
	return c
}

func TestSleepFollowsTheClock(t *testing.T) {
	clock := clocks.NewManual(time.Unix(0, 0))
	c := withArgs(host.InstanceConfig{}, []string{"sleep", "1h"})
	c.Clock = clock
	var out bytes.Buffer
	c.Stdout = &out
	in, err := guest.Instantiate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(t.Context())
	done := make(chan error, 1)
	go func() { done <- in.Run(t.Context()) }()
	for {
		select {
		case err := <-done:
			if err != nil || out.String() != "slept\n" {
				t.Errorf("wrote %q, %v", out.String(), err)
			}
			return
		case <-time.After(5 * time.Millisecond):
			clock.Advance(30 * time.Minute) // until it is asleep, and then over
		}
	}
}

func grant(dirs ...filesystem.Dir) host.InstanceConfig {
	c := host.InstanceConfig{}
	c.Dirs = dirs
	return c
}

func TestFilesOfAGuest(t *testing.T) {
	dir := t.TempDir()
	out, stderr, err := run(t, t.Context(), grant(filesystem.Dir{Host: dir, Guest: "/data"}), "files", "/data")
	if want := "\"one\\ntwo\\n\" 8 2 [- moved]\n"; out != want || err != nil {
		t.Errorf("wrote %q (%q), %v; want %q", out, stderr, err, want)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a", "moved")); err != nil || string(text) != "on" {
		t.Errorf("left %q, %v", text, err)
	}
}

func TestGuestsAreRefused(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "granted")
	for _, err := range []error{
		os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(outer, "secret"), []byte("secret"), 0o644),
		os.WriteFile(filepath.Join(dir, "file"), []byte("file"), 0o644),
		os.Symlink("../secret", filepath.Join(dir, "out")),
		os.Symlink(outer, filepath.Join(dir, "outer")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	writable := grant(filesystem.Dir{Host: dir, Guest: "/"})
	for _, p := range []string{"/out", "/outer/secret", "/../secret", "../secret", "/file/", "/out/"} {
		out, _, err := run(t, t.Context(), writable, "read", p)
		if err == nil || out != "" {
			t.Errorf("read of %s gave %q, %v", p, out, err)
		}
	}
	if out, _, err := run(t, t.Context(), writable, "read", "/file"); out != "file" || err != nil {
		t.Errorf("read of the file gave %q, %v", out, err)
	}
	if out, _, err := run(t, t.Context(), host.InstanceConfig{}, "read", "/file"); err == nil {
		t.Errorf("without a directory it reads %q", out)
	}
	_, stderr, err := run(t, t.Context(), grant(filesystem.Dir{Host: dir, Guest: "/", ReadOnly: true}), "files", "/")
	if err == nil || !strings.Contains(stderr, "Read-only") {
		t.Errorf("read-only: %q, %v", stderr, err)
	}
	c := grant(filesystem.Dir{Host: dir, Guest: "/"})
	c.OpenFiles = 10
	if _, _, err := run(t, t.Context(), c, "leak", "/file"); err == nil {
		t.Error("the guest could open files without end")
	}
}

func TestGuardsBoundWhatTheHostHolds(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// The descriptors beyond Limits.Handles are refused, that of 40 is not.
	c := grant(filesystem.Dir{Host: dir, Guest: "/"})
	c.Limits = component.Limits{Handles: 100, PollList: 100}
	if out, _, err := run(t, t.Context(), c, "renumber", "/file"); out != "8 8 0\n" || err != nil {
		t.Errorf("renumber: %q, %v", out, err)
	}
	// What a descriptor stood for is closed when another takes its number.
	c.OpenFiles = 5
	if _, stderr, err := run(t, t.Context(), c, "churn", "/file"); err != nil {
		t.Errorf("renumber, 2,000 times: %s %v", stderr, err)
	}
	if out, _, err := run(t, t.Context(), c, "poll"); out != "28 28 0 10 37\n" || err != nil {
		t.Errorf("poll: %q, %v", out, err)
	}
}

func TestMissingFunctionsAreNamed(t *testing.T) {
	// (module (import "wasi_snapshot_preview1" "sock_open" (func (param i32)))
	//         (import "wasi_snapshot_preview1" "fd_close" (func)))
	wasm := "\x00asm\x01\x00\x00\x00\x01\x08\x02\x60\x01\x7f\x00\x60\x00\x00" +
		"\x02\x46\x02" + "\x16wasi_snapshot_preview1\x09sock_open\x00\x00" +
		"\x16wasi_snapshot_preview1\x08fd_close\x00\x01"
	_, err := tested.Compile(t.Context(), []byte(wasm))
	var missing *host.MissingImportsError
	if !errors.As(err, &missing) || len(missing.Imports) != 1 || len(missing.Imports[0].Items) != 2 {
		t.Fatalf("compile gave %v", err)
	}
	for i, want := range []string{"no function of this name", "func(i32) -> i32"} {
		if item := missing.Imports[0].Items[i]; !strings.Contains(item.Reason, want) {
			t.Errorf("%s: %s", item.Name, item.Reason)
		}
	}
}
