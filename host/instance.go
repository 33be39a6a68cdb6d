package host

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/instance"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/preview1"
	"github.com/wasikv/wasikv/host/keyvalue"
	"github.com/wasikv/wasikv/host/wasi"
)

// InstanceConfig is what one instance of a guest is granted. The zero value
// grants nothing.
type InstanceConfig struct {
	// Config is what WASI gives the guest: arguments, environment, standard
	// streams, directories.
	wasi.Config
	// Namespace is the part of the cache that the guest sees: guests share
	// entries exactly when their namespaces are equal. "" is a namespace as
	// well, the one of embedders that need no other.
	Namespace string
	// Limits bound the guest; fields that are zero take the Host's.
	Limits component.Limits
	// Configure hands per-guest settings to the embedder's own interfaces, by
	// Guest.SetValue. Nil: none.
	Configure func(*component.Guest) error
}

// Instance is a running guest. It belongs to one goroutine at a time, and
// after a trap or an exit it refuses every call.
type Instance struct {
	component *Component
	inner     *instance.Instance
}

// Instantiate starts a guest: its memory is made and its core start functions
// run. ctx also bounds everything that the guest does asynchronously, until
// Close. The caller closes the instance, also after an error of a call.
func (c *Component) Instantiate(ctx context.Context, config InstanceConfig) (*Instance, error) {
	g := abi.NewGuest(ctx, config.Limits.Or(c.host.config.Limits), c.host.linker.Len())
	fail := func(err error) (*Instance, error) {
		g.Close(ctx)
		return nil, err
	}
	if err := wasi.Configure(g, config.Config); err != nil {
		return fail(err)
	}
	keyvalue.Configure(g, config.Namespace)
	if config.Configure != nil {
		if err := config.Configure(g); err != nil {
			return fail(fmt.Errorf("host: InstanceConfig.Configure: %w", err))
		}
	}
	modules := anonymous
	if c.core {
		var err error
		if modules, err = preview1.ModuleConfig(g, config.Config); err != nil {
			return fail(err)
		}
	}
	in, err := instance.New(ctx, c.linked, g, modules)
	if err != nil {
		return nil, err
	}
	out := &Instance{component: c, inner: in}
	if err := out.initialize(ctx); err != nil {
		_ = out.Close(ctx)
		return nil, err
	}
	return out, nil
}

// initialize calls what a core module built as a library exports to be called
// before anything else; components do this by themselves.
func (in *Instance) initialize(ctx context.Context) error {
	if !in.component.core || in.Runnable() {
		return nil
	}
	for _, x := range in.inner.Plan().Exports {
		if x.Name == initExport {
			_, err := in.inner.Call(ctx, x.Lifted, nil)
			return err
		}
	}
	return nil
}

// anonymous configures the core modules of components. The source of random
// numbers is for none of them to read; without one, wazero seeds a generator
// for each, which takes longer than the rest of an instantiation.
var anonymous = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(rand.Reader)

// Guest gives the guest's state, for the embedder's own interfaces.
func (in *Instance) Guest() *component.Guest { return in.inner.Guest() }

// Close ends the guest: asynchronous work is cancelled or, where the
// specification has it complete, drained; what the guest held is released.
func (in *Instance) Close(ctx context.Context) error { return in.inner.Close(ctx) }

const (
	runInterface = "wasi:cli/run@0.2."
	startExport  = "_start"
	initExport   = "_initialize"
)

// Run runs a command: wasi:cli/run of a component, _start of a core module. It
// returns nil where the guest succeeded.
//
// Errors: *ExitError with the guest's status, *TrapError, and an error saying
// so where the guest is no command.
func (in *Instance) Run(ctx context.Context) error {
	index := in.entry()
	if index < 0 {
		return errNoRun
	}
	v, err := in.inner.Call(ctx, index, nil)
	if err != nil {
		if exit, ok := err.(*ExitError); ok && exit.Code == 0 {
			return nil
		}
		return err
	}
	if failed(v) {
		return &ExitError{Code: 1}
	}
	return nil
}

// failed reports whether wasi:cli/run returned its error case.
func failed(v component.Value) bool {
	if name, _, isCase := v.Case(); isCase {
		return name == "error"
	}
	code, isNumber := v.Int() // the flat form, from a core module
	return isNumber && code != 0
}

// entry finds the function that Run calls, -1 where there is none.
func (in *Instance) entry() int { return entryOf(in.inner.Plan().Exports) }

func entryOf(exports []plan.Export) int {
	for i := range exports {
		x := &exports[i]
		switch {
		case x.Instance && strings.HasPrefix(x.Name, runInterface):
			for k := range x.Exports {
				if f := &x.Exports[k]; f.Name == "run" && f.Lifted >= 0 {
					return f.Lifted
				}
			}
		case x.Lifted >= 0 && x.Name == startExport:
			return x.Lifted
		case x.Lifted >= 0 && strings.HasPrefix(x.Name, runInterface) && strings.HasSuffix(x.Name, "#run"):
			return x.Lifted
		}
	}
	return -1
}

// Runnable reports whether Run has something to run.
func (in *Instance) Runnable() bool { return in.entry() >= 0 }

// Call calls an exported function with dynamic values. name is the function's
// name where it is exported by itself, "interface#function" where an exported
// interface holds it; a name without interface finds the one function of that
// name. The result is the zero Value where the function has none.
//
// Errors: *NoFunctionError, *TypeError (the guest was not entered), *TrapError,
// *ExitError.
func (in *Instance) Call(ctx context.Context, name string, args ...component.Value) (component.Value, error) {
	f, err := in.find(name)
	if err != nil {
		return component.Value{}, err
	}
	return in.inner.Call(ctx, f.Lifted, args)
}

// find resolves the name of an exported function.
func (in *Instance) find(name string) (*plan.Export, error) {
	var found []*plan.Export
	var names, all []string
	for f, full := range functions(in.inner.Plan().Exports, "") {
		all = append(all, full)
		if full == name {
			return f, nil
		}
		if f.Name == name {
			found, names = append(found, f), append(names, full)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, &NoFunctionError{Name: name, Candidates: all}
	}
	return nil, &NoFunctionError{Name: name, Candidates: names, Ambiguous: true}
}

// functions yields the callable functions among exports, with full names.
func functions(exports []plan.Export, prefix string) func(yield func(*plan.Export, string) bool) {
	return func(yield func(*plan.Export, string) bool) {
		for i := range exports {
			x := &exports[i]
			if x.Lifted >= 0 {
				if !yield(x, prefix+x.Name) {
					return
				}
			}
			for f, full := range functions(x.Exports, prefix+x.Name+"#") {
				if !yield(f, full) {
					return
				}
			}
		}
	}
}

// NoFunctionError is a Call of a function that the guest does not export, or
// of a name that several have.
type NoFunctionError struct {
	Name       string
	Ambiguous  bool
	Candidates []string // the full names that could be meant
}

// Error implements error.
func (e *NoFunctionError) Error() string {
	list := strings.Join(e.Candidates, ", ")
	switch {
	case e.Ambiguous:
		return fmt.Sprintf("the guest exports several functions named %q, say which: %s", e.Name, list)
	case list == "":
		return fmt.Sprintf("the guest exports no function %q, and no other", e.Name)
	}
	return fmt.Sprintf("the guest exports no function %q; it exports %s", e.Name, list)
}
