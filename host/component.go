package host

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/plan"
)

// Component is a compiled guest, ready to be instantiated many times at once.
type Component struct {
	host   *Host
	linked *link.Component
	core   bool
}

// Compile validates, plans and compiles a guest: a component, or a core module
// that imports under canonical ABI names. The result keeps no reference to
// wasm beyond the call.
//
// Errors: *MissingImportsError where the host does not offer what the guest
// imports, *FormatError where the file is not a guest that this host can run.
func (h *Host) Compile(ctx context.Context, wasm []byte) (*Component, error) {
	p, isCore, err := h.plan(wasm)
	if err != nil {
		return nil, err
	}
	if missing := p.Missing(); len(missing) > 0 {
		return nil, missingImports(missing)
	}
	linked, err := link.New(ctx, h.runtime, p)
	if err != nil {
		return nil, &FormatError{Err: err}
	}
	return &Component{host: h, linked: linked, core: isCore}, nil
}

// plan decodes and plans a guest of either kind.
func (h *Host) plan(wasm []byte) (p *plan.Plan, isCore bool, err error) {
	if binary.IsCoreModule(wasm) {
		m, err := core.Parse(wasm, 0, core.Limits{})
		if err != nil {
			return nil, true, &FormatError{Err: err}
		}
		if p, err = plan.NewCore(m, h.linker); err != nil {
			return nil, true, &FormatError{Err: err}
		}
		return p, true, nil
	}
	def, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return nil, false, &FormatError{Err: err}
	}
	if p, err = plan.New(def, h.linker, core.Limits{}); err != nil {
		return nil, false, &FormatError{Err: err}
	}
	return p, false, nil
}

// Close frees the compiled code. Close the instances first.
func (c *Component) Close(ctx context.Context) error { return c.linked.Close(ctx) }

// FormatError is a guest that cannot be decoded, is invalid, or uses what this
// host does not support; Err says where and why.
type FormatError struct{ Err error }

// Error implements error.
func (e *FormatError) Error() string { return "the guest cannot be loaded: " + e.Err.Error() }

// Unwrap gives the reason.
func (e *FormatError) Unwrap() error { return e.Err }

var errNoRun = errors.New("the guest exports neither wasi:cli/run nor _start: it is a library, call its exports with Instance.Call (wasikv run --invoke)")
