// Package link compiles a plan on wazero: the core modules with their imports
// renamed to where the plan found them, and one host module with a function
// for each lowered import and built-in.
//
// A *Component is made once and serves any number of instances, which find
// their own state through the context of each call.
package link

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Features are the core WebAssembly features that modules may use.
const Features = api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesTailCall

// Component is a compiled plan.
type Component struct {
	Plan    *plan.Plan
	Runtime wazero.Runtime
	// Modules are the compiled core modules, by the plan's index.
	Modules []wazero.CompiledModule
	// Host is the instance of the host module that all guests share; nil where
	// nothing is lowered.
	Host api.Module

	host wazero.CompiledModule
}

// tableMax bounds the elements of all tables of an instance together: wazero
// takes 8 bytes for each, counts them against nothing, and has no limit of its
// own.
const tableMax = 1 << 20

// tableShare gives each table of an instance an equal share of tableMax. It
// fails where they begin with more than that together.
func tableShare(p *plan.Plan) (uint32, error) {
	var tables, elements uint64
	for _, s := range p.Steps {
		if s.Kind != plan.Instantiate {
			continue
		}
		for _, t := range p.Modules[s.Module].Source.Tables {
			tables++
			elements += uint64(t.Min)
		}
	}
	if elements > tableMax {
		return 0, fmt.Errorf("the tables of an instance begin with %d elements together, the limit is %d", elements, tableMax)
	}
	return uint32(tableMax / max(tables, 1)), nil
}

// tableCap is the share, or what the module's largest table begins with where
// that is more; a table that begins beyond tableMax is refused by Rewrite.
func tableCap(m *core.Module, share uint32) uint32 {
	for _, t := range m.Tables {
		share = max(share, min(t.Min, tableMax))
	}
	return share
}

// New compiles a plan whose imports are all satisfied.
func New(ctx context.Context, r wazero.Runtime, p *plan.Plan) (c *Component, err error) {
	c = &Component{Plan: p, Runtime: r}
	defer func() {
		if err != nil {
			c.Close(ctx)
			c = nil
		}
	}()
	if err = c.compileHost(ctx); err != nil {
		return c, err
	}
	ctx = experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	share, err := tableShare(p)
	if err != nil {
		return c, err
	}
	for i := range p.Modules {
		m := &p.Modules[i]
		tables := tableCap(m.Source, share)
		wasm, err := m.Source.Rewrite(core.Edits{Imports: m.Edits, TableMax: &tables})
		if err != nil {
			return c, fmt.Errorf("core module %d: %w", i, err)
		}
		compiled, err := r.CompileModule(ctx, wasm)
		if err != nil {
			return c, fmt.Errorf("core module %d does not compile: %w", i, err)
		}
		c.Modules = append(c.Modules, compiled)
	}
	return c, nil
}

