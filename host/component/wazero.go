package component

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
	"golang.org/x/mod/semver"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// ModuleOptions say how InstantiateModules serves core modules. The zero value
// is useful.
type ModuleOptions struct {
	// Limits bound what each module can make the host hold. MemoryBytes does
	// not count: the memory of a module is the wazero.Runtime's.
	Limits Limits
	// Configure prepares the Guest that stands for a module, at its first call.
	// An error ends the call with a trap. Nil: nothing to prepare.
	Configure func(g *Guest, m api.Module) error
}

// InstantiateModules gives the core modules of a runtime the interfaces of l,
// under their canonical ABI names: module "wasi:io/poll@0.2.12", field
// "[method]pollable.block", and "[resource-drop]pollable". Modules export their
// memory as "memory" and, for functions that return lists or strings, their
// allocator as "cabi_realloc". Strings are UTF-8.
//
// An interface is found under its own version, the lower patch versions of the
// same minor one, and without a version. Functions over dynamic values are left
// out, since core modules do not carry their types.
//
// Each module is a guest of its own, with its own handles and Guest. As with
// wazero itself, calls of one module come one at a time. The guest ends when a
// host function traps in it, and when the result is closed; that no call of the
// module is under way then is the caller's care. When a module was closed, the
// guest's Context ends soon after: interfaces give up what others wait for.
//
// ctx is for the call alone. The result closes the host modules; errors say
// which of their names is taken in the runtime.
func InstantiateModules(ctx context.Context, r wazero.Runtime, l *Linker, o ModuleOptions) (api.Closer, error) {
	if r == nil || l == nil {
		return nil, errors.New("component: InstantiateModules needs a wazero.Runtime and a Linker")
	}
	s := &modules{linker: l, options: o}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	// A name that is taken must be found before it is used: wazero 1.12 forgets
	// the module that has it when another one fails to get it.
	names := make([][]string, len(l.interfaces))
	for k, i := range l.interfaces {
		names[k] = l.namesOf(i)
		for _, name := range names[k] {
			if r.Module(name) != nil {
				return nil, fmt.Errorf("component: the runtime has a module %s already: close it first, or leave the interface out", name)
			}
		}
	}
	for k, i := range l.interfaces {
		if err := s.instantiate(ctx, r, i, names[k]); err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
	}
	return s, nil
}

// sweepInterval is how often it is looked for modules that were closed, as long
// as there are any.
const sweepInterval = 100 * time.Millisecond

// modules serves the core modules of a runtime.
type modules struct {
	linker  *Linker
	options ModuleOptions
	life    context.Context
	end     context.CancelFunc
	closers []api.Closer // of the host modules

	// recent finds most guests with one atomic load.
	recent [1 << recentBits]atomic.Pointer[moduleGuest]
	all    sync.Map // api.Module → *moduleGuest

	mu     sync.Mutex // guards opening, sweeping and closing
	count  int
	timer  *time.Timer
	closed bool
}

const recentBits = 6

// moduleGuest is a core module as a guest.
type moduleGuest struct {
	id     uintptr // the address of module
	module api.Module
	guest  *Guest
	frame  Frame
	end    context.CancelFunc

	// call is the context of the call under way: from, marked with the guest.
	// It stays for the next call, which mostly has the same.
	call context.Context
	from words
}

// words are what an interface value consists of.
type words struct{ kind, data uintptr }

func wordsOf[T any](i *T) *words { return (*words)(unsafe.Pointer(i)) }

// instantiate makes the host modules of an interface, one for each name.
func (s *modules) instantiate(ctx context.Context, r wazero.Runtime, i *Interface, names []string) error {
	b := r.NewHostModuleBuilder(i.Name)
	empty := true
	for k := range i.Funcs {
		fn := &i.Funcs[k]
		if fn.Call == nil {
			continue
		}
		empty = false
		b = b.NewFunctionBuilder().
			WithGoModuleFunction(s.serve(fn.Call), fn.Params, fn.Results).
			WithName(i.Name + "#" + fn.Name).
			Export(fn.Name)
	}
	for _, res := range i.Resources {
		empty = false
		_, short, _ := strings.Cut(res.Name, "#")
		name := "[resource-drop]" + short
		b = b.NewFunctionBuilder().
			WithGoModuleFunction(s.serve(func(ctx context.Context, f *Frame, stack []uint64) {
				f.Drop(ctx, res, uint32(stack[0]))
			}), []api.ValueType{CoreI32}, nil).
			WithName(i.Name + "#" + name).
			Export(name)
	}
	if empty {
		return nil
	}
	compiled, err := b.Compile(ctx)
	if err != nil {
		return fmt.Errorf("component: %s: %w", i.Name, err)
	}
	s.closers = append(s.closers, compiled)
	for _, name := range names {
		m, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(name).WithStartFunctions())
		if err != nil {
			return fmt.Errorf("component: %s: %w", name, err)
		}
		s.closers = append(s.closers, m)
	}
	return nil
}

