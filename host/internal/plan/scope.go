package plan

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// scope is a component, or a component or instance type, while it is
// evaluated: its index spaces so far, and the scope around it.
type scope struct {
	outer *scope
	// owner is the component instance that evaluation makes; for the scopes of
	// types, that of the component around them.
	owner int

	coreFuncs     []Item
	coreTables    []Item
	coreMemories  []Item
	coreGlobals   []Item
	coreTypes     []*binary.CoreType
	coreModules   []*core.Module
	coreInstances []*coreInstance
	funcs         []*function
	types         []any // a typedef
	components    []*component
	instances     []*instance
	exports       []export
}

// coreInstance is a core instance: one that a step makes, or, with index -1, a
// bundle of items.
type coreInstance struct {
	index  int
	module *core.Module
	items  map[string]coreItem
}

type coreItem struct {
	sort binary.Sort
	Item
}

// function is a component function: a host's, or a lifted core function.
type function struct {
	typ   *types.Func
	iface *abi.Interface // host
	host  *abi.Func      // host; nil with iface nil and lifted nil: missing
	// lifted is what canon lift said; index is its place in the plan once it
	// is needed there, -1 before.
	lifted *Lifted
	index  int
	name   string
}

// component is a component definition with the scope that it closes over.
type component struct {
	def   *binary.Component
	outer *scope
}

// instance is a component instance: named items.
type instance struct {
	exports []export
	byName  map[string]int
}

type export struct {
	name string
	item any // *function, *instance, *component, *core.Module, or a typedef
}

// A typedef is a *types.Type, *types.Func, *types.Resource or *interfaceType.

// interfaceType is a component or instance type with the scope that it closes
// over.
type interfaceType struct {
	def   *binary.Type
	outer *scope
}

func newInstance(exports []export) *instance {
	in := &instance{exports: exports, byName: make(map[string]int, len(exports))}
	for i := range exports {
		in.byName[exports[i].name] = i
	}
	return in
}

func (in *instance) get(name string) (any, bool) {
	i, ok := in.byName[name]
	if !ok {
		return nil, false
	}
	return in.exports[i].item, true
}

// at gives an item of an index space.
func at[T any](space []T, index uint32, what string) (T, error) {
	if uint64(index) >= uint64(len(space)) {
		var zero T
		return zero, fmt.Errorf("%s index %d is out of bounds: %d are defined", what, index, len(space))
	}
	return space[index], nil
}

// add appends a component-level item to the index space of its sort.
func (s *scope) add(item any) {
	switch item := item.(type) {
	case *function:
		s.funcs = append(s.funcs, item)
	case *instance:
		s.instances = append(s.instances, item)
	case *component:
		s.components = append(s.components, item)
	case *core.Module:
		s.coreModules = append(s.coreModules, item)
	default:
		s.types = append(s.types, item)
	}
}

// get gives a component-level item by sort and index.
func (s *scope) get(sort binary.Sort, index uint32) (any, error) {
	switch sort {
	case binary.Func:
		return at(s.funcs, index, "function")
	case binary.InstanceSort:
		return at(s.instances, index, "instance")
	case binary.ComponentSort:
		return at(s.components, index, "component")
	case binary.CoreModuleSort:
		return at(s.coreModules, index, "core module")
	case binary.TypeSort:
		return at(s.types, index, "type")
	}
	return nil, fmt.Errorf("sort %d cannot be named here", sort)
}

// sortOf gives the sort of a component-level item.
func sortOf(item any) binary.Sort {
	switch item.(type) {
	case *function:
		return binary.Func
	case *instance:
		return binary.InstanceSort
	case *component:
		return binary.ComponentSort
	case *core.Module:
		return binary.CoreModuleSort
	}
	return binary.TypeSort
}
