package host

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/validate"
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
	s, err := h.read(wasm)
	if err != nil {
		return nil, err
	}
	if missing := s.plan.Missing(); len(missing) > 0 {
		return nil, missingImports(missing)
	}
	if err := link.Check(ctx, h.runtime, s.plan, s.modules.All); err != nil {
		return nil, &FormatError{Err: err}
	}
	linked, err := link.New(ctx, h.runtime, s.plan)
	if err != nil {
		return nil, &FormatError{Err: err}
	}
	return &Component{host: h, linked: linked, core: s.module != nil}, nil
}

// source is a guest that was decoded and planned.
type source struct {
	plan   *plan.Plan
	def    *binary.Component // of a component
	module *core.Module      // of a core module

	modules core.Parsed // of a component
}

// read decodes, validates and plans a guest of either kind.
func (h *Host) read(wasm []byte) (*source, error) {
	s := &source{}
	var err error
	if binary.IsCoreModule(wasm) {
		if s.module, err = core.Parse(wasm, 0, core.Limits{}); err != nil {
			return nil, &FormatError{Err: err}
		}
		s.plan = plan.NewCore(s.module, h.linker)
		if imp := h.preview1.Import(s.module); imp != nil {
			s.plan.Imports = append([]plan.Import{*imp}, s.plan.Imports...)
		}
		return s, nil
	}
	if s.def, err = binary.Decode(wasm, binary.Limits{}); err != nil {
		return nil, &FormatError{Err: asyncShaped(err, wasm)}
	}
	if err = validate.Component(s.def, validate.Options{Module: s.modules.Module}); err != nil {
		return nil, &FormatError{Err: err}
	}
	if s.plan, err = plan.New(s.def, h.linker, s.modules.Module); err != nil {
		return nil, &FormatError{Err: err}
	}
	return s, nil
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
