// Package wast runs the scripts of the component model's test suites against
// an Engine and reports what came out, by file and line. It reads the scripts
// as data (JSON and binaries) in place; it is no parser of the text format.
//
// Outcomes are compared, not messages: an assertion on a trap holds where
// there is a trap. The canonical-ABI files of the suites are package suites'.
//
// A run uses one goroutine, and calls the Engine from it.
package wast

import (
	"context"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// Engine is what runs components.
type Engine interface {
	// Compile decodes and validates a component, its core modules included. It
	// is also given malformed and invalid files and, for assertions that they
	// are refused, core modules.
	Compile(ctx context.Context, wasm []byte) (Definition, error)
}

// Definition is a compiled component.
type Definition interface {
	// Instantiate makes an instance in a store of its own. Imports are served
	// by the registered instances, by name. It fails with a *Trap where code
	// of the component ran and trapped.
	Instantiate(ctx context.Context, registered map[string]Instance) (Instance, error)
	// Close frees the definition, after its instances.
	Close(ctx context.Context) error
}

// Instance is a running component.
type Instance interface {
	// Invoke calls an exported function. The result has at most one value. It
	// fails with a *Trap where the call trapped, and with another error where
	// it could not be made.
	Invoke(ctx context.Context, field string, args []abi.Value) ([]abi.Value, error)
	// Close ends the instance.
	Close(ctx context.Context) error
}

// Trap is the error of an Engine where a component trapped.
type Trap struct{ Err error }

// Error implements error.
func (t *Trap) Error() string { return t.Err.Error() }

// Unwrap gives the engine's own error.
func (t *Trap) Unwrap() error { return t.Err }
