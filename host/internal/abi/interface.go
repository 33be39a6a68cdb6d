package abi

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasikv/wasikv/host/internal/types"
)

// Interface is a WIT interface that a host implements: what Register functions
// of generated bindings hand to a Linker.
//
// An Interface belongs to one Linker; it is immutable once defined there.
type Interface struct {
	// Name is the full id, "wasi:keyvalue/cache@0.1.0", or the plain name of a
	// world-level import.
	Name string
	// Open makes the state that one guest's calls see; it runs at the first
	// call of a function that asks for it. Nil: no state.
	Open func(*Guest) (any, error)
	// Resources are the resource types that the interface itself defines.
	Resources []*types.Resource
	// Types are the other types that the interface names.
	Types []TypeDef
	// Funcs are its functions, methods, constructors and statics.
	Funcs []Func

	// slot is where a Guest keeps the state that Open made.
	slot int
}

// TypeDef is a type that an interface names.
type TypeDef struct {
	Name string
	// Text is the structure, as types.Type.String spells it; for a name that
	// stands for a resource of another interface, "resource NAME".
	Text string
}

// Func is one function of an Interface.
type Func struct {
	// Name is the name in the component model: "get",
	// "[method]pollable.block", "[constructor]fields", "[static]bucket.open".
	Name string
	// Signature is the type as types.Func.String spells it.
	Signature string
	// Params and Results are the core signature of the lowered function.
	Params, Results []api.ValueType
	// Call lifts the arguments from the stack, does the work and lowers the
	// result onto it. It traps by Frame.Trap.
	Call Adapter
	// Values is the dynamic form, used where Call is nil: arguments and result
	// as values of the types that the component declares.
	Values ValuesFunc
}

// Adapter is a lowered function: flat core values in, flat core values out.
type Adapter func(ctx context.Context, f *Frame, stack []uint64)

// ValuesFunc is a host function over dynamic values. An error traps the guest.
type ValuesFunc func(ctx context.Context, g *Guest, args []Value) (Value, error)

// SetSlot fixes where guests keep the interface's state; the Linker calls it.
func (i *Interface) SetSlot(n int) { i.slot = n }
