package validate

import (
	"fmt"
	"slices"

	"github.com/wasikv/wasikv/host/internal/binary"
)

// subtype tells why an item does not fit where b is asked for; "": it does.
func (v *validator) subtype(a, b *entity) (why string) {
	if a.sort != b.sort {
		return fmt.Sprintf("expected %s, found %s", an(b.sort.String()), an(a.sort.String()))
	}
	if a.sort == binary.CoreModuleSort {
		return v.moduleSubtype(a.module, b.module)
	}
	if a.sort == binary.TypeSort {
		return v.typeSubtype(a.source, b.source)
	}
	return v.typeSubtype(a.typ, b.typ)
}

// typeSubtype is subtype for types.
func (v *validator) typeSubtype(a, b *typ) (why string) {
	v.spend(1)
	switch {
	case a == b:
		return ""
	case a.kind != b.kind:
		return fmt.Sprintf("expected %s, found %s", spellType(b), spellType(a))
	case a.kind == kindResource:
		if a.resource != b.resource {
			return "resource types are not the same"
		}
		return ""
	case a.kind == kindInstance:
		return v.instanceSubtype(a, b)
	case a.kind == kindComponent:
		return v.componentSubtype(a, b)
	}
	pair := [2]*typ{a, b}
	if _, known := v.same[pair]; known {
		return ""
	}
	if why = v.equal(a, b); why == "" {
		v.spend(nodeCost)
		v.same[pair] = struct{}{}
	}
	return why
}

// equal compares two value or function types of one kind.
func (v *validator) equal(a, b *typ) (why string) {
	if a.primitive != b.primitive {
		return fmt.Sprintf("expected %s, found %s", spellType(b), spellType(a))
	}
	if len(a.parts) != len(b.parts) {
		return fmt.Sprintf("expected %s of %d parts, found %d", an(b.kind.String()), len(b.parts), len(a.parts))
	}
	v.spend(len(a.names))
	if !slices.Equal(a.names, b.names) {
		return fmt.Sprintf("expected %s of %s, found %s", an(b.kind.String()), spellNames(b.names), spellNames(a.names))
	}
	for i := range a.parts {
		if why := v.optionalEqual(a.parts[i], b.parts[i]); why != "" {
			return fmt.Sprintf("%s of %v: %s", a.part(i), a.kind, why)
		}
	}
	if why := v.optionalEqual(a.result, b.result); why != "" {
		return "result: " + why
	}
	return ""
}

func (v *validator) optionalEqual(a, b *typ) (why string) {
	switch {
	case a == nil && b == nil:
		return ""
	case a == nil:
		return fmt.Sprintf("expected %s, found none", spellType(b))
	case b == nil:
		return fmt.Sprintf("expected none, found %s", spellType(a))
	}
	return v.typeSubtype(a, b)
}

// part names a part of a type.
func (t *typ) part(i int) string {
	switch {
	case i < len(t.names):
		return fmt.Sprintf("%q", t.names[i])
	case t.kind == kindTuple:
		return fmt.Sprintf("element %d", i)
	case t.kind == kindResult:
		return [...]string{"ok", "error"}[i]
	case t.kind == kindOwn, t.kind == kindBorrow:
		return "resource"
	}
	return "element"
}

// spellNames spells the first few of a list of names.
func spellNames(names []string) string {
	if len(names) > 8 {
		return fmt.Sprintf("%q and %d more", names[:8], len(names)-8)
	}
	return fmt.Sprintf("%q", names)
}

func spellType(t *typ) string {
	if t.kind == kindPrimitive {
		return primitiveNames[t.primitive]
	}
	return an(t.kind.String())
}

var primitiveNames = map[binary.Primitive]string{
	binary.Bool: "bool", binary.S8: "s8", binary.U8: "u8", binary.S16: "s16", binary.U16: "u16", binary.S32: "s32",
	binary.U32: "u32", binary.S64: "s64", binary.U64: "u64", binary.F32: "f32", binary.F64: "f64", binary.Char: "char",
	binary.String: "string",
}

// instanceSubtype: a has every export of b.
func (v *validator) instanceSubtype(a, b *typ) (why string) {
	for i := range b.outer.exports.list {
		want := &b.outer.exports.list[i]
		have := a.outer.exports.get(want.name)
		if have == nil {
			return fmt.Sprintf("missing export %q", want.name)
		}
		if why := v.subtype(&have.entity, &want.entity); why != "" {
			return fmt.Sprintf("export %q: %s", want.name, why)
		}
	}
	return ""
}

// componentSubtype: what b imports is enough for a, and what a then exports
// satisfies b.
func (v *validator) componentSubtype(a, b *typ) (why string) {
	s, why := v.open(&b.outer.imports, &a.outer.imports, a.outer.imported, "import")
	if why != "" {
		return why
	}
	exports := s.members(&a.outer.exports)
	_, why = v.open(&exports, &b.outer.exports, b.outer.defined, "export")
	return why
}

// open gives args for params, which bind resource types: those of the args
// take their place, in each param before its arg is checked against it. It
// tells why an arg does not fit, and returns the substitution of what was
// given for what was asked.
func (v *validator) open(args, params *members, bounds []bound, what string) (s *subst, why string) {
	s = v.newSubst()
	for _, b := range bounds {
		if t := v.follow(args, params, b.path); t != nil && t.kind == kindResource {
			s.resources[b.resource] = t.resource
		}
	}
	given := v.newSubst()
	given.resources = s.resources
	for i := range params.list {
		want := &params.list[i]
		have := args.get(want.name)
		if have == nil {
			return nil, fmt.Sprintf("missing %s %q", what, want.name)
		}
		expected := s.entity(want.entity)
		if why := v.subtype(&have.entity, &expected); why != "" {
			return nil, fmt.Sprintf("%s %q: %s", what, want.name, why)
		}
		given.give(&want.entity, &have.entity)
	}
	return given, ""
}

// follow finds in args the type at a path of params, nil where there is none.
func (v *validator) follow(args, params *members, p path) *typ {
	for depth, i := range p {
		v.spend(1)
		want := &params.list[i]
		have := args.get(want.name)
		if have == nil || have.sort != want.sort {
			return nil
		}
		if depth == len(p)-1 {
			return have.typ
		}
		args, params = &have.typ.outer.exports, &want.typ.outer.exports
	}
	return nil
}

// give has a type that an argument brings take the place of the parameter's.
func (s *subst) give(want, have *entity) {
	switch want.sort {
	case binary.TypeSort:
		s.types[want.typ] = have.typ
		s.given = true
	case binary.InstanceSort:
		list := want.typ.outer.exports.list
		s.v.spend(len(list))
		for i := range list {
			if have := have.typ.outer.exports.get(list[i].name); have != nil {
				s.give(&list[i].entity, &have.entity)
			}
		}
	}
}
