package component_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/wasikv/wasikv/host/component"
)

// trampolines writes a core module that imports functions and exports, for each,
// a function of the same type that calls it, as "MODULE#NAME". With memory it
// exports one of a page, and an allocator that always answers 8192.
type trampolines struct {
	imports []imported
	memory  bool
	// realloc is the import that the allocator calls; -1: none.
	realloc int
}

type imported struct {
	module, name    string
	params, results int // all i32
}

func (m trampolines) wasm() []byte {
	const i32 = 0x7f
	var types, imports, funcs, exports, code section
	kind := func(params, results int) {
		types.add(append(append(append([]byte{0x60}, vec(bytes.Repeat([]byte{i32}, params))...), byte(results)), bytes.Repeat([]byte{i32}, results)...))
	}
	body := func(ops ...byte) { code.add(vec(append([]byte{0}, append(ops, 0x0b)...))) }
	n := len(m.imports)
	for i, f := range m.imports {
		kind(f.params, f.results)
		imports.add(append(append(vec([]byte(f.module)), vec([]byte(f.name))...), 0, byte(i)))
		funcs.add([]byte{byte(i)})
		exports.add(append(vec([]byte(f.module+"#"+f.name)), 0, byte(n+i)))
		var ops []byte
		for p := range f.params {
			ops = append(ops, 0x20, byte(p))
		}
		body(append(ops, 0x10, byte(i))...)
	}
	var memories section
	if m.memory {
		memories.add([]byte{0, 1})
		exports.add(append(vec([]byte("memory")), 2, 0))
		kind(4, 1)
		funcs.add([]byte{byte(n)})
		exports.add(append(vec([]byte("cabi_realloc")), 0, byte(2*n)))
		var ops []byte
		if m.realloc >= 0 {
			ops = []byte{0x10, byte(m.realloc)}
		}
		body(append(ops, 0x41, 0x80, 0xc0, 0x00)...) // i32.const 8192
	}
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id byte
		s  section
	}{{1, types}, {2, imports}, {3, funcs}, {5, memories}, {7, exports}, {10, code}} {
		if s.s.n > 0 {
			wasm = append(append(wasm, s.id), vec(append([]byte{byte(s.s.n)}, s.s.b...))...)
		}
	}
	return wasm
}

// section is a vector of a section.
type section struct {
	n int
	b []byte
}

func (s *section) add(b []byte) { s.n, s.b = s.n+1, append(s.b, b...) }

