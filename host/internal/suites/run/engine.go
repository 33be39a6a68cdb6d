package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/instance"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/validate"
	"github.com/wasikv/wasikv/host/internal/wast"
)

// engine runs the suites' scripts on the component runtime, without any host
// interface. Each definition has a wazero runtime of its own.
type engine struct {
	// config is wazero's: the compiler or the interpreter. Nil: the default.
	config wazero.RuntimeConfig
}

var _ wast.Engine = engine{}

// offersNothing is a host without interfaces.
type offersNothing struct{}

func (offersNothing) Lookup(string) *abi.Interface  { return nil }
func (offersNothing) Nearest(string) *abi.Interface { return nil }

// Compile implements wast.Engine.
func (e engine) Compile(ctx context.Context, wasm []byte) (_ wast.Definition, err error) {
	config := e.config
	if config == nil {
		config = wazero.NewRuntimeConfig()
	}
	d := &definition{runtime: wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(link.Features))}
	defer func() {
		if err != nil {
			_ = d.Close(ctx)
		}
	}()
	if binary.IsCoreModule(wasm) {
		if _, err := core.Parse(wasm, 0, core.Limits{}); err != nil {
			return nil, err
		}
		_, err := d.runtime.CompileModule(ctx, wasm)
		return d, err
	}
	def, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return nil, err
	}
	var modules core.Parsed
	if err := validate.Component(def, validate.Options{Module: modules.Module}); err != nil {
		return nil, err
	}
	if d.plan, err = plan.New(def, offersNothing{}, modules.Module); err != nil {
		return nil, err
	}
	if err := link.Check(ctx, d.runtime, d.plan, modules.All); err != nil {
		return nil, err
	}
	if len(d.plan.Missing()) == 0 {
		d.linked, err = link.New(ctx, d.runtime, d.plan)
	}
	return d, err
}

type definition struct {
	runtime wazero.Runtime
	plan    *plan.Plan
	linked  *link.Component // nil: imports are missing, or it is a core module
}

// Instantiate implements wast.Definition.
func (d *definition) Instantiate(ctx context.Context, _ map[string]wast.Instance) (wast.Instance, error) {
	if d.linked == nil {
		return nil, errors.New("the component has imports, and this engine has no host interfaces")
	}
	in, err := instance.New(ctx, d.linked, abi.NewGuest(ctx, abi.Limits{}, 0), wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, trapped(err)
	}
	return &running{in}, nil
}

// Close implements wast.Definition.
func (d *definition) Close(ctx context.Context) error { return d.runtime.Close(ctx) }

type running struct{ *instance.Instance }

// Invoke implements wast.Instance.
func (r *running) Invoke(ctx context.Context, field string, args []abi.Value) ([]abi.Value, error) {
	for _, x := range r.Plan().Exports {
		if x.Name != field || x.Lifted < 0 {
			continue
		}
		v, err := r.Call(ctx, x.Lifted, args)
		if err != nil {
			return nil, trapped(err)
		}
		if v.IsZero() {
			return nil, nil
		}
		return []abi.Value{v}, nil
	}
	return nil, fmt.Errorf("no exported function %q", field)
}

func trapped(err error) error {
	var t *instance.Trap
	if errors.As(err, &t) {
		return &wast.Trap{Err: err}
	}
	return err
}
