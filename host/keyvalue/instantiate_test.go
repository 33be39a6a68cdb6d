package keyvalue_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
)

// compiled keeps the guests compiled from one test to the next.
var compiled = wazero.NewCompilationCache()

// embedding is a wazero.Runtime of an embedder, with a core module from the
// prebuilt guests.
type embedding struct {
	t       *testing.T
	ctx     context.Context
	runtime wazero.Runtime
	closer  api.Closer
	guest   wazero.CompiledModule
}

func embed(t *testing.T, c *backends.Cache, guest string, options ...keyvalue.Option) *embedding {
	t.Helper()
	ctx := context.Background()
	e := &embedding{t: t, ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(compiled))}
	t.Cleanup(func() { e.runtime.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, e.runtime)
	var err error
	if e.closer, err = keyvalue.Instantiate(ctx, e.runtime, c, options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.closer.Close(ctx) })
	wasm, err := os.ReadFile("../../testdata/guests/" + guest)
	if err != nil {
		t.Fatal(err)
	}
	if e.guest, err = e.runtime.CompileModule(ctx, wasm); err != nil {
		t.Fatal(err)
	}
	return e
}

// start instantiates the guest without running it.
func (e *embedding) start(name string, stdout *bytes.Buffer, args ...string) (api.Module, error) {
	return e.runtime.InstantiateModule(e.ctx, e.guest, wazero.NewModuleConfig().WithName(name).
		WithStartFunctions().WithStdout(stdout).WithStderr(os.Stderr).WithSysNanosleep().WithSysNanotime().
		WithArgs(append([]string{"guest"}, args...)...))
}

// run runs the guest's _start and gives what it printed.
func (e *embedding) run(name string, args ...string) (string, error) {
	var stdout bytes.Buffer
	m, err := e.start(name, &stdout, args...)
	if err != nil {
		return "", err
	}
	defer m.Close(e.ctx)
	_, err = m.ExportedFunction("_start").Call(e.ctx)
	if err != nil && strings.Contains(err.Error(), "exit_code(0)") {
		err = nil
	}
	return stdout.String(), err
}

func (e *embedding) want(out string, args ...string) {
	e.t.Helper()
	if got, err := e.run("", args...); err != nil || got != out {
		e.t.Fatalf("got %q, %v; want %q", got, err, out)
	}
}

func newMemory(t *testing.T, o inmem.Options) *backends.Cache {
	c := backends.New(inmem.New(o), backends.Config{})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestInstantiateServesGo(t *testing.T) {
	for name, options := range map[string]inmem.Options{"immediate": {}, "waiting": {Latency: latency}} {
		t.Run(name, func(t *testing.T) {
			e := embed(t, newMemory(t, options), "go-examples.wasm")
			e.want("computed espresso 2.40 EUR\n", "readthrough")
			e.want("hit espresso 2.40 EUR\n", "readthrough")
			out, err := e.run("", "basics")
			if err != nil || !strings.Contains(out, "get after set: \"flat white\"\n") {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}

func TestInstantiateServesC(t *testing.T) {
	e := embed(t, newMemory(t, inmem.Options{}), "c-basics.wasm")
	out, err := e.run("")
	if err != nil || !strings.Contains(out, "get: \"flat white\"\n") || !strings.Contains(out, "key of 64 KiB: error: ") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestInstantiateOneOfManyComputes(t *testing.T) {
	const n = 64
	e := embed(t, newMemory(t, inmem.Options{}), "c-readthrough.wasm")
	var mu sync.Mutex
	lines := map[string]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			out, err := e.run("")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			lines[out]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if lines["computed espresso 2.40 EUR\n"] != 1 || lines["hit espresso 2.40 EUR\n"] != n-1 {
		t.Errorf("got %v", lines)
	}
}

// A module that dies with a vacancy passes it on once it is closed.
func TestInstantiateDeadHolderPromotes(t *testing.T) {
	c := newMemory(t, inmem.Options{})
	dying := embed(t, c, "wat-die.wasm")
	m, err := dying.start("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.ExportedFunction("_start").Call(dying.ctx); err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Fatalf("got %v, want a trap", err)
	}
	if s := c.Stats(); s.Computations != 1 || s.Abandoned != 0 {
		t.Fatalf("%+v", s)
	}
	waiting := embed(t, c, "c-readthrough.wasm")
	began := time.Now()
	time.AfterFunc(50*time.Millisecond, func() { m.Close(dying.ctx) })
	waiting.want("computed espresso 2.40 EUR\n")
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("the next one waited %v", d)
	}
	if s := c.Stats(); s.Computations != 2 || s.Abandoned != 1 {
		t.Errorf("%+v", s)
	}
}

func TestInstantiateOptions(t *testing.T) {
	c := newMemory(t, inmem.Options{})
	e := embed(t, c, "c-readthrough.wasm", keyvalue.WithNamespace(func(m api.Module) string { return m.Name() }))
	for _, step := range []struct{ name, out string }{
		{"a", "computed espresso 2.40 EUR\n"},
		{"b", "computed espresso 2.40 EUR\n"},
		{"a", "hit espresso 2.40 EUR\n"},
	} {
		if out, err := e.run(step.name); err != nil || out != step.out {
			t.Errorf("in %q: got %q, %v", step.name, out, err)
		}
	}

	e = embed(t, c, "c-readthrough.wasm", keyvalue.WithLimits(component.Limits{Handles: 1}))
	if _, err := e.run(""); err == nil || !strings.Contains(err.Error(), "Limits.Handles") {
		t.Errorf("with one handle: %v", err)
	}
}

func TestInstantiateTwice(t *testing.T) {
	c := newMemory(t, inmem.Options{})
	e := embed(t, c, "c-readthrough.wasm")
	if _, err := keyvalue.Instantiate(e.ctx, e.runtime, c); err == nil || !strings.Contains(err.Error(), "wasi:io/error") {
		t.Errorf("got %v", err)
	}
	e.want("computed espresso 2.40 EUR\n")
	if _, err := keyvalue.Instantiate(e.ctx, e.runtime, nil); err == nil {
		t.Error("no cache, and no error")
	}
}

func ExampleInstantiate() {
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)

	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	defer cache.Close()
	closer, err := keyvalue.Instantiate(ctx, r, cache)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer closer.Close(ctx)

	guest, err := os.ReadFile("../../testdata/guests/c-readthrough.wasm")
	if err != nil {
		fmt.Println(err)
		return
	}
	config := wazero.NewModuleConfig().WithStdout(os.Stdout).WithName("")
	for range 2 {
		if _, err := r.InstantiateWithConfig(ctx, guest, config); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// computed espresso 2.40 EUR
	// hit espresso 2.40 EUR
}
