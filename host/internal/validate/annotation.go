package validate

import "github.com/wasikv/wasikv/host/internal/binary"

// resourceNames are the resources of a scope that methods can be of.
type resourceNames struct {
	names map[identity]string
	known map[string]bool
}

func (r *resourceNames) add(name string, t *typ) {
	if r.names == nil {
		r.names, r.known = map[identity]string{}, map[string]bool{}
	}
	r.names[t.identity()] = name
	r.known[name] = true
}

// checkAnnotation checks that the item fits an annotated name such as
// [method]r.m.
func (v *validator) checkAnnotation(n *externName, e *entity, resources *resourceNames) {
	if n.kind < nameConstructor || n.kind > nameStatic {
		return
	}
	if e.sort != binary.Func {
		v.fail(RuleName, "%q must be a function, and is %s", n.text, an(e.sort.String()))
	}
	f := e.typ
	switch n.kind {
	case nameConstructor:
		r := f.result
		if r != nil && r.kind == kindResult && r.parts[0] != nil {
			r = r.parts[0]
		}
		if r == nil || r.kind != kindOwn {
			v.fail(RuleName, "constructor %q must return own<%s>, or a result of it", n.text, n.resource)
		}
		v.checkResource(n, r.parts[0], resources)
	case nameMethod:
		if len(f.parts) == 0 || f.names[0] != "self" || f.parts[0].kind != kindBorrow {
			v.fail(RuleName, "method %q must have a first parameter self: borrow<%s>", n.text, n.resource)
		}
		v.checkResource(n, f.parts[0].parts[0], resources)
	case nameStatic:
		if !resources.known[n.resource] {
			v.fail(RuleName, "%q is static in resource %q, and there is none here", n.text, n.resource)
		}
	}
}

func (v *validator) checkResource(n *externName, t *typ, resources *resourceNames) {
	name, known := resources.names[t.identity()]
	if !known {
		v.fail(RuleName, "the resource type of %q has no name here", n.text)
	}
	if name != n.resource {
		v.fail(RuleName, "the resource type of %q is called %q here", n.text, name)
	}
}
