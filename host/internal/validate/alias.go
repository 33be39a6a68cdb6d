package validate

import "github.com/wasikv/wasikv/host/internal/binary"

// alias checks an alias and adds what it stands for to an index space.
func (v *validator) alias(a *binary.Alias) {
	if v.scope.kind != scopeComponent {
		v.aliasInType(a)
	}
	switch a.Target {
	case binary.AliasExport:
		in := v.instanceAt(a.Instance)
		m := in.outer.exports.get(a.Name)
		if m == nil {
			v.fail(RuleAlias, "instance %d has no export %q", a.Instance, a.Name)
		}
		if m.sort != a.Sort {
			v.fail(RuleSort, "export %q of instance %d is %s, not %s", a.Name, a.Instance, an(m.sort.String()), an(a.Sort.String()))
		}
		v.scope.add(m.entity)
	case binary.AliasCoreExport:
		v.coreAlias(a)
	case binary.AliasOuter:
		v.outerAlias(a)
	}
}

// aliasInType restricts aliases among declarations to what types are made of.
func (v *validator) aliasInType(a *binary.Alias) {
	ok := false
	switch a.Target {
	case binary.AliasExport:
		ok = a.Sort == binary.TypeSort || a.Sort == binary.InstanceSort
	case binary.AliasOuter:
		ok = a.Sort == binary.TypeSort || a.Sort == binary.CoreTypeSort
	}
	if !ok {
		v.fail(RuleAlias, "aliases in a component or instance type may only refer to types or instances")
	}
}

func (v *validator) outerAlias(a *binary.Alias) {
	from := v.enclosing(a.Count)
	switch a.Sort {
	case binary.CoreModuleSort:
		v.scope.coreModules = append(v.scope.coreModules, at(v, from.coreModules, a.Index, "core module"))
	case binary.CoreTypeSort:
		v.scope.coreTypes = append(v.scope.coreTypes, at(v, from.coreTypes, a.Index, "core type"))
	case binary.ComponentSort:
		v.scope.components = append(v.scope.components, at(v, from.components, a.Index, "component"))
	case binary.TypeSort:
		t := at(v, from.types, a.Index, "type")
		if a.Count > 0 && v.enclosing(a.Count-1).kind == scopeComponent && !v.isClosed(t) {
			v.fail(RuleResource, "type %d of an enclosing component refers to resources that are not defined in the current component", a.Index)
		}
		v.scope.types = append(v.scope.types, t)
	}
}

// isClosed reports whether a type mentions no resource that it does not bind.
func (v *validator) isClosed(t *typ) bool {
	if !t.open {
		return true
	}
	if closed, known := v.closed[t]; known {
		return closed
	}
	free := map[resource]struct{}{}
	v.free(t, free, map[*typ]struct{}{})
	v.closed[t] = len(free) == 0
	return len(free) == 0
}

// free collects the resources that a type mentions and does not bind.
func (v *validator) free(t *typ, set map[resource]struct{}, visited map[*typ]struct{}) {
	if t == nil || !t.open {
		return
	}
	if t.kind == kindResource {
		set[t.resource] = struct{}{}
		return
	}
	if _, done := visited[t]; done {
		return
	}
	visited[t] = struct{}{}
	v.spend(1)
	for _, p := range t.parts {
		v.free(p, set, visited)
	}
	v.free(t.result, set, visited)
	if t.outer == nil {
		return
	}
	v.freeMembers(&t.outer.imports, set, visited)
	v.freeMembers(&t.outer.exports, set, visited)
	for _, b := range t.outer.imported {
		delete(set, b.resource)
	}
	for _, b := range t.outer.defined {
		delete(set, b.resource)
	}
}

func (v *validator) freeMembers(m *members, set map[resource]struct{}, visited map[*typ]struct{}) {
	v.spend(len(m.list))
	for i := range m.list {
		v.free(m.list[i].typ, set, visited)
	}
}
