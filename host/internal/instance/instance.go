// Package instance runs a linked component: it makes the core instances in
// the order of the plan, calls exports, and ends everything together.
//
// An *Instance belongs to one goroutine at a time.
package instance

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Instance is a running component.
type Instance struct {
	component *link.Component
	guest     *abi.Guest
	cores     []api.Module
	frames    []abi.Frame
	lifted    []lifted
	dtors     []abi.Callable
	modules   wazero.ModuleConfig
}

// lifted is an exported function; it is made ready by the first call.
type lifted struct {
	spec  *plan.Lifted // nil: not ready
	owner *abi.Instance
	frame *abi.Frame
	fn    abi.Callable
	post  abi.Callable
	stack []uint64
}

// New instantiates a component for a guest. ctx bounds the start functions of
// its core modules; modules configures these, and has neither a name nor start
// functions. The guest is the instance's from here on: Close ends it.
func New(ctx context.Context, c *link.Component, g *abi.Guest, modules wazero.ModuleConfig) (in *Instance, err error) {
	p := c.Plan
	in = &Instance{
		component: c, guest: g, modules: modules,
		cores:  make([]api.Module, p.CoreInstances),
		frames: make([]abi.Frame, len(p.Frames)),
		lifted: make([]lifted, len(p.Lifted)),
	}
	if len(p.Resources) > 0 {
		in.dtors = make([]abi.Callable, len(p.Resources))
	}
	for _, parent := range p.Parents {
		var outer *abi.Instance
		if parent >= 0 {
			outer = g.Instance(parent)
		}
		g.NewInstance(outer)
	}
	for i := range in.frames {
		// A core start function may run before its options are bound: it has
		// an instance, but no memory yet.
		in.frames[i] = abi.NewFrame(g.Instance(p.Frames[i].Owner), nil, nil, p.Frames[i].Encoding)
	}
	g.SetFrames(in.frames)
	g.SetRuntime(in)
	g.SetDestroy(in.destroy)
	defer func() {
		if r := recover(); r != nil {
			err = failure(recovered(r))
		}
		if err != nil {
			in.Close(ctx)
			in = nil
		}
	}()
	ctx = abi.WithGuest(experimental.WithImportResolver(
		experimental.WithMemoryAllocator(ctx, g.Memory()), in.resolve), g)
	for i := range p.Steps {
		if err = in.step(ctx, &p.Steps[i]); err != nil {
			return in, err
		}
	}
	return in, nil
}

// resolve gives wazero the module that a renamed import comes from.
func (in *Instance) resolve(name string) api.Module {
	if name == plan.HostModule {
		return in.component.Host
	}
	if i, err := strconv.Atoi(name); err == nil && i < len(in.cores) {
		return in.cores[i]
	}
	return nil
}

func (in *Instance) step(ctx context.Context, s *plan.Step) error {
	p := in.component.Plan
	switch s.Kind {
	case plan.Instantiate:
		if err := in.guest.Memory().Reserve(p.Modules[s.Module].MemoryBytes); err != nil {
			return err
		}
		m, err := in.component.Runtime.InstantiateModule(ctx, in.component.Modules[s.Module], in.modules)
		if err != nil {
			return failure(err)
		}
		in.cores[s.Instance] = m
	case plan.BindFrame:
		f, err := in.frame(&p.Frames[s.Index])
		if err != nil {
			return err
		}
		in.frames[s.Index] = f
	}
	return nil
}

func (in *Instance) frame(o *plan.Options) (abi.Frame, error) {
	var memory api.Memory
	if o.Memory != nil {
		if memory = in.cores[o.Memory.Instance].ExportedMemory(o.Memory.Name); memory == nil {
			return abi.Frame{}, fmt.Errorf("core instance %d exports no memory %q", o.Memory.Instance, o.Memory.Name)
		}
	}
	var realloc *abi.Callable
	if o.Realloc != nil {
		fn := in.callable(o.Realloc)
		realloc = &fn
	}
	return abi.NewFrame(in.guest.Instance(o.Owner), memory, realloc, o.Encoding), nil
}

// callable gives a core function.
func (in *Instance) callable(item *plan.Item) abi.Callable {
	if item.Instance < 0 {
		return abi.MakeCallable(in.component.Host, strconv.Itoa(item.Lowered))
	}
	return abi.MakeCallable(in.cores[item.Instance], item.Name)
}

// lift gives an exported function, ready to be called.
func (in *Instance) lift(index int) *lifted {
	l := &in.lifted[index]
	if l.spec != nil {
		return l
	}
	spec := &in.component.Plan.Lifted[index]
	l.spec, l.frame, l.fn = spec, &in.frames[spec.Frame], in.callable(&spec.Core)
	l.owner = l.frame.Instance()
	if spec.PostReturn != nil {
		l.post = in.callable(spec.PostReturn)
	}
	params, results := spec.Type.Core(types.Lift)
	l.stack = make([]uint64, max(len(params), len(results), 1))
	return l
}

// Guest gives the guest's state.
func (in *Instance) Guest() *abi.Guest { return in.guest }

// Plan gives the plan that the instance was made from.
func (in *Instance) Plan() *plan.Plan { return in.component.Plan }

// ErrClosed is what calls of a closed instance return.
var ErrClosed = errors.New("the instance is closed")

// Close ends the instance: what the guest holds is abandoned, and its core
// instances are closed, importers before what they import.
func (in *Instance) Close(ctx context.Context) error {
	in.guest.Close(ctx)
	in.guest.Poison(ErrClosed)
	var first error
	for i := len(in.cores) - 1; i >= 0; i-- {
		if in.cores[i] == nil {
			continue // not made, or not needed
		}
		if err := in.cores[i].Close(ctx); err != nil && first == nil {
			first = err
		}
	}
	in.cores = nil
	return first
}
