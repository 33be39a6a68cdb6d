package validate

import (
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/types"
)

// typeDef checks a type definition.
func (v *validator) typeDef(d *binary.Type) *typ {
	switch d.Kind {
	case binary.TypePrimitive:
		return v.newType(typ{kind: kindPrimitive, primitive: d.Primitive})
	case binary.TypeRecord:
		v.notEmpty(len(d.Fields), "record", "field")
		return v.product(kindRecord, d.Fields, "field")
	case binary.TypeVariant:
		v.notEmpty(len(d.Fields), "variant", "case")
		return v.product(kindVariant, d.Fields, "case")
	case binary.TypeTuple:
		v.notEmpty(len(d.Fields), "tuple", "element")
		t := typ{kind: kindTuple, parts: make([]*typ, len(d.Fields))}
		for i := range d.Fields {
			t.parts[i] = v.valType(*d.Fields[i].Type)
		}
		return v.newType(t)
	case binary.TypeFlags:
		v.notEmpty(len(d.Labels), "flags", "label")
		if len(d.Labels) > types.MaxFlags {
			v.fail(RuleType, "flags has %d labels, and may have %d", len(d.Labels), types.MaxFlags)
		}
		v.labels(d.Labels, "flag")
		return v.newType(typ{kind: kindFlags, names: d.Labels})
	case binary.TypeEnum:
		v.notEmpty(len(d.Labels), "enum", "case")
		v.labels(d.Labels, "case")
		return v.newType(typ{kind: kindEnum, names: d.Labels})
	case binary.TypeList:
		return v.newType(typ{kind: kindList, parts: []*typ{v.valType(d.Elem)}})
	case binary.TypeOption:
		return v.newType(typ{kind: kindOption, parts: []*typ{v.valType(d.Elem)}})
	case binary.TypeResult:
		return v.newType(typ{kind: kindResult, parts: []*typ{v.optional(d.Ok), v.optional(d.Err)}})
	case binary.TypeOwn:
		return v.newType(typ{kind: kindOwn, parts: []*typ{v.typeOfKind(d.Resource, kindResource)}})
	case binary.TypeBorrow:
		return v.newType(typ{kind: kindBorrow, parts: []*typ{v.typeOfKind(d.Resource, kindResource)}})
	case binary.TypeFunc:
		return v.funcType(d)
	case binary.TypeComponent:
		return v.interfaceOf(scopeComponentType, d.Decls)
	case binary.TypeInstance:
		return v.interfaceOf(scopeInstanceType, d.Decls)
	case binary.TypeResource:
		return v.resourceType(d)
	}
	panic("validate: unknown kind of type definition")
}

func (v *validator) notEmpty(n int, what, part string) {
	if n == 0 {
		v.fail(RuleType, "%s must have at least one %s", what, part)
	}
}

// valType resolves a value type in place.
func (v *validator) valType(t binary.ValType) *typ {
	if t.Primitive != 0 {
		return primitiveTypes[t.Primitive]
	}
	d := v.typeAt(t.Index)
	if !d.kind.isValue() {
		v.fail(RuleSort, "type %d is %s, and a value type is needed", t.Index, an(d.kind.String()))
	}
	return d
}

func (v *validator) optional(t *binary.ValType) *typ {
	if t == nil {
		return nil
	}
	return v.valType(*t)
}

// product makes a type of named parts.
func (v *validator) product(k kind, fields []binary.Field, what string) *typ {
	t := typ{kind: k, names: make([]string, len(fields)), parts: make([]*typ, len(fields))}
	for i := range fields {
		t.names[i] = fields[i].Name
	}
	v.labels(t.names, what)
	for i := range fields {
		t.parts[i] = v.optional(fields[i].Type)
	}
	return v.newType(t)
}

// labels checks names that must be labels and differ in more than case.
func (v *validator) labels(names []string, what string) {
	v.spend(len(names))
	seen := make(map[string]string, len(names))
	for _, name := range names {
		if !isLabel(name) {
			v.fail(RuleName, "%s name %q is not in kebab case", what, name)
		}
		key := strings.ToLower(name)
		if other, taken := seen[key]; taken {
			v.fail(RuleUnique, "%s name %q conflicts with %q", what, name, other)
		}
		seen[key] = name
	}
}

func (v *validator) funcType(d *binary.Type) *typ {
	t := v.product(kindFunc, d.Params, "parameter")
	if d.Result == nil {
		return t
	}
	f := *t
	f.result = v.valType(*d.Result)
	if f.result.borrow {
		v.fail(RuleType, "the result of a function cannot contain a borrow")
	}
	return v.newType(f)
}

func (v *validator) resourceType(d *binary.Type) *typ {
	if v.scope.kind != scopeComponent {
		v.fail(RuleResource, "a resource type can be defined in a component only, not in the type of one")
	}
	if d.Dtor != nil {
		if got, want := v.coreFuncAt(*d.Dtor), v.sigOf([]coreVal{coreI32}, nil); got != want {
			v.fail(RuleResource, "core function %d cannot be a destructor: its type is %s, not %s", *d.Dtor, v.spell(got), v.spell(want))
		}
	}
	t := v.newResource()
	v.scope.defined = append(v.scope.defined, t.resource)
	v.scope.local[t.resource] = true
	return t
}

// interfaceOf checks a component or instance type.
func (v *validator) interfaceOf(k scopeKind, decls []binary.Def) *typ {
	v.push(k)
	for _, d := range decls {
		v.definition(d)
	}
	t := v.finish()
	v.pop()
	return t
}
