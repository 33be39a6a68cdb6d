package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

const (
	readthrough = "../../testdata/guests/wat-readthrough.component.wasm"
	examples    = "../../testdata/guests/go-examples.wasm"
)

// play runs a command line and gives its status and what it wrote.
func play(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = doMain(ctx, append([]string{"wasikv"}, args...), strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// TestSignals ends runs as main does on a signal: while the store is looked
// for, which takes as long as the store's latency, while the guest is compiled,
// and while it waits.
func TestSignals(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		args  []string
	}{
		"store":   {200 * time.Millisecond, []string{"--cache", "mem:?latency=20s", readthrough}},
		"compile": {50 * time.Millisecond, []string{"--compilation-cache", "off", examples}},
		"guest":   {1200 * time.Millisecond, []string{"--cache", "mem:?latency=800ms", readthrough}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			ctx, cancel := context.WithCancelCause(t.Context())
			timer := time.AfterFunc(c.after, func() { cancel(&interrupted{signal: syscall.SIGTERM}) })
			defer timer.Stop()
			start := time.Now()
			status, _, stderr := play(ctx, append([]string{"run"}, c.args...)...)
			if status != 143 || !strings.Contains(stderr, "interrupted by the signal: terminated") {
				t.Errorf("ended with %d: %s", status, stderr)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("ended after %v", took)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	trap := &host.TrapError{Reason: "unreachable"}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{&host.ExitError{Code: 7}, 7},
		{&host.ExitError{Code: 256}, 255}, // must not come out as 0
		{&host.ExitError{Code: 0xffffffff}, 255},
		{trap, 134},
		{&instanceError{3, trap}, 134},
		{&instanceError{3, &host.ExitError{Code: 9}}, 9},
		{usage("wrong"), 2},
		{errors.New("whatever"), 125},
		{&interrupted{syscall.SIGINT}, 130},
	} {
		if got := status(c.err); got != c.want {
			t.Errorf("%v gives %d, want %d", c.err, got, c.want)
		}
	}
}

func TestEnded(t *testing.T) {
	over, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-over.Done()
	trap := &host.TrapError{Reason: "the call exceeded its deadline", Err: context.DeadlineExceeded}
	if err := ended(over, trap, time.Second); status(err) != 124 || !strings.Contains(err.Error(), "within 1s") {
		t.Errorf("the timeout gives %v", err)
	}
	// A guest that trapped for another reason at the end of its time trapped.
	if err := ended(over, &host.TrapError{Reason: "unreachable"}, time.Second); status(err) != 134 {
		t.Errorf("a trap gives %v", err)
	}
	// A deadline that is not the run's is not a timeout of the run.
	if err := ended(t.Context(), trap, time.Second); status(err) != 134 {
		t.Errorf("a foreign deadline gives %v", err)
	}
}

func TestExplain(t *testing.T) {
	trap := &host.TrapError{Reason: "out of memory: see Limits.MemoryBytes"}
	for i := range 12 {
		trap.Stack = append(trap.Stack, fmt.Sprintf("f%d()", i))
	}
	want := "the guest trapped: out of memory: see --max-memory\n" +
		"    at f0()\n    at f1()\n    at f2()\n    at f3()\n    at f4()\n    at f5()\n    at f6()\n    at f7()\n    … 4 more"
	if diff := cmp.Diff(want, explain(trap)); diff != "" {
		t.Error(diff)
	}
	if text := explain(&host.ExitError{Code: 3}); text != "" {
		t.Errorf("an exit is explained: %q", text)
	}
	if got := printable("a\x1b]0;title\a\u009b2J\tb\n"); got != "a␛]0;title␇\ufffd2J\tb\n" {
		t.Errorf("printable gives %q", got)
	}
}

// TestInternalErrors says that a mistake of this program is a sentence, too.
func TestInternalErrors(t *testing.T) {
	var stderr bytes.Buffer
	status := doMain(t.Context(), []string{"wasikv", "version"}, nil, nil, &stderr) // nowhere to write to
	text := stderr.String()
	if status != 125 || !strings.HasPrefix(text, "wasikv: internal error: ") || strings.Contains(text, "goroutine") {
		t.Errorf("ended with %d: %s", status, text)
	}
}

func TestParseDir(t *testing.T) {
	for text, want := range map[string]filesystem.Dir{
		"data":              {Host: "data", Guest: "data"},
		"/a/b::/data":       {Host: "/a/b", Guest: "/data"},
		"/a/b::/data:ro":    {Host: "/a/b", Guest: "/data", ReadOnly: true},
		"data:ro":           {Host: "data", Guest: "data", ReadOnly: true},
		"data::ro":          {Host: "data", Guest: "ro"},
		"data::ro:ro":       {Host: "data", Guest: "ro", ReadOnly: true},
		"a::b::c":           {Host: "a", Guest: "b::c"},
		".::/":              {Host: ".", Guest: "/"},
		"C:/data::/data:ro": {Host: "C:/data", Guest: "/data", ReadOnly: true},
	} {
		if got := parseDir(text); got != want {
			t.Errorf("%s gives %+v, want %+v", text, got, want)
		}
	}
}

func TestStoreName(t *testing.T) {
	for url, want := range map[string]string{
		"mem:":                             "mem",
		"mem:?latency=5ms":                 "mem",
		"redis://me:hunter2@h:6379/2?p=x":  "redis://h:6379/2",
		"unix:///run/redis.sock?db=1":      "unix:/run/redis.sock",
		"redis+cluster://u:x@a:1,b:2/?p=q": "redis+cluster://a:1,b:2/",
		"redis://me:hunter2@[::1":          "redis",
		"nats://hunter2@example.org":       "nats://example.org",
		"tiered:?l2=redis://me:hunter2@h/": "tiered",
	} {
		if got := storeName(url); got != want {
			t.Errorf("%s gives %s, want %s", url, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]uint64{
		"1": 1, "4096": 4096, "4096B": 4096, "1KiB": 1024, "1K": 1024, "1kB": 1000, "64MiB": 64 << 20, "4GiB": 4 << 30,
	} {
		if got, err := parseSize(text, 4<<30); got != want || err != nil {
			t.Errorf("%s gives %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5MiB", "MiB", "5GiB", "99999999999999999999", "1 KiB", "0x10", "4TiB"} {
		if got, err := parseSize(text, 4<<30); err == nil {
			t.Errorf("%q gives %d", text, got)
		}
	}
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 12897484: "12.3 MiB", 4 << 30: "4 GiB"} {
		if got := formatSize(n); got != want {
			t.Errorf("%d gives %s", n, got)
		}
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	var mu sync.Mutex
	a, b := &lines{mu: &mu, w: &out, prefix: "[a] "}, &lines{mu: &mu, w: &out, prefix: "[b] "}
	long := strings.Repeat("x", maxLine)
	for _, w := range []struct {
		to   *lines
		text string
	}{
		{a, "one"}, {b, "1\n2\nthr"}, {a, " line\n"}, {b, "ee\n"}, {a, "\n"}, {b, "end"}, {a, long + "y"},
	} {
		if n, err := w.to.Write([]byte(w.text)); n != len(w.text) || err != nil {
			t.Fatal(n, err)
		}
	}
	for _, l := range []*lines{a, b, a} {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	want := "[b] 1\n[b] 2\n[a] one line\n[b] three\n[a] \n[a] " + long + "\n[a] y\n[b] end\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		boom := errors.New("boom")
		for _, c := range []struct {
			on   bool
			took time.Duration
			want string
		}{
			{true, 399 * time.Millisecond, ""},
			{false, time.Minute, ""},
			{true, 700 * time.Millisecond, "\rwasikv: compiling, 400ms\rwasikv: compiling, 700ms\r" + strings.Repeat(" ", 24) + "\r"},
		} {
			out.Reset()
			p := &progress{w: &out, on: c.on}
			if err := p.during("compiling", func() error { time.Sleep(c.took); return boom }); err != boom {
				t.Errorf("the error became %v", err)
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("%+v: %s", c, diff)
			}
		}
	})
}

func TestDescriptionColours(t *testing.T) {
	for colour, want := range map[bool]string{
		true:  "  \x1b[32mok\x1b[0m a:b/c\n  \x1b[31m--\x1b[0m ␛[2J: gone\n",
		false: "  ok a:b/c\n  -- ␛[2J: gone\n",
	} {
		d := &description{colour: colour}
		d.imports([]host.ReportImport{
			{Name: "a:b/c", ServedBy: "a:b/c", Satisfied: true},
			{Name: "\x1b[2J", Problem: "gone"},
		})
		if got := strings.TrimPrefix(d.String(), "\nimports\n"); got != want {
			t.Errorf("gave %q, want %q", got, want)
		}
	}
}

func TestOwnNamespace(t *testing.T) {
	a, b := ownNamespace([]byte("a")), ownNamespace([]byte("b"))
	if a == b || a != ownNamespace([]byte("a")) || a == "" {
		t.Errorf("namespaces %q and %q", a, b)
	}
}
