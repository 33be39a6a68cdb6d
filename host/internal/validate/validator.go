package validate

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Options bound a validation.
type Options struct {
	// Module gives the parsed form of a core module; nil parses each with the
	// default limits.
	Module func(*binary.CoreModule) (*core.Module, error)
	// Effort bounds the work, in steps of about a tenth of a microsecond and at
	// most 32 bytes; default 12,000,000. Instantiations of large components cost
	// as many steps as their types have parts.
	Effort int
}

// Component validates a component. It fails with *Error, with what
// Options.Module fails with, or with *binary.UnsupportedError.
func Component(c *binary.Component, o Options) (err error) {
	v := &validator{
		module: o.Module, effort: o.Effort,
		sigs:    map[string]sig{},
		layouts: map[*typ]*types.Type{},
		funcs:   map[*typ]*types.Func{},
		same:    map[[2]*typ]struct{}{},
		closed:  map[*typ]bool{},
	}
	if v.module == nil {
		v.module = func(m *binary.CoreModule) (*core.Module, error) {
			return core.Parse(m.Bytes, m.Pos(), core.Limits{})
		}
	}
	if v.effort == 0 {
		v.effort = 12_000_000
	}
	defer v.catch(&err)
	v.component(c)
	return nil
}

// validator is one validation.
type validator struct {
	module func(*binary.CoreModule) (*core.Module, error)
	effort int // what may still be spent
	scope  *scope
	path   []step // the definitions being checked, outermost first

	resources resource // the latest
	aliases   uint32   // the latest

	sigs     map[string]sig
	sigTable []coreFunc
	layouts  map[*typ]*types.Type
	funcs    map[*typ]*types.Func
	same     map[[2]*typ]struct{} // value and function types known to be equal
	closed   map[*typ]bool        // whether a type has no free resources
}

// step is a definition being checked, in its scope.
type step struct {
	scope *scope
	def   binary.Def
}

// stop carries an error through a panic to catch.
type stop struct{ err error }

func (v *validator) catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case stop:
		*err = r.err
	default:
		panic(r)
	}
}

// fail ends the validation: the current definition breaks a rule.
func (v *validator) fail(rule Rule, format string, args ...any) {
	e := &Error{Item: "component", Rule: rule, Reason: fmt.Sprintf(format, args...)}
	var items []string
	for _, s := range v.path {
		e.Offset = s.def.Pos()
		items = append(items, s.scope.describe(s.def))
	}
	if len(items) > 0 {
		e.Item = strings.Join(items, ", ")
	}
	panic(stop{e})
}

// What things cost, in steps.
const nodeCost = 8

// spend counts work against the limit.
func (v *validator) spend(n int) {
	v.effort -= n
	if v.effort < 0 {
		v.fail(RuleLimit, "the component takes too much work to validate: its types are too large, or instantiated too often")
	}
}

// component validates a component and gives its type.
func (v *validator) component(c *binary.Component) *typ {
	v.push(scopeComponent)
	for _, def := range c.Defs {
		v.definition(def)
	}
	v.allValuesUsed()
	t := v.finish()
	v.pop()
	return t
}

// definition checks a definition or declaration, and adds what it defines to
// the index spaces.
func (v *validator) definition(def binary.Def) {
	v.path = append(v.path, step{v.scope, def})
	v.spend(1)
	s := v.scope
	switch d := def.(type) {
	case *binary.CoreModule:
		s.coreModules = append(s.coreModules, v.coreModule(d))
	case *binary.CoreType:
		s.coreTypes = append(s.coreTypes, v.coreType(d))
	case *binary.CoreInstance:
		s.coreInstances = append(s.coreInstances, v.coreInstance(d))
	case *binary.Nested:
		s.components = append(s.components, v.component(d.Component))
	case *binary.Instance:
		s.instances = append(s.instances, v.instance(d))
	case *binary.Alias:
		v.alias(d)
	case *binary.Type:
		s.types = append(s.types, v.typeDef(d))
	case *binary.Canon:
		v.canon(d)
	case *binary.Import:
		v.importDef(d.Name, v.externDesc(&d.Desc))
	case *binary.Export:
		v.exportDef(d.Name, v.exported(d))
	case *binary.ExportDecl:
		v.exportDef(d.Name, v.externDesc(&d.Desc))
	default:
		panic(fmt.Sprintf("validate: definition of type %T", def))
	}
	v.path = v.path[:len(v.path)-1]
}
