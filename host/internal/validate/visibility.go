package validate

import "github.com/wasikv/wasikv/host/internal/binary"

// named reports whether an import or export uses only types that have a name
// in set, and gives names to the types that it brings along.
func (v *validator) named(e *entity, set map[identity]struct{}, isImport bool) bool {
	if v.scope.kind == scopeInstanceType {
		return true
	}
	switch e.sort {
	case binary.TypeSort:
		if !v.allNamed(e.source, set) {
			return false
		}
		v.spend(nodeCost)
		id := e.typ.identity()
		v.scope.exportNamed[id] = struct{}{}
		if isImport {
			v.scope.importNamed[id] = struct{}{}
		}
	case binary.InstanceSort:
		list := e.typ.outer.exports.list
		v.spend(len(list))
		for i := range list {
			if !v.named(&list[i].entity, set, isImport) {
				return false
			}
		}
	case binary.Func:
		return v.partsNamed(e.typ, set)
	case binary.Value:
		return v.hasName(e.typ, set)
	}
	return true
}

// allNamed reports whether what a type is made of has names; the type itself
// is about to get one.
func (v *validator) allNamed(t *typ, set map[identity]struct{}) bool {
	switch t.kind {
	case kindResource, kindComponent:
		// A resource gets its name here; a component type was checked when it
		// was made.
		return true
	case kindInstance:
		list := t.outer.exports.list
		v.spend(len(list))
		for i := range list {
			switch e := &list[i]; e.sort {
			case binary.CoreModuleSort, binary.ComponentSort:
			default:
				if !v.allNamed(e.typ, set) {
					return false
				}
			}
		}
		return true
	}
	return v.partsNamed(t, set)
}

func (v *validator) partsNamed(t *typ, set map[identity]struct{}) bool {
	if t.kind == kindOwn || t.kind == kindBorrow {
		_, ok := set[t.parts[0].identity()]
		return ok
	}
	for _, p := range t.parts {
		if !v.hasName(p, set) {
			return false
		}
	}
	return v.hasName(t.result, set)
}

// hasName reports whether a type may be used: it has a name, or is of a kind
// that needs none and made of such.
func (v *validator) hasName(t *typ, set map[identity]struct{}) bool {
	if t == nil {
		return true
	}
	v.spend(1)
	switch t.kind {
	case kindPrimitive:
		return true
	case kindRecord, kindVariant, kindEnum, kindFlags:
		_, ok := set[t.identity()]
		return ok
	}
	return v.partsNamed(t, set)
}