// namesOf lists the import names that Lookup resolves to i, as far as they can
// be known beforehand.
func (l *Linker) namesOf(i *Interface) []string {
	base, version := SplitVersion(i.Name)
	names := []string{i.Name}
	add := func(name string) {
		if l.Lookup(name) == i && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if v := "v" + version; semver.IsValid(v) && semver.Prerelease(v) == "" {
		for patch := 0; patch < 100; patch++ {
			name := fmt.Sprintf("%s.%d", semver.MajorMinor(v), patch)
			if semver.Compare(name, v) >= 0 {
				break
			}
			add(base + "@" + name[1:])
		}
	}
	add(base)
	return names
}

// serve makes the host function of an adapter.
func (s *modules) serve(call Adapter) api.GoModuleFunc {
	return func(ctx context.Context, m api.Module, stack []uint64) {
		g := s.of(m)
		defer func() {
			if r := recover(); r != nil {
				g.fail(ctx, r)
			}
		}()
		g.enter()
		call(g.context(ctx), &g.frame, stack)
	}
}

// enter traps where the guest may not call.
func (g *moduleGuest) enter() {
	if g.guest.Err() != nil {
		panic(&Trap{Reason: "the module trapped in a host function earlier", Cause: g.guest.Err()})
	}
	g.frame.Enter()
}

// fail ends a guest in which a host function panicked, and the wasm that called
// it as well.
func (g *moduleGuest) fail(ctx context.Context, reason any) {
	err, ok := reason.(error)
	if !ok {
		err = fmt.Errorf("%v", reason)
	}
	g.guest.Poison(err)
	g.guest.Close(ctx)
	g.end()
	var exit *abi.Exit
	if errors.As(err, &exit) {
		_ = g.module.CloseWithExitCode(ctx, exit.Code)
		panic(sys.NewExitError(exit.Code))
	}
	panic(reason)
}

// context marks the context of a call with the guest.
func (g *moduleGuest) context(ctx context.Context) context.Context {
	// Equal words are the same context, which g.call keeps alive. Comparing the
	// interfaces themselves would panic for contexts that cannot be compared.
	if w := wordsOf(&ctx); w.data != g.from.data || w.kind != g.from.kind {
		g.from, g.call = *w, WithGuest(ctx, g.guest)
	}
	return g.call
}

// of gives the guest that a module is.
func (s *modules) of(m api.Module) *moduleGuest {
	id := address(m)
	slot := &s.recent[id*0x9e3779b97f4a7c15>>(64-recentBits)]
	if g := slot.Load(); g != nil && g.id == uintptr(id) {
		return g
	}
	return s.find(m, slot)
}

// address is where a module lives. Modules are pointers, and as long as a
// moduleGuest refers to one no other has its address.
func address(m api.Module) uint64 {
	return uint64(wordsOf(&m).data)
}

func (s *modules) find(m api.Module, slot *atomic.Pointer[moduleGuest]) *moduleGuest {
	v, ok := s.all.Load(m)
	if !ok {
		v = s.open(m)
	}
	g := v.(*moduleGuest)
	slot.Store(g)
	if m.IsClosed() { // or the sweep could have missed the slot
		slot.CompareAndSwap(g, nil)
	}
	return g
}

// open makes a guest of a module that calls for the first time. It panics with
// the trap where that cannot be.
func (s *modules) open(m api.Module) *moduleGuest {
	g := &moduleGuest{id: uintptr(address(m)), module: m}
	realloc, err := allocator(m)
	if err != nil {
		panic(&Trap{Reason: "the module cannot be served", Cause: err})
	}
	life, end := context.WithCancel(s.life)
	g.guest, g.end = s.linker.NewGuest(life, s.options.Limits), end
	g.frame = abi.NewFrame(g.guest.NewInstance(nil), m.ExportedMemory("memory"), realloc, abi.UTF8)
	if s.options.Configure != nil {
		if err := s.options.Configure(g.guest, m); err != nil {
			end()
			panic(&Trap{Reason: "the module cannot be served", Cause: err})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || m.IsClosed() {
		end()
		panic(&Trap{Reason: "the module, or the host modules it imports, were closed"})
	}
	s.all.Store(m, g)
	s.count++
	if s.count == 1 {
		s.timer = time.AfterFunc(sweepInterval, s.sweep)
	}
	return g
}

// allocator prepares the module's cabi_realloc; nil where it has none.
func allocator(m api.Module) (*abi.Callable, error) {
	const name = "cabi_realloc"
	d := m.ExportedFunctionDefinitions()[name]
	if d == nil {
		return nil, nil
	}
	i32 := []api.ValueType{CoreI32, CoreI32, CoreI32, CoreI32}
	if !slices.Equal(d.ParamTypes(), i32) || !slices.Equal(d.ResultTypes(), i32[:1]) {
		return nil, errors.New("its export cabi_realloc must be func(i32, i32, i32, i32) -> i32")
	}
	return abi.NewCallable(m, name), nil
}

// sweep forgets the modules that were closed. It ends their Context and leaves
// their handles to the garbage collector: a host function that the module called
// may still be running.
func (s *modules) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, v := range s.all.Range {
		if g := v.(*moduleGuest); g.module.IsClosed() {
			s.forget(g)
			g.end()
		}
	}
	if s.count > 0 {
		s.timer.Reset(sweepInterval)
	}
}

func (s *modules) forget(g *moduleGuest) {
	s.all.Delete(g.module)
	s.count--
	for i := range s.recent {
		s.recent[i].CompareAndSwap(g, nil)
	}
}

// Close implements api.Closer: it ends the guests, and closes the host modules.
func (s *modules) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, v := range s.all.Range {
		g := v.(*moduleGuest)
		s.forget(g)
		g.guest.Close(ctx)
		g.end()
	}
	s.end()
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}
