package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/backends"
	_ "github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/guests"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/wasi"
)

const (
	testdata = "../testdata/guests"
	onDemand = "../guests/build" // what is built from source when it is asked for
)

// compiled is where compiled code is kept between the tests of one run.
var compiled = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "wasikv-compiled-")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(compiled())
	os.Exit(code)
}

// TestScenarios runs every prebuilt guest as testdata/guests says, on caches in
// memory that answer at once and that take a while.
func TestScenarios(t *testing.T) {
	scenarios, err := guests.ReadScenarios(os.DirFS(testdata))
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"mem:", "mem:?latency=1ms"} {
		t.Run(strings.ReplaceAll(url, ":", ""), func(t *testing.T) {
			for _, s := range scenarios {
				t.Run(s.Name, func(t *testing.T) { runScenario(t, url, s) })
			}
		})
	}
}

func runScenario(t *testing.T, url string, s guests.Scenario) {
	if s.Cache != "" {
		url = s.Cache
	}
	if len(s.Needs) > 0 {
		t.Skipf("it needs %s, which the benchmarks provide", strings.Join(s.Needs, ", "))
	}
	files := s.Guests
	if len(files) == 0 {
		files = []string{""} // each step names its own
	}
	for _, file := range files {
		name := file
		if name == "" {
			name = "all"
		}
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, url)
			for i, step := range s.Steps {
				if step.Guest == "" {
					step.Guest = file
				}
				namespace := s.Namespace
				if namespace == "" {
					namespace = step.Guest
				}
				r.step(t, fmt.Sprintf("step %d", i), step, namespace)
			}
		})
	}
}

// runner is a host with a cache of its own.
type runner struct {
	host  *host.Host
	cache *backends.Cache

	// The instance that consecutive calls go to.
	called string
	callee *host.Instance
}

func newRunner(t *testing.T, url string) *runner {
	ctx := t.Context()
	cache, err := backends.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(ctx, host.Config{Cache: cache, CompilationCache: compiled()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return &runner{host: h, cache: cache}
}

func (r *runner) compile(t *testing.T, file string) *host.Component {
	wasm, err := os.ReadFile(filepath.Join(testdata, file))
	if errors.Is(err, os.ErrNotExist) {
		if wasm, err = os.ReadFile(filepath.Join(onDemand, file)); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not built: run make guests-js", file)
			}
			t.Skipf("%s is built on demand: run make guests-js", file)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.host.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *runner) step(t *testing.T, name string, s guests.Step, namespace string) {
	t.Helper()
	if s.Call != "" {
		o := r.call(t, s, namespace)
		o.check(t, name, s)
		return
	}
	r.called = ""
	c := r.compile(t, s.Guest)
	defer c.Close(context.Background())
	n := max(s.Instances, 1)
	outcomes := make([]outcome, n)
	var wg sync.WaitGroup
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = run(t.Context(), c, s, namespace) })
	}
	wg.Wait()
	for _, o := range outcomes {
		o.check(t, name, s)
	}
	if s.StdoutLines != nil {
		lines := map[string]int{}
		for _, o := range outcomes {
			for line := range strings.Lines(o.stdout) {
				lines[strings.TrimSuffix(line, "\n")]++
			}
		}
		if diff := cmp.Diff(s.StdoutLines, lines); diff != "" {
			t.Errorf("%s: lines of stdout (-want +got):\n%s", name, diff)
		}
	}
}

// call calls a function; one instance serves the calls that follow each other.
func (r *runner) call(t *testing.T, s guests.Step, namespace string) (o outcome) {
	t.Helper()
	if r.called != s.Guest {
		in, err := r.compile(t, s.Guest).Instantiate(t.Context(), host.InstanceConfig{Namespace: namespace})
		if err != nil {
			return outcome{err: err}
		}
		t.Cleanup(func() { in.Close(context.Background()) })
		r.called, r.callee = s.Guest, in
	}
	v, err := r.callee.Invoke(t.Context(), s.Call)
	return outcome{result: v.String(), err: err, held: r.callee.Guest().Held()}
}

// outcome is what a run gave.
type outcome struct {
	stdout, stderr, result string
	err                    error
	held                   map[string]int
}

func run(ctx context.Context, c *host.Component, s guests.Step, namespace string) (o outcome) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	in, err := c.Instantiate(ctx, host.InstanceConfig{
		Config: wasi.Config{
			Args: slices.Concat([]string{s.Guest}, s.Args), Env: s.Env,
			Stdin: strings.NewReader(s.Stdin), Stdout: &stdout, Stderr: &stderr,
		},
		Namespace: namespace,
	})
	if err != nil {
		return outcome{err: err}
	}
	defer in.Close(context.WithoutCancel(ctx))
	o.err = in.Run(ctx)
	o.stdout, o.stderr, o.held = stdout.String(), stderr.String(), in.Guest().Held()
	return o
}

func (o *outcome) check(t *testing.T, name string, s guests.Step) {
	t.Helper()
	var exit *host.ExitError
	var trap *host.TrapError
	code := 0
	switch {
	case errors.As(o.err, &exit):
		code = int(exit.Code)
	case errors.As(o.err, &trap) && s.Trap:
	case o.err != nil:
		t.Errorf("%s: %v\nstack: %q\nstderr: %s", name, o.err, stackOf(trap), o.stderr)
		return
	}
	if s.Trap != (trap != nil) {
		t.Errorf("%s: trapped: %v, want %v", name, trap != nil, s.Trap)
	}
	if code != s.Exit {
		t.Errorf("%s: exit status %d, want %d; stderr: %s", name, code, s.Exit, o.stderr)
	}
	if s.Call != "" && o.result != s.Result {
		t.Errorf("%s: %s gave %s, want %s", name, s.Call, o.result, s.Result)
	}
	matches(t, name+": stdout", o.stdout, s.Stdout, s.StdoutMatch, s.StdoutLines == nil)
	matches(t, name+": stderr", o.stderr, "", s.StderrMatch, false)
	if o.err == nil {
		for resource, n := range o.held {
			if strings.HasPrefix(resource, "wasi:keyvalue/") {
				t.Errorf("%s: the guest left %d of %s", name, n, resource)
			}
		}
	}
}

func stackOf(t *host.TrapError) []string {
	if t == nil {
		return nil
	}
	return t.Stack
}

// matches compares an output with the exact text, or with a pattern for all of
// it.
func matches(t *testing.T, what, got, want, pattern string, exact bool) {
	t.Helper()
	switch {
	case pattern != "":
		if exact {
			pattern = "^(?s:" + pattern + ")$"
		}
		if !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s: %q does not match %q", what, got, pattern)
		}
	case exact && got != want:
		t.Errorf("%s: (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}
