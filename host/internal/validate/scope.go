package validate

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
)

// scopeKind tells what definitions stand in.
type scopeKind uint8

const (
	scopeComponent scopeKind = iota
	scopeComponentType
	scopeInstanceType
)

// scope has the index spaces of a component, or of a component or instance
// type, and what its imports and exports have come to so far.
type scope struct {
	kind  scopeKind
	outer *scope

	coreTypes     []coreTypeDef
	coreModules   []*moduleType
	coreInstances []*coreInstance
	coreFuncs     []sig
	coreTables    []tableType
	coreMemories  []core.MemoryType
	coreGlobals   []globalType
	types         []*typ
	funcs         []*typ
	values        []value
	instances     []*typ
	components    []*typ

	imports, exports members
	// importKeys and exportKeys have, for each name, what no other name may
	// come to; see externName.key.
	importKeys, exportKeys map[string]string

	imported []bound
	// defined are the resource types made here, including by instantiating
	// components; local are those of them that resource types define, whose
	// representation is known.
	defined  []resource
	local    map[resource]bool
	explicit map[resource]path

	// What may be used in imports, and in exports: the types that have a name.
	importNamed, exportNamed map[identity]struct{}
	// The resources that methods and constructors can be of.
	importResources, exportResources resourceNames
}

// value is an entry of the value index space.
type value struct {
	typ  *typ
	used bool
}

func (v *validator) push(k scopeKind) {
	v.scope = &scope{
		kind: k, outer: v.scope,
		importKeys: map[string]string{}, exportKeys: map[string]string{},
		local: map[resource]bool{}, explicit: map[resource]path{},
		importNamed: map[identity]struct{}{}, exportNamed: map[identity]struct{}{},
	}
}

func (v *validator) pop() { v.scope = v.scope.outer }

// enclosing gives the nth scope out, 0 being the current one.
func (v *validator) enclosing(n uint32) *scope {
	s := v.scope
	for i := uint32(0); i < n; i++ {
		if s = s.outer; s == nil {
			v.fail(RuleAlias, "invalid outer alias count of %d: there are %d enclosing components", n, i)
		}
	}
	return s
}

// at looks an index up in an index space.
func at[T any](v *validator, space []T, i uint32, what string) T {
	if uint64(i) >= uint64(len(space)) {
		v.fail(RuleIndex, "unknown %s %d: there are %d so far", what, i, len(space))
	}
	return space[i]
}

func (v *validator) typeAt(i uint32) *typ { return at(v, v.scope.types, i, "type") }

func (v *validator) funcAt(i uint32) *typ { return at(v, v.scope.funcs, i, "function") }

func (v *validator) instanceAt(i uint32) *typ { return at(v, v.scope.instances, i, "instance") }

func (v *validator) coreFuncAt(i uint32) sig { return at(v, v.scope.coreFuncs, i, "core function") }

// typeOfKind looks up a type that must be of a kind.
func (v *validator) typeOfKind(i uint32, k kind) *typ {
	t := v.typeAt(i)
	if t.kind != k {
		v.fail(RuleSort, "type %d is %s, and %s is needed", i, an(t.kind.String()), an(k.String()))
	}
	return t
}

// item looks up what an index of a sort stands for.
func (v *validator) item(s binary.Sort, i uint32) entity {
	e := entity{sort: s}
	switch s {
	case binary.CoreModuleSort:
		e.module = at(v, v.scope.coreModules, i, "core module")
	case binary.Func:
		e.typ = v.funcAt(i)
	case binary.Value:
		e.typ = v.useValue(i)
	case binary.TypeSort:
		e.typ = v.typeAt(i)
		e.source = e.typ
	case binary.ComponentSort:
		e.typ = at(v, v.scope.components, i, "component")
	case binary.InstanceSort:
		e.typ = v.instanceAt(i)
	default:
		v.fail(RuleSort, "%s cannot cross a component boundary", an(s.String()))
	}
	return e
}

// useValue looks up a value, which may be used once.
func (v *validator) useValue(i uint32) *typ {
	at(v, v.scope.values, i, "value")
	val := &v.scope.values[i]
	if val.used {
		v.fail(RuleValue, "value %d is used more than once", i)
	}
	val.used = true
	return val.typ
}

func (v *validator) allValuesUsed() {
	for i, val := range v.scope.values {
		if !val.used {
			v.fail(RuleValue, "value %d is never used", i)
		}
	}
}

// add puts an item into its index space.
func (s *scope) add(e entity) {
	switch e.sort {
	case binary.CoreModuleSort:
		s.coreModules = append(s.coreModules, e.module)
	case binary.Func:
		s.funcs = append(s.funcs, e.typ)
	case binary.Value:
		s.values = append(s.values, value{typ: e.typ})
	case binary.TypeSort:
		s.types = append(s.types, e.typ)
	case binary.ComponentSort:
		s.components = append(s.components, e.typ)
	case binary.InstanceSort:
		s.instances = append(s.instances, e.typ)
	}
}

// describe names the definition that is about to be added to the scope.
func (s *scope) describe(def binary.Def) string {
	switch d := def.(type) {
	case *binary.CoreModule:
		return fmt.Sprintf("core module %d", len(s.coreModules))
	case *binary.CoreType:
		return fmt.Sprintf("core type %d", len(s.coreTypes))
	case *binary.CoreInstance:
		return fmt.Sprintf("core instance %d", len(s.coreInstances))
	case *binary.Nested:
		return fmt.Sprintf("component %d", len(s.components))
	case *binary.Instance:
		return fmt.Sprintf("instance %d", len(s.instances))
	case *binary.Alias:
		return "alias of " + an(d.Sort.String())
	case *binary.Type:
		return fmt.Sprintf("type %d", len(s.types))
	case *binary.Canon:
		return s.describeCanon(d)
	case *binary.Import:
		return fmt.Sprintf("import %q", d.Name)
	case *binary.Export:
		return fmt.Sprintf("export %q", d.Name)
	case *binary.ExportDecl:
		return fmt.Sprintf("export %q", d.Name)
	}
	return fmt.Sprintf("%T", def)
}

func (s *scope) describeCanon(d *binary.Canon) string {
	switch d.Kind {
	case binary.CanonLift:
		return fmt.Sprintf("canon lift of core function %d", d.Func)
	case binary.CanonLower:
		return fmt.Sprintf("canon lower of function %d", d.Func)
	case binary.ResourceNew:
		return fmt.Sprintf("canon resource.new of type %d", d.Type)
	case binary.ResourceDrop:
		return fmt.Sprintf("canon resource.drop of type %d", d.Type)
	}
	return fmt.Sprintf("canon resource.rep of type %d", d.Type)
}
