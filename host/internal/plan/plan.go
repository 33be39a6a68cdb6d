// Package plan turns a decoded component into what has to be done to
// instantiate it: a flat list of steps over core modules, lowered imports and
// lifted exports, with every alias, nested component and type resolved.
//
// All instantiation in a component is static, so the whole tree is evaluated
// here, once per component: an instance of it only runs the steps. Types are
// evaluated in the same walk, which gives each resource type one identity per
// defining instance; resources that the host provides keep the identity that
// the host's interface has, so that several versions of an import share it.
//
// A *Plan is immutable and safe for concurrent use.
package plan

import (
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Plan is an instantiable component.
type Plan struct {
	// Parents gives, for each component instance, the instance that encloses
	// it; instance 0 is the root, with parent -1.
	Parents []int
	// Modules are the core modules to compile.
	Modules []Module
	// Steps make an instance, in order.
	Steps []Step
	// CoreInstances is one more than the highest number of a core instance.
	CoreInstances int
	// Frames are the distinct canonical options, post-return apart.
	Frames []Options
	// Lowered are the functions that core modules import from the host module.
	Lowered []Lowered
	// Lifted are the functions that components export, as far as they are
	// exported by the root or called by another component.
	Lifted []Lifted
	// Resources are the resource types that components define.
	Resources []Resource
	// Exports are the exports of the root.
	Exports []Export
	// Imports are the imports of the root and what serves them.
	Imports []Import
}

// Module is a core module to compile, with imports renamed to their sources.
type Module struct {
	Source *core.Module
	// Edits are the new import names, by import index; see Source.
	Edits []core.ImportName
	// MemoryBytes is the memory that an instance begins with.
	MemoryBytes uint64
}

// Step is one action of instantiation: exactly one of the fields counts, by
// Kind.
type Step struct {
	Kind StepKind
	// Module and Instance: instantiate Modules[Module] as core instance
	// Instance.
	Module, Instance int
	// Index: bind Frames[Index], all of whose core items exist by now.
	Index int
}

// StepKind tells steps apart.
type StepKind uint8

// The kinds of step.
const (
	Instantiate StepKind = iota
	BindFrame
)

// HostModule is the name under which renamed imports find lowered functions;
// core instances are found by their decimal index. Lowered function i is
// exported under its decimal index as well.
const HostModule = "host"

// Item is a core item: an export of a core instance, or, with Instance -1, a
// lowered function by Lowered.
type Item struct {
	Instance int
	Name     string
	Lowered  int
}

// Options are canonical options, resolved. Nil items: not given.
type Options struct {
	Owner    int // component instance
	Encoding abi.Encoding
	Memory   *Item
	Realloc  *Item
}

// Lowered is a function of the host module.
type Lowered struct {
	Kind LoweredKind
	// Owner is the component instance that calls it.
	Owner int
	// Frame is the index of the canonical options (CallHost, CallGuest).
	Frame int
	// Interface and Func are the host function (CallHost).
	Interface *abi.Interface
	Func      *abi.Func
	// Lifted is the callee (CallGuest).
	Lifted int
	// Type is the function type (CallHost, CallGuest).
	Type *types.Func
	// Resource is what New, Drop and Rep act on.
	Resource *types.Resource
	// Params and Results are the core signature.
	Params, Results []types.CoreType
	// Name is the import or built-in in words, for messages.
	Name string
}

// LoweredKind tells what a lowered function does.
type LoweredKind uint8

// The kinds of lowered function.
const (
	CallHost LoweredKind = iota
	CallGuest
	ResourceNew
	ResourceDrop
	ResourceRep
)

// Lifted is a core function seen as a component function.
type Lifted struct {
	Core       Item
	Frame      int // index of the canonical options
	PostReturn *Item
	Type       *types.Func
	Name       string // the export name, for messages
}

// Resource is a resource type that a component defines.
type Resource struct {
	Type  *types.Resource
	Owner int   // component instance
	Dtor  *Item // nil: none
}

// Export is an export of the root, or of an exported instance.
type Export struct {
	Name string
	// Lifted is the function's index, -1 where the export is none.
	Lifted int
	// Host is a re-exported host function, which cannot be called from the
	// outside.
	Host bool
	// Exports are an instance's.
	Exports []Export
	// Instance says that the export is an instance.
	Instance bool
	// Type is an exported type: a *types.Type, *types.Func or
	// *types.Resource.
	Type any
	// Func is the function's type.
	Func *types.Func
}

// Import is an import of the root.
type Import struct {
	Name string
	// Served names the host interface that serves it, "" where none does.
	Served string
	// Items are the functions and types it asks for.
	Items []ImportItem
	// Nearest is the most similar interface that the host offers, "" for none.
	Nearest string
	// Problem says why the import as a whole is not satisfied, "" where it is.
	Problem string
}

// ImportItem is something that an imported instance must export.
type ImportItem struct {
	Name string
	// Signature is what the component expects.
	Signature string
	// Problem says why the item is not satisfied, "" where it is.
	Problem string
}

// Satisfied reports whether the host gives all that the import asks for.
func (i *Import) Satisfied() bool {
	if i.Problem != "" {
		return false
	}
	for k := range i.Items {
		if i.Items[k].Problem != "" {
			return false
		}
	}
	return true
}

// Missing lists the imports that the host does not satisfy.
func (p *Plan) Missing() []*Import {
	var out []*Import
	for i := range p.Imports {
		if !p.Imports[i].Satisfied() {
			out = append(out, &p.Imports[i])
		}
	}
	return out
}
