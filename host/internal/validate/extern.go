package validate

import "github.com/wasikv/wasikv/host/internal/binary"

// externDesc resolves the type of an import or export.
func (v *validator) externDesc(d *binary.ExternDesc) entity {
	e := entity{sort: d.Sort}
	switch d.Sort {
	case binary.CoreModuleSort:
		t := at(v, v.scope.coreTypes, d.Index, "core type")
		if t.module == nil {
			v.fail(RuleSort, "core type %d is not a module type", d.Index)
		}
		e.module = t.module
	case binary.Func:
		e.typ = v.typeOfKind(d.Index, kindFunc)
	case binary.Value:
		e.typ = v.valType(d.Value)
	case binary.TypeSort:
		if d.Bound == binary.SubResource {
			e.typ = v.newResource()
			e.source = e.typ
			break
		}
		e.source = v.typeAt(d.Index)
		e.typ = v.rename(e.source)
	case binary.ComponentSort:
		e.typ = v.typeOfKind(d.Index, kindComponent)
	case binary.InstanceSort:
		e.typ = v.typeOfKind(d.Index, kindInstance)
	}
	return e
}

// exported gives the type of what an export definition exports: the one it is
// given, where it is.
func (v *validator) exported(d *binary.Export) entity {
	e := v.item(d.Sort, d.Index)
	if e.sort == binary.TypeSort {
		e.typ = v.rename(e.source)
	}
	if d.Desc == nil {
		return e
	}
	given := v.externDesc(d.Desc)
	if why := v.subtype(&e, &given); why != "" {
		v.fail(RuleSubtype, "what is exported does not fit the type it is given: %s", why)
	}
	return given
}

func (v *validator) importDef(name string, e entity) {
	s := v.scope
	at := len(s.imports.list)
	switch {
	case e.sort == binary.InstanceSort:
		e.typ = v.importInstance(e.typ, at)
	case e.sort == binary.TypeSort && e.typ.kind == kindResource && e.typ == e.source:
		s.imported = append(s.imported, bound{e.typ.resource, path{at}})
	}
	s.add(e)
	if !v.named(&e, s.importNamed, true) {
		v.fail(RuleVisibility, "the %v uses a type that was not imported before under a name of its own", e.sort)
	}
	v.extern("import", name, &e, &s.imports, s.importKeys, &s.importResources)
}

func (v *validator) exportDef(name string, e entity) {
	s := v.scope
	at := len(s.exports.list)
	switch {
	case e.sort == binary.InstanceSort:
		e.typ = v.exportInstance(e.typ, at)
	case e.sort == binary.TypeSort && e.typ.kind == kindResource:
		if e.typ == e.source {
			s.defined = append(s.defined, e.typ.resource)
		}
		s.explicit[e.typ.resource] = path{at}
	}
	s.add(e)
	if e.sort == binary.Value {
		s.values[len(s.values)-1].used = true
	}
	if !v.named(&e, s.exportNamed, false) {
		v.fail(RuleVisibility, "the %v uses a type that was not imported or exported before under a name of its own", e.sort)
	}
	v.extern("export", name, &e, &s.exports, s.exportKeys, &s.exportResources)
}

// importInstance makes the resources that an instance type defines imports of
// the scope: each import of the type has its own.
func (v *validator) importInstance(t *typ, at int) *typ {
	if len(t.outer.defined) == 0 {
		return t
	}
	fresh := v.freshen(t)
	for i, old := range t.outer.defined {
		v.scope.imported = append(v.scope.imported, bound{fresh[i], old.path.prefixed(at)})
	}
	return v.concrete(t, fresh)
}

// exportInstance makes the resources that an instance type defines, as it may
// where only its type is known, definitions of the scope; what the instance
// exports, the scope exports.
func (v *validator) exportInstance(t *typ, at int) *typ {
	if len(t.outer.defined) > 0 {
		fresh := v.freshen(t)
		v.scope.defined = append(v.scope.defined, fresh...)
		t = v.concrete(t, fresh)
	}
	v.spend(nodeCost * len(t.outer.explicit))
	for r, p := range t.outer.explicit {
		v.scope.explicit[r] = p.prefixed(at)
	}
	return t
}

// freshen makes a resource type for each that a type defines.
func (v *validator) freshen(t *typ) []resource {
	v.spend(nodeCost * len(t.outer.defined))
	fresh := make([]resource, len(t.outer.defined))
	for i := range fresh {
		v.resources++
		fresh[i] = v.resources
	}
	return fresh
}

// concrete puts resource types in the place of those that an instance type
// defines: the type of an instance, which defines none.
func (v *validator) concrete(t *typ, fresh []resource) *typ {
	s := v.newSubst()
	for i, old := range t.outer.defined {
		s.resources[old.resource] = fresh[i]
	}
	return v.newType(typ{kind: kindInstance, outer: &interfaceType{
		exports:  s.members(&t.outer.exports),
		explicit: s.explicit(t.outer.explicit),
	}})
}

// finish closes the scope into a type.
func (v *validator) finish() *typ {
	s := v.scope
	t := typ{kind: kindInstance, outer: &interfaceType{exports: s.exports, explicit: s.explicit}}
	if s.kind != scopeInstanceType {
		t.kind = kindComponent
		t.outer.imports = s.imports
		t.outer.imported = s.imported
		v.noLocalImports(s)
	}
	free := map[resource]struct{}{}
	v.freeMembers(&s.exports, free, map[*typ]struct{}{})
	for _, r := range s.defined {
		if _, used := free[r]; !used && s.kind != scopeInstanceType {
			continue
		}
		p, exported := s.explicit[r]
		if !exported {
			v.fail(RuleResource, "an export uses a resource type that is defined here and not exported itself")
		}
		t.outer.defined = append(t.outer.defined, bound{r, p})
	}
	return v.newType(t)
}

func (v *validator) noLocalImports(s *scope) {
	free := map[resource]struct{}{}
	v.freeMembers(&s.imports, free, map[*typ]struct{}{})
	for _, r := range s.defined {
		if _, used := free[r]; used {
			v.fail(RuleResource, "an import uses a resource type that is defined here")
		}
	}
}

// extern checks the name of an import or export and adds the item under it.
func (v *validator) extern(what, name string, e *entity, to *members, keys map[string]string, resources *resourceNames) {
	n, err := parseName(name)
	if err != nil {
		v.fail(RuleName, "%s name %q is not valid: %v", what, name, err)
	}
	if what == "export" && n.kind > nameInterface {
		v.fail(RuleName, "%q is not a valid export name: it says where to find something, and only an import can", name)
	}
	v.checkAnnotation(&n, e, resources)
	if e.sort == binary.TypeSort && e.typ.kind == kindResource {
		resources.add(name, e.typ)
	}
	if other := n.conflict(keys); other != "" {
		v.fail(RuleUnique, "%s name %q conflicts with %q", what, name, other)
	}
	keys[n.key] = name
	to.add(name, *e)
}
