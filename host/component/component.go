// Package component is what an author of host interfaces needs: the Linker to
// define interfaces in, the Interface descriptors that generated bindings
// make, the Frame through which their adapters reach a guest, and dynamic
// Values.
//
// Most authors meet only Register of their generated bindings, Guest, and
// Option and Result; Frame is for the generator's output.
//
// A Linker may be read by many goroutines once definitions are done. A Guest,
// its Frames and its resources belong to the goroutine that calls the guest.
package component

import (
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Guest is one running guest; host interfaces keep their per-guest state by
// it. See Interface.Open.
type Guest = abi.Guest

// Frame is an adapter's view of the calling guest.
type Frame = abi.Frame

// Interface describes a WIT interface that a host implements.
type Interface = abi.Interface

// Func describes one function of an Interface.
type Func = abi.Func

// TypeDef describes a named type of an Interface.
type TypeDef = abi.TypeDef

// Adapter is a lowered function of generated bindings.
type Adapter = abi.Adapter

// ValuesFunc is a host function over dynamic values.
type ValuesFunc = abi.ValuesFunc

// Resource is the identity of a resource type.
type Resource = types.Resource

// Value is a dynamic component value.
type Value = abi.Value

// Limits bound what a guest can make the host hold.
type Limits = abi.Limits

// Trap is the error that ends a guest.
type Trap = abi.Trap

// Exit is the error with which a host function ends a guest that asked to end.
type Exit = abi.Exit

// Abandoner is implemented by host resources that must hear of a guest that
// ended without dropping them.
type Abandoner = abi.Abandoner

// DefaultLimits are the limits where nothing else is said.
var DefaultLimits = abi.DefaultLimits

// NewResource makes the identity of a host resource type; name is the
// interface id, "#" and the resource's name.
func NewResource(name string, drop types.DropFunc) *Resource {
	return &Resource{Name: name, Drop: drop, Definer: -1}
}
