// Package abi is the canonical ABI at run time: handle tables, the frame that
// adapters read and write guest memory through, strings in three encodings,
// and the lifting and lowering of dynamic values.
//
// It does not know components (package plan) nor how instances are wired
// (package instance). A Guest and everything in it belongs to one goroutine at
// a time: WebAssembly is single-threaded, so nothing here locks.
package abi

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasikv/wasikv/host/internal/types"
)

// Limits bound what one guest can make the host hold. Zero fields take the
// default; see DefaultLimits.
type Limits struct {
	// MemoryBytes bounds the sum of the guest's linear memories.
	MemoryBytes uint64
	// Handles bounds the resources that a guest holds at one time.
	Handles uint32
	// Futures bounds asynchronous operations in flight.
	Futures uint32
	// Vacancies bounds the vacancies that a guest holds at one time.
	Vacancies uint32
	// PollList bounds the pollables of one poll.
	PollList uint32
	// LiftBytes bounds what one call copies out of a guest; views that are
	// read in place do not count.
	LiftBytes uint64
	// Reentry bounds how deeply host and guest calls nest.
	Reentry uint32
}

// DefaultLimits are the limits where nothing else is said.
var DefaultLimits = Limits{
	MemoryBytes: 64 << 20,
	Handles:     4096,
	Futures:     256,
	Vacancies:   64,
	PollList:    1024,
	LiftBytes:   16 << 20,
	Reentry:     32,
}

// WithDefaults fills the fields that are zero with DefaultLimits.
func (l Limits) WithDefaults() Limits { return l.Or(DefaultLimits) }

// Or fills the fields that are zero with those of d.
func (l Limits) Or(d Limits) Limits {
	return Limits{
		MemoryBytes: cmp.Or(l.MemoryBytes, d.MemoryBytes),
		Handles:     cmp.Or(l.Handles, d.Handles),
		Futures:     cmp.Or(l.Futures, d.Futures),
		Vacancies:   cmp.Or(l.Vacancies, d.Vacancies),
		PollList:    cmp.Or(l.PollList, d.PollList),
		LiftBytes:   cmp.Or(l.LiftBytes, d.LiftBytes),
		Reentry:     cmp.Or(l.Reentry, d.Reentry),
	}
}

// Guest is one running guest: the root component instance with all instances
// inside it, or a core module. Host interfaces keep their per-guest state in
// it.
type Guest struct {
	limits Limits
	life   context.Context
	end    context.CancelFunc
	quiet  quietContext
	values []setting
	states []any
	// frames are the canonical options of the guest's lowered imports, by the
	// plan's index.
	frames  []Frame
	insts   []*Instance
	closers []func(ctx context.Context)
	destroy DestroyFunc
	fault   error // the trap that poisoned the guest
	depth   uint32
	held    uint32 // handles in all tables
	claimed []any  // own arguments of a call whose lifting goes on
	closed  bool
	runtime Runtime
	memory  Memories
}

// Runtime is what lowered functions need of the instance that the guest runs
// in, beyond the canonical ABI.
type Runtime interface {
	// CallGuest calls an exported function of another component instance.
	CallGuest(ctx context.Context, caller *Frame, lowered int, stack []uint64)
	// Destroy runs the destructor of a resource that a component defines,
	// which caller has dropped.
	Destroy(ctx context.Context, caller *Instance, r *types.Resource, rep uint32)
}

// SetRuntime says what runs the guest.
func (g *Guest) SetRuntime(r Runtime) { g.runtime = r }

// Runtime gives what runs the guest.
func (g *Guest) Runtime() Runtime { return g.runtime }

// NewGuest makes the state of a guest. life bounds everything that outlives a
// call (goroutines of asynchronous operations); Close ends it. slots is the
// number of interfaces the linker knows.
func NewGuest(life context.Context, limits Limits, slots int) *Guest {
	g := &Guest{limits: limits.WithDefaults(), states: make([]any, slots)}
	g.life, g.end = context.WithCancel(life)
	g.memory.limit = g.limits.MemoryBytes
	g.quiet = quietContext{Context: context.Background(), guest: g}
	return g
}

// Limits gives the guest's limits, defaults filled in.
func (g *Guest) Limits() *Limits { return &g.limits }

// Context ends when the guest is closed, or ended by a trap or an exit; work
// that outlives a call runs under it.
func (g *Guest) Context() context.Context { return g.life }

// setting is what an embedder configured under a key; there are a few.
type setting struct{ key, value any }

// Value gives what the embedder configured under key, nil where nothing.
func (g *Guest) Value(key any) any {
	for i := range g.values {
		if g.values[i].key == key {
			return g.values[i].value
		}
	}
	return nil
}

// SetValue configures the guest; embedders call it before the first call.
func (g *Guest) SetValue(key, value any) {
	for i := range g.values {
		if g.values[i].key == key {
			g.values[i].value = value
			return
		}
	}
	g.values = append(g.values, setting{key, value})
}

// OnClose has f run when the guest ends, last registered first.
func (g *Guest) OnClose(f func(ctx context.Context)) { g.closers = append(g.closers, f) }

// Err is the trap that poisoned the guest, or nil.
func (g *Guest) Err() error { return g.fault }

// Poison refuses every later call, with the trap that is the reason, and ends
// the Context: what others wait for passes on without waiting for Close.
func (g *Guest) Poison(err error) {
	if g.fault == nil {
		g.fault = err
		g.end()
	}
}

// Handles counts the handles that the guest holds: a guest that ended cleanly
// holds none.
func (g *Guest) Handles() int { return int(g.held) }