// Check compiles the modules that the plan does not instantiate, and keeps
// nothing: a component is valid only if the functions of all its modules are,
// and wazero's compiler is what validates functions.
func Check(ctx context.Context, r wazero.Runtime, p *plan.Plan, modules []*core.Module) error {
	for _, m := range modules {
		if slices.ContainsFunc(p.Modules, func(used plan.Module) bool { return used.Source == m }) || m.Shim() != nil {
			continue
		}
		names := make([]core.ImportName, len(m.Imports))
		for i := range names {
			names[i] = core.ImportName{Module: plan.HostModule, Name: strconv.Itoa(i)}
		}
		tables := tableCap(m, tableMax)
		wasm, err := m.Rewrite(core.Edits{Imports: names, TableMax: &tables})
		if err != nil {
			return err
		}
		compiled, err := r.CompileModule(ctx, wasm)
		if err != nil {
			return fmt.Errorf("a core module does not compile: %w", err)
		}
		if err := compiled.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close frees the compiled code. Instances must be closed before.
func (c *Component) Close(ctx context.Context) error {
	var first error
	keep := func(err error) {
		if err != nil && first == nil {
			first = err
		}
	}
	if c.Host != nil {
		keep(c.Host.Close(ctx))
	}
	for _, m := range c.Modules {
		keep(m.Close(ctx))
	}
	if c.host != nil {
		keep(c.host.Close(ctx))
	}
	return first
}

func (c *Component) compileHost(ctx context.Context) error {
	if len(c.Plan.Lowered) == 0 {
		return nil
	}
	b := c.Runtime.NewHostModuleBuilder(plan.HostModule)
	for i := range c.Plan.Lowered {
		l := &c.Plan.Lowered[i]
		b = b.NewFunctionBuilder().
			WithGoModuleFunction(c.function(i, l), valueTypes(l.Params), valueTypes(l.Results)).
			WithName(l.Name).
			Export(strconv.Itoa(i))
	}
	compiled, err := b.Compile(ctx)
	if err != nil {
		return fmt.Errorf("the host functions do not compile: %w", err)
	}
	c.host = compiled
	c.Host, err = c.Runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	return err
}

// function gives the Go function behind a lowered function. The forms that
// nearly every call takes are types of their own rather than closures behind
// api.GoModuleFunc, which would be a call more.
func (c *Component) function(i int, l *plan.Lowered) api.GoModuleFunction {
	switch l.Kind {
	case plan.CallHost:
		if l.Func.Call != nil {
			return &hostCall{l.Frame, l.Func.Call}
		}
		return callValues(l.Frame, l.Type, l.Func.Values)
	case plan.CallGuest:
		return api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			f := abi.Enter(ctx, l.Frame)
			f.Guest().Runtime().CallGuest(ctx, f, i, stack)
		})
	}
	return resource(l)
}

// hostCall is a function of the host: find the caller, run the adapter.
type hostCall struct {
	frame int
	call  abi.Adapter
}

// Call implements api.GoModuleFunction.
func (h *hostCall) Call(ctx context.Context, _ api.Module, stack []uint64) {
	if c, ok := ctx.(*abi.CallContext); ok {
		h.call(ctx, c.Enter(h.frame), stack)
		return
	}
	h.call(ctx, abi.Enter(ctx, h.frame), stack)
}

func callValues(frame int, t *types.Func, call abi.ValuesFunc) api.GoModuleFunc {
	return func(ctx context.Context, _ api.Module, stack []uint64) {
		f := abi.Enter(ctx, frame)
		var lent abi.Lent
		v, err := call(ctx, f.Guest(), abi.LiftParams(f, t, stack, &lent))
		if err != nil {
			f.Trap(err)
		}
		lent.Return()
		abi.LowerResult(f, t, v, stack)
	}
}

// hostDrop is resource.drop of a resource of the host.
type hostDrop struct {
	owner    int
	resource *types.Resource
}

// Call implements api.GoModuleFunction.
func (d *hostDrop) Call(ctx context.Context, _ api.Module, stack []uint64) {
	if c, ok := ctx.(*abi.CallContext); ok {
		c.Guest().Instance(d.owner).DropHost(ctx, d.resource, uint32(stack[0]))
		return
	}
	in := abi.FromContext(ctx).Instance(d.owner)
	in.CheckLeave()
	in.DropHost(ctx, d.resource, uint32(stack[0]))
}

// resource gives a built-in on resources.
func resource(l *plan.Lowered) api.GoModuleFunction {
	owner, r := l.Owner, l.Resource
	switch {
	case l.Kind == plan.ResourceNew:
		return api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			in := abi.FromContext(ctx).Instance(owner)
			in.CheckLeave()
			stack[0] = uint64(in.NewRep(r, uint32(stack[0])))
		})
	case l.Kind == plan.ResourceRep:
		return api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			stack[0] = uint64(abi.FromContext(ctx).Instance(owner).Rep(r, uint32(stack[0])))
		})
	case r.Host():
		return &hostDrop{owner, r}
	}
	return api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
		g := abi.FromContext(ctx)
		in := g.Instance(owner)
		in.CheckLeave()
		if rep, _, owned := in.Drop(r, uint32(stack[0])); owned {
			g.Runtime().Destroy(ctx, in, r, rep)
		}
	})
}

func valueTypes(ts []types.CoreType) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = api.ValueType(t)
	}
	return out
}
