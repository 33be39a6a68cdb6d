package preview1

import (
	"context"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/core"
)

// Instantiate makes the module wasi_snapshot_preview1 in a runtime, once for
// all guests. The functions are wazero's; some get a guard in front, since
// wazero gives them neither the context of the call nor a bound.
func Instantiate(ctx context.Context, r wazero.Runtime) (Functions, error) {
	originals, err := wasi_snapshot_preview1.NewBuilder(r).Compile(ctx)
	if err != nil {
		return nil, err
	}
	defer originals.Close(ctx)
	functions := Functions{}
	builder := r.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(builder)
	for name, def := range originals.ExportedFunctions() {
		functions[name] = core.FuncType{Params: def.ParamTypes(), Results: def.ResultTypes()}
		original, ok := def.GoFunction().(api.GoModuleFunction)
		if !ok {
			return nil, fmt.Errorf("preview1: wazero's %s is no host function", name)
		}
		guarded := guard(name, def.ParamNames(), original.Call)
		if guarded == nil {
			continue
		}
		builder.NewFunctionBuilder().
			WithGoModuleFunction(guarded, def.ParamTypes(), def.ResultTypes()).
			WithName(def.Name()).
			WithParameterNames(def.ParamNames()...).
			WithResultNames(def.ResultNames()...).
			Export(name)
	}
	_, err = builder.Instantiate(ctx)
	return functions, err
}

// The error numbers of preview1 that guards return.
const (
	errnoBadf        = 8
	errnoInval       = 28
	errnoNametoolong = 37
)

// check refuses a call by an error number; 0 lets it pass.
type check func(g *abi.Guest, stack []uint64) uint64

// guard gives the guarded form of a function, nil where it needs none.
func guard(name string, params []string, call api.GoModuleFunc) api.GoModuleFunc {
	var checks []check
	blocks := false
	switch name {
	case "fd_read", "fd_pread", "fd_write", "fd_pwrite":
		blocks = true
	case "poll_oneoff":
		blocks = true
		checks = append(checks, subscriptions)
	case "fd_renumber":
		checks = append(checks, renumber)
	}
	for i, p := range params {
		if strings.HasSuffix(p, "path_len") {
			checks = append(checks, pathLength(i))
		}
	}
	if !blocks && checks == nil {
		return nil
	}
	return func(ctx context.Context, m api.Module, stack []uint64) {
		g := abi.FromContext(ctx)
		for _, c := range checks {
			if errno := c(g, stack); errno != 0 {
				stack[0] = errno
				return
			}
		}
		if blocks {
			b := blockingOf(g)
			b.call = ctx
			defer func() { b.call = nil }()
		}
		call(ctx, m, stack)
	}
}

// subscriptions bounds poll_oneoff, which allocates for each.
func subscriptions(g *abi.Guest, stack []uint64) uint64 {
	if uint32(stack[2]) > g.Limits().PollList {
		return errnoInval
	}
	return 0
}

// renumber bounds the descriptor that fd_renumber makes: wazero's table is as
// long as the highest one.
func renumber(g *abi.Guest, stack []uint64) uint64 {
	if uint32(stack[1]) >= g.Limits().Handles {
		return errnoBadf
	}
	return 0
}

// pathLength bounds paths before they are copied.
func pathLength(param int) check {
	return func(_ *abi.Guest, stack []uint64) uint64 {
		if uint32(stack[param]) > maxPath {
			return errnoNametoolong
		}
		return 0
	}
}