// Held counts the handles that the guest holds, by the resource's name.
func (g *Guest) Held() map[string]int {
	held := map[string]int{}
	for _, in := range g.insts {
		for i := range in.table.entries {
			if r := in.table.entries[i].resource; r != nil {
				held[r.Name]++
			}
		}
	}
	return held
}

// SetFrames gives the guest its canonical options.
func (g *Guest) SetFrames(frames []Frame) { g.frames = frames }

// DestroyFunc runs the destructor of a resource that a guest defines.
type DestroyFunc func(ctx context.Context, r *types.Resource, rep uint32) error

// SetDestroy tells how the host drops what a guest defines and gave to it; see
// Handle.Drop.
func (g *Guest) SetDestroy(f DestroyFunc) { g.destroy = f }

// Frame gives the canonical options with an index of the plan.
func (g *Guest) Frame(i int) *Frame { return &g.frames[i] }

// Instance gives the component instance with an index of the plan.
func (g *Guest) Instance(i int) *Instance { return g.insts[i] }

// Close ends the guest: what it still holds is abandoned, not dropped, since
// only a guest's own drop has consequences such as committing a value.
func (g *Guest) Close(ctx context.Context) {
	if g.closed {
		return
	}
	g.closed = true
	for _, in := range g.insts {
		in.table.abandon()
	}
	for _, object := range g.claimed {
		if a, ok := object.(Abandoner); ok {
			a.Abandon()
		}
	}
	g.claimed = nil
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i](ctx)
	}
	g.closers = nil
	g.end()
}

// state gives the per-guest state of an interface, opening it at first use.
func (g *Guest) state(i *Interface) any {
	if s := g.states[i.slot]; s != nil {
		return s
	}
	return g.open(i)
}

func (g *Guest) open(i *Interface) any {
	if i.Open == nil {
		return nil
	}
	s, err := i.Open(g)
	if err != nil {
		panic(&Trap{Reason: "cannot open " + i.Name, Cause: err})
	}
	g.states[i.slot] = s
	return s
}

// CallContext carries the guest through wazero to host functions. They are
// called with the very context that the guest was called with, unless a
// listener or snapshotter of wazero's wraps it.
type CallContext struct {
	context.Context
	guest *Guest
}

type guestKey struct{}

// Value implements context.Context.
func (c *CallContext) Value(key any) any {
	if key == (guestKey{}) {
		return c.guest
	}
	return c.Context.Value(key)
}

// quietContext is what realloc and post-return are called with: it has no
// deadline, since they may not wait, and it is no CallContext, so that Enter
// need not ask whether they may call imports, which they may not.
type quietContext struct {
	context.Context
	guest *Guest
}

// Value implements context.Context.
func (c *quietContext) Value(key any) any {
	if key == (guestKey{}) {
		return c.guest
	}
	return nil
}

// Quiet is the context for code of the guest that may not call imports.
func (g *Guest) Quiet() context.Context { return &g.quiet }

// WithGuest marks a context as belonging to a call into g.
func WithGuest(ctx context.Context, g *Guest) context.Context {
	return &CallContext{Context: ctx, guest: g}
}

// FromContext gives the guest that a host function was called by, nil where
// the call did not come through this runtime.
func FromContext(ctx context.Context) *Guest {
	if c, ok := ctx.(*CallContext); ok {
		return c.guest
	}
	g, _ := ctx.Value(guestKey{}).(*Guest)
	return g
}

// Enter begins a call from the guest: it gives the frame with an index of the
// plan. That the guest may leave follows from the type of the context; see
// quietContext.
func (c *CallContext) Enter(frame int) *Frame {
	f := &c.guest.frames[frame]
	f.lifted = 0
	return f
}

// Guest gives the guest that calls.
func (c *CallContext) Guest() *Guest { return c.guest }

// Enter is CallContext.Enter with whatever context a host function got; it
// traps where the guest may not leave.
func Enter(ctx context.Context, frame int) *Frame {
	f := &FromContext(ctx).frames[frame]
	f.Enter()
	return f
}

// Callable is a core function the runtime calls. wazero's api.Function is not
// re-entrant, so a nested call (a destructor that drops another resource of
// its type) takes another value of the same function. They are made at the
// first call that needs them: each has a stack of 10 KiB.
type Callable struct {
	name   string
	module api.Module
	fns    []api.Function // fns[:busy] are running
	busy   int
}

// MakeCallable prepares an export of a core module, which must be a function.
func MakeCallable(m api.Module, export string) Callable { return Callable{name: export, module: m} }

// Ready reports whether the Callable was made, and is not the zero value.
func (c *Callable) Ready() bool { return c.module != nil }

// NewCallable is MakeCallable on the heap.
func NewCallable(m api.Module, export string) *Callable {
	c := MakeCallable(m, export)
	return &c
}

// Call runs the function on the stack, which holds the parameters and takes
// the results.
func (c *Callable) Call(ctx context.Context, stack []uint64) error {
	if c.busy == len(c.fns) {
		if err := c.prepare(); err != nil {
			return err
		}
	}
	fn := c.fns[c.busy]
	c.busy++
	err := fn.CallWithStack(ctx, stack)
	c.busy--
	return err
}

// prepare makes one more value of the function.
func (c *Callable) prepare() error {
	fn := c.module.ExportedFunction(c.name)
	if fn == nil {
		return fmt.Errorf("the core module exports no function %q", c.name)
	}
	c.fns = append(c.fns, fn)
	return nil
}
