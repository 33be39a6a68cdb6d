package plan

import (
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Limits bound evaluation: nested components may instantiate each other
// exponentially often.
const (
	maxInstances   = 1000
	maxDefinitions = 1_000_000
)

// Offers finds the host interfaces that serve imports; component.Linker is
// one.
type Offers interface {
	// Lookup gives the interface that serves an import name, or nil.
	Lookup(name string) *abi.Interface
	// Nearest gives the interface most like a name that Lookup has nothing
	// for, or nil.
	Nearest(name string) *abi.Interface
}

// Error is a component that cannot be planned.
type Error struct {
	Offset int64 // of the definition, in the file
	Err    error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("at offset %#x: %v", e.Offset, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// evaluation is the state of one New.
type evaluation struct {
	plan        *Plan
	offers      Offers
	module      func(*binary.CoreModule) (*core.Module, error)
	editions    map[*core.Module][]int // indices of Plan.Modules
	frames      map[string]int
	shims       shims
	definitions int
	// standIns says that the root imports modules or components, for which
	// nothing is there to evaluate: what fails after that is their absence.
	standIns bool
}

// New plans a component, whose core modules module gives in parsed form, each
// time the same for the same. Unsatisfied imports are no error: they are in
// Plan.Imports, so that all can be reported at once.
func New(def *binary.Component, offers Offers, module func(*binary.CoreModule) (*core.Module, error)) (*Plan, error) {
	e := &evaluation{
		plan:     &Plan{Parents: []int{-1}},
		offers:   offers,
		module:   module,
		editions: map[*core.Module][]int{},
		frames:   map[string]int{},
	}
	s := &scope{owner: 0}
	if err := e.component(s, def, e.rootImport); err != nil {
		if e.standIns {
			return e.plan, nil
		}
		return nil, err
	}
	exports, err := e.rootExports(s.exports)
	if err != nil {
		return nil, err
	}
	e.plan.Exports = exports
	e.shims.bypass(e.plan)
	return e.plan, nil
}

// importFunc gives the item for an import of a component.
type importFunc func(s *scope, imp *binary.Import) (any, error)

// component evaluates a component's definitions in order.
func (e *evaluation) component(s *scope, def *binary.Component, imports importFunc) error {
	for _, d := range def.Defs {
		if e.definitions++; e.definitions > maxDefinitions {
			return &Error{d.Pos(), fmt.Errorf("the component instantiates more than %d definitions", maxDefinitions)}
		}
		if err := e.definition(s, d, imports); err != nil {
			var inner *Error
			if errors.As(err, &inner) {
				return err
			}
			return &Error{d.Pos(), err}
		}
	}
	return nil
}

func (e *evaluation) definition(s *scope, d binary.Def, imports importFunc) error {
	switch d := d.(type) {
	case *binary.CoreModule:
		m, err := e.module(d)
		if err != nil {
			return err
		}
		s.coreModules = append(s.coreModules, m)
	case *binary.CoreInstance:
		return e.coreInstance(s, d)
	case *binary.CoreType:
		s.coreTypes = append(s.coreTypes, d)
	case *binary.Nested:
		s.components = append(s.components, &component{def: d.Component, outer: s})
	case *binary.Instance:
		return e.instance(s, d)
	case *binary.Alias:
		return e.alias(s, d)
	case *binary.Type:
		t, err := e.typeDef(s, d)
		if err != nil {
			return err
		}
		s.types = append(s.types, t)
	case *binary.Canon:
		return e.canon(s, d)
	case *binary.Import:
		item, err := imports(s, d)
		if err != nil {
			return fmt.Errorf("import %q: %w", d.Name, err)
		}
		s.add(item)
	case *binary.Export:
		return e.export(s, d)
	default:
		return fmt.Errorf("unexpected definition %T", d)
	}
	return nil
}

// instance evaluates an instance definition: an instantiation of a component,
// which is evaluated in place, or a bundle of items.
func (e *evaluation) instance(s *scope, d *binary.Instance) error {
	if !d.Instantiate {
		exports := make([]export, len(d.Exports))
		for i, x := range d.Exports {
			item, err := s.get(x.Sort, x.Index)
			if err != nil {
				return err
			}
			exports[i] = export{x.Name, item}
		}
		s.instances = append(s.instances, newInstance(exports))
		return nil
	}
	c, err := at(s.components, d.Component, "component")
	if err != nil {
		return err
	}
	if c.def == nil {
		return errors.New("the component to instantiate is an import that the host does not provide")
	}
	args := make(map[string]any, len(d.Args))
	for _, a := range d.Args {
		item, err := s.get(a.Sort, a.Index)
		if err != nil {
			return err
		}
		args[a.Name] = item
	}
	if len(e.plan.Parents) >= maxInstances {
		return fmt.Errorf("the component makes more than %d component instances", maxInstances)
	}
	inner := &scope{outer: c.outer, owner: len(e.plan.Parents)}
	e.plan.Parents = append(e.plan.Parents, s.owner)
	err = e.component(inner, c.def, func(_ *scope, imp *binary.Import) (any, error) {
		item, ok := args[imp.Name]
		if !ok {
			return nil, fmt.Errorf("the instantiation gives no argument of that name")
		}
		if sortOf(item) != imp.Desc.Sort {
			return nil, fmt.Errorf("the argument of that name is of another sort")
		}
		return item, nil
	})
	if err != nil {
		return err
	}
	s.instances = append(s.instances, newInstance(inner.exports))
	return nil
}

func (e *evaluation) export(s *scope, d *binary.Export) error {
	item, err := s.get(d.Sort, d.Index)
	if err != nil {
		return err
	}
	e.name(item, d.Name)
	s.exports = append(s.exports, export{d.Name, item})
	s.add(item) // an export is a definition of its own
	return nil
}

// name gives an exported item the name that messages use.
func (e *evaluation) name(item any, name string) {
	switch item := item.(type) {
	case *function:
		if item.name == "" {
			item.name = name
		}
	case *types.Resource:
		if item.Name == "" {
			item.Name = name
		}
	case *instance:
		for _, x := range item.exports {
			switch inner := x.item.(type) {
			case *function:
				if inner.name == "" || inner.name == x.name {
					inner.name = name + "#" + x.name
				}
			case *types.Resource:
				if !inner.Host() && (inner.Name == "" || inner.Name == x.name) {
					inner.Name = name + "#" + x.name
				}
			}
		}
	}
}

func (e *evaluation) alias(s *scope, d *binary.Alias) error {
	switch d.Target {
	case binary.AliasExport:
		in, err := at(s.instances, d.Instance, "instance")
		if err != nil {
			return err
		}
		item, ok := in.get(d.Name)
		if !ok {
			return fmt.Errorf("instance %d has no export %q", d.Instance, d.Name)
		}
		if sortOf(item) != d.Sort {
			return fmt.Errorf("export %q of instance %d is of another sort", d.Name, d.Instance)
		}
		s.add(item)
		return nil
	case binary.AliasCoreExport:
		return e.aliasCore(s, d)
	}
	target := s
	for range d.Count {
		if target = target.outer; target == nil {
			return fmt.Errorf("outer alias of count %d leaves the component", d.Count)
		}
	}
	switch d.Sort {
	case binary.CoreTypeSort:
		t, err := at(target.coreTypes, d.Index, "core type")
		if err != nil {
			return err
		}
		s.coreTypes = append(s.coreTypes, t)
		return nil
	case binary.TypeSort, binary.ComponentSort, binary.CoreModuleSort:
		item, err := target.get(d.Sort, d.Index)
		if err != nil {
			return err
		}
		s.add(item)
		return nil
	}
	return errors.New("an outer alias names a type, core type, module or component")
}