func vec(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

// thing is a resource of the tests' interface.
type thing struct {
	name      string
	dropped   int
	abandoned int
}

func (t *thing) Drop(context.Context) { t.dropped++ }
func (t *thing) Abandon()             { t.abandoned++ }

var thingResource = component.NewResource("test:modules/things@0.2.4#thing", component.DropObject)

const things = "test:modules/things@0.2.4"

// served is the interface of these tests.
type served struct {
	linker *component.Linker
	mu     sync.Mutex
	guests map[*component.Guest]bool
	last   *thing
	block  chan struct{} // closed by block once it waits
}

func newServed(t *testing.T) *served {
	s := &served{linker: component.NewLinker(), guests: map[*component.Guest]bool{}, block: make(chan struct{}, 1)}
	i32 := func(n int) []component.CoreType {
		out := make([]component.CoreType, n)
		for i := range out {
			out[i] = component.CoreI32
		}
		return out
	}
	fn := func(name string, params, results int, call component.Adapter) component.Func {
		return component.Func{Name: name, Params: i32(params), Results: i32(results), Call: call}
	}
	err := s.linker.Define(&component.Interface{
		Name:      things,
		Resources: []*component.Resource{thingResource},
		Funcs: []component.Func{
			fn("[constructor]thing", 2, 1, func(ctx context.Context, f *component.Frame, stack []uint64) {
				s.seen(t, ctx, f)
				th := &thing{name: strings.Clone(f.String(uint32(stack[0]), uint32(stack[1])))}
				s.last = th
				stack[0] = uint64(f.Own(thingResource, th))
			}),
			fn("[method]thing.name", 2, 0, func(_ context.Context, f *component.Frame, stack []uint64) {
				th := f.Borrow(thingResource, uint32(stack[0])).(*thing)
				p, n := f.NewString(th.name)
				m := f.Area(uint32(stack[1]), 8, 4)
				binary.LittleEndian.PutUint32(m, p)
				binary.LittleEndian.PutUint32(m[4:], n)
			}),
			fn("nop", 0, 0, func(ctx context.Context, f *component.Frame, _ []uint64) { s.seen(t, ctx, f) }),
			fn("block", 0, 0, func(ctx context.Context, f *component.Frame, _ []uint64) {
				s.block <- struct{}{}
				select {
				case <-f.Guest().Context().Done():
					f.Trap(f.Guest().Context().Err())
				case <-ctx.Done():
					f.Trap(ctx.Err())
				}
			}),
			fn("exit", 1, 0, func(_ context.Context, f *component.Frame, stack []uint64) {
				f.Trap(&component.Exit{Code: uint32(stack[0])})
			}),
			fn("fail", 0, 0, func(_ context.Context, f *component.Frame, _ []uint64) {
				f.Trap(errors.New("the host is out of order"))
			}),
			fn("crash", 0, 0, func(context.Context, *component.Frame, []uint64) {
				var m map[string]int
				m["x"] = 1 //nolint:staticcheck // it is to panic
			}),
			{Name: "dynamic", Values: func(context.Context, *component.Guest, []component.Value) (component.Value, error) {
				return component.Value{}, nil
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *served) seen(t *testing.T, ctx context.Context, f *component.Frame) {
	if component.GuestOf(ctx) != f.Guest() {
		t.Error("the context of the call does not belong to its guest")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests[f.Guest()] = true
}

// all imports everything that the interface offers.
func all(version string, realloc int) trampolines {
	name := "test:modules/things" + version
	return trampolines{memory: true, realloc: realloc, imports: []imported{
		{name, "nop", 0, 0},
		{name, "[constructor]thing", 2, 1},
		{name, "[method]thing.name", 2, 0},
		{name, "[resource-drop]thing", 1, 0},
		{name, "block", 0, 0},
		{name, "exit", 1, 0},
		{name, "fail", 0, 0},
		{name, "crash", 0, 0},
	}}
}

// world is a runtime with the interface in it.
type world struct {
	*served
	t       *testing.T
	ctx     context.Context
	runtime wazero.Runtime
	closer  api.Closer
}

func newWorld(t *testing.T, o component.ModuleOptions) *world {
	w := &world{served: newServed(t), t: t, ctx: context.Background()}
	w.runtime = wazero.NewRuntimeWithConfig(w.ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { w.runtime.Close(w.ctx) })
	var err error
	if w.closer, err = component.InstantiateModules(w.ctx, w.runtime, w.linker, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.closer.Close(w.ctx); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) module(m trampolines) *caller {
	w.t.Helper()
	compiled, err := w.runtime.CompileModule(w.ctx, m.wasm())
	if err != nil {
		w.t.Fatal(err)
	}
	mod, err := w.runtime.InstantiateModule(w.ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		w.t.Fatal(err)
	}
	return &caller{world: w, module: mod, prefix: m.imports[0].module + "#"}
}

type caller struct {
	*world
	module api.Module
	prefix string
}

func (c *caller) try(name string, args ...uint64) (uint64, error) {
	c.t.Helper()
	fn := c.module.ExportedFunction(c.prefix + name)
	if fn == nil {
		c.t.Fatalf("no function %s", name)
	}
	out, err := fn.Call(c.ctx, args...)
	if err != nil || len(out) == 0 {
		return 0, err
	}
	return out[0], nil
}

func (c *caller) call(name string, args ...uint64) uint64 {
	c.t.Helper()
	out, err := c.try(name, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *caller) trap(name string, args ...uint64) *component.Trap {
	c.t.Helper()
	_, err := c.try(name, args...)
	var trap *component.Trap
	if !errors.As(err, &trap) {
		c.t.Fatalf("%s: got %v, want a trap", name, err)
	}
	return trap
}

func (c *caller) make(name string) uint64 {
	c.t.Helper()
	if !c.module.Memory().WriteString(64, name) {
		c.t.Fatal("no room")
	}
	return c.call("[constructor]thing", 64, uint64(len(name)))
}

func (c *caller) name(h uint64) string {
	c.t.Helper()
	c.call("[method]thing.name", h, 16)
	m := c.module.Memory()
	p, _ := m.ReadUint32Le(16)
	n, _ := m.ReadUint32Le(20)
	b, _ := m.Read(p, n)
	return string(b)
}

func TestModulesCall(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", -1))
	a, b := c.make("first"), c.make("second")
	if a != 1 || b != 2 {
		t.Errorf("handles %d and %d", a, b)
	}
	if got := c.name(a) + " " + c.name(b); got != "first second" {
		t.Errorf("got %q", got)
	}
	last := w.last
	c.call("[resource-drop]thing", b)
	if last.dropped != 1 {
		t.Errorf("dropped %d times", last.dropped)
	}
	if c.trap("[method]thing.name", b, 16); last.abandoned != 0 {
		t.Error("what was dropped is abandoned as well")
	}
}

// Interfaces are found under every version that Lookup resolves to them.
func TestModulesFindVersions(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	for _, version := range []string{"@0.2.0", "@0.2.3", "@0.2.4", ""} {
		c := w.module(all(version, -1))
		if got := c.name(c.make(version)); got != version {
			t.Errorf("%s: got %q", version, got)
		}
	}
	for _, version := range []string{"@0.2.5", "@0.3.0", "@0.1.0", "@0.2.4-rc"} {
		if _, err := w.runtime.Instantiate(w.ctx, all(version, -1).wasm()); err == nil {
			t.Errorf("%s is served", version)
		}
	}
	if _, err := w.runtime.Instantiate(w.ctx, trampolines{imports: []imported{{things, "dynamic", 0, 0}}}.wasm()); err == nil {
		t.Error("a function over dynamic values is served")
	}
}

func TestModulesAreGuestsOfTheirOwn(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{Limits: component.Limits{Handles: 3}})
	const n = 150 // more than are found without a lookup
	var callers []*caller
	for i := range n {
		c := w.module(all("@0.2.4", -1))
		if h := c.make(fmt.Sprint("of ", i)); h != 1 {
			t.Fatalf("module %d begins with handle %d", i, h)
		}
		callers = append(callers, c)
	}
	for i, c := range callers {
		if got := c.name(1); got != fmt.Sprint("of ", i) {
			t.Errorf("module %d sees %q", i, got)
		}
	}
	if len(w.guests) != n {
		t.Errorf("%d guests for %d modules", len(w.guests), n)
	}
	c := callers[0]
	c.make("2")
	c.make("3")
	if trap := c.trap("[constructor]thing", 64, 1); !strings.Contains(trap.Reason, "Limits.Handles") {
		t.Errorf("trap %q", trap.Reason)
	}
}

func TestModulesConfigure(t *testing.T) {
	type key struct{}
	w := newWorld(t, component.ModuleOptions{Configure: func(g *component.Guest, m api.Module) error {
		if m.Memory().Size() == 0 {
			return errors.New("no memory")
		}
		g.SetValue(key{}, m)
		return nil
	}})
	c := w.module(all("@0.2.4", -1))
	c.call("nop")
	for g := range w.guests {
		if g.Value(key{}) != c.module {
			t.Error("the guest was configured for another module")
		}
	}

	w = newWorld(t, component.ModuleOptions{Configure: func(*component.Guest, api.Module) error {
		return errors.New("not this one")
	}})
	if trap := w.module(all("@0.2.4", -1)).trap("nop"); !strings.Contains(trap.Error(), "not this one") {
		t.Errorf("trap %q", trap)
	}
}

func TestModulesTrap(t *testing.T) {
	for name, c := range map[string]struct {
		fn     string
		args   []uint64
		reason string
	}{
		"unknown handle":  {"[method]thing.name", []uint64{7, 16}, "handle"},
		"bad pointer":     {"[constructor]thing", []uint64{65536, 1}, "out of bounds"},
		"misaligned area": {"[method]thing.name", []uint64{1, 17}, "aligned"},
		"host error":      {"fail", nil, "out of order"},
		"host bug":        {"crash", nil, "nil map"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, component.ModuleOptions{})
			m := w.module(all("@0.2.4", -1))
			m.make("held")
			held := w.last
			if _, err := m.try(c.fn, c.args...); err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Fatalf("got %v, want %q in it", err, c.reason)
			}
			if held.abandoned != 1 || held.dropped != 0 {
				t.Errorf("abandoned %d times, dropped %d times", held.abandoned, held.dropped)
			}
			for range 2 {
				if trap := m.trap("nop"); !strings.Contains(trap.Error(), "earlier") {
					t.Errorf("a later call: %v", trap)
				}
			}
			other := w.module(all("@0.2.4", -1))
			other.make("healthy")
		})
	}
}

func TestModulesExit(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", -1))
	c.make("held")
	_, err := c.try("exit", 7)
	var exit *sys.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v, want exit status 7", err)
	}
	if !c.module.IsClosed() || w.last.abandoned != 1 {
		t.Error("the module goes on")
	}
}

// An allocator that calls a host function is stopped.
func TestModulesReallocMayNotCall(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", 0))
	h := c.make("x")
	if trap := c.trap("[method]thing.name", h, 16); !strings.Contains(trap.Error(), "leave") {
		t.Errorf("trap %q", trap)
	}
}

func TestModulesWithoutMemory(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	m := all("@0.2.4", -1)
	m.memory = false
	c := w.module(m)
	c.call("nop")
	if trap := c.trap("[constructor]thing", 64, 1); !strings.Contains(trap.Reason, "memory") {
		t.Errorf("trap %q", trap)
	}

	bad := trampolines{imports: []imported{{things, "nop", 0, 0}}}.wasm()
	bad = bytes.Replace(bad, vec([]byte(things+"#nop")), vec([]byte("cabi_realloc")), 1)
	// The names differ in length: mend the size of the export section.
	i := bytes.Index(bad, vec([]byte("cabi_realloc")))
	bad[i-2] -= byte(len(things+"#nop")) - byte(len("cabi_realloc"))
	mod, err := w.runtime.Instantiate(w.ctx, bad)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mod.ExportedFunction("cabi_realloc").Call(w.ctx)
	if err == nil || !strings.Contains(err.Error(), "cabi_realloc must be") {
		t.Errorf("an allocator of another type: %v", err)
	}
}

// The guest of a module that was closed ends soon, also in the middle of a call.
func TestModulesThatCloseEnd(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", -1))
	done := make(chan error)
	go func() {
		_, err := c.try("block")
		done <- err
	}()
	<-w.block
	if err := c.module.Close(w.ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err == nil {
			t.Error("the call succeeded")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the call of a closed module goes on")
	}

	idle := w.module(all("@0.2.4", -1))
	idle.call("nop")
	idle.module.Close(w.ctx)
	for g := range w.guests {
		select {
		case <-g.Context().Done():
		case <-time.After(5 * time.Second):
			t.Fatal("the guest of a closed module goes on")
		}
	}
}

func TestModulesClose(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", -1))
	c.make("held")
	if err := w.closer.Close(w.ctx); err != nil {
		t.Fatal(err)
	}
	if w.last.abandoned != 1 {
		t.Error("what the module held was not abandoned")
	}
	for g := range w.guests {
		if g.Context().Err() == nil {
			t.Error("the guest goes on")
		}
	}
	c.trap("nop")
	if _, err := w.runtime.Instantiate(w.ctx, all("@0.2.4", -1).wasm()); err == nil {
		t.Error("the host modules are still there")
	}
	// They can be made again.
	closer, err := component.InstantiateModules(w.ctx, w.runtime, newServed(t).linker, component.ModuleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := closer.Close(w.ctx); err != nil {
		t.Fatal(err)
	}
}

func TestModulesNameIsTaken(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	_, err := component.InstantiateModules(w.ctx, w.runtime, newServed(t).linker, component.ModuleOptions{})
	if err == nil || !strings.Contains(err.Error(), things) {
		t.Errorf("got %v, want an error that names %s", err, things)
	}
	w.module(all("@0.2.4", -1)).call("nop")
}

// uncomparable is a context that Go cannot compare.
type uncomparable struct {
	context.Context
	_ []int
}

// Contexts of any kind reach the host function, marked with the guest.
func TestModulesContexts(t *testing.T) {
	type key struct{}
	w := newWorld(t, component.ModuleOptions{})
	c := w.module(all("@0.2.4", -1))
	for i := range 3 {
		for _, ctx := range []context.Context{
			context.Background(), context.TODO(), context.WithValue(context.Background(), key{}, i),
			uncomparable{Context: context.Background()},
		} {
			for range 2 {
				if _, err := c.module.ExportedFunction(c.prefix + "nop").Call(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := c.module.ExportedFunction(c.prefix + "block").Call(ctx)
		done <- err
	}()
	<-w.block
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestModulesConcurrently(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	var callers []*caller
	for range 8 {
		callers = append(callers, w.module(all("@0.2.4", -1)))
	}
	var wg sync.WaitGroup
	for i, c := range callers {
		wg.Go(func() {
			for range 200 {
				c.call("nop")
			}
			if i%2 == 0 {
				c.module.Close(w.ctx)
			}
		})
	}
	wg.Wait()
}

// A call costs no allocation.
func TestModulesAllocations(t *testing.T) {
	w := newWorld(t, component.ModuleOptions{})
	r := wazero.NewRuntime(w.ctx) // compiled: the interpreter allocates
	defer r.Close(w.ctx)
	closer, err := component.InstantiateModules(w.ctx, r, newPlain(t), component.ModuleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close(w.ctx)
	m, err := r.Instantiate(w.ctx, trampolines{imports: []imported{{"test:modules/plain", "nop", 0, 0}}}.wasm())
	if err != nil {
		t.Fatal(err)
	}
	fn := m.ExportedFunction("test:modules/plain#nop")
	if n := testing.AllocsPerRun(1000, func() {
		if err := fn.CallWithStack(w.ctx, nil); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a call allocates %v times", n)
	}
}

func newPlain(t *testing.T) *component.Linker {
	l := component.NewLinker()
	if err := l.Define(&component.Interface{
		Name:  "test:modules/plain",
		Funcs: []component.Func{{Name: "nop", Call: func(context.Context, *component.Frame, []uint64) {}}},
	}); err != nil {
		t.Fatal(err)
	}
	return l
}
