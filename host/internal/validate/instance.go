package validate

import "github.com/wasikv/wasikv/host/internal/binary"

// bundle checks an instance made of items in place.
func (v *validator) bundle(exports []binary.InlineExport) *typ {
	out := &interfaceType{explicit: map[resource]path{}}
	keys := map[string]string{}
	for i := range exports {
		x := &exports[i]
		e := v.item(x.Sort, x.Index)
		switch {
		case e.sort == binary.InstanceSort:
			v.spend(nodeCost * len(e.typ.outer.explicit))
			for r, p := range e.typ.outer.explicit {
				out.explicit[r] = p.prefixed(i)
			}
		case e.sort == binary.TypeSort && e.typ.kind == kindResource:
			out.explicit[e.typ.resource] = path{i}
		}
		// Items come from elsewhere, so that no resource has a name here.
		v.extern("export", x.Name, &e, &out.exports, keys, &resourceNames{})
	}
	return v.newType(typ{kind: kindInstance, outer: out})
}

// instance checks an instance definition.
func (v *validator) instance(d *binary.Instance) *typ {
	if !d.Instantiate {
		return v.bundle(d.Exports)
	}
	c := at(v, v.scope.components, d.Component, "component")
	var args members
	for i := range d.Args {
		a := &d.Args[i]
		if !args.add(a.Name, v.item(a.Sort, a.Index)) {
			v.fail(RuleUnique, "the argument %q is given twice", a.Name)
		}
	}
	return v.instantiate(c, &args)
}

// instantiate gives the type of an instance of a component: its exports, with
// the resources of the arguments for those it imports, and new ones for those
// it defines, which are the scope's from here on.
func (v *validator) instantiate(c *typ, args *members) *typ {
	s, why := v.open(args, &c.outer.imports, c.outer.imported, "import")
	if why != "" {
		v.fail(RuleSubtype, "component arguments do not fit: %s", why)
	}
	fresh := v.freshen(c)
	for i, r := range fresh {
		s.resources[c.outer.defined[i].resource] = r
	}
	v.scope.defined = append(v.scope.defined, fresh...)
	return v.newType(typ{kind: kindInstance, outer: &interfaceType{
		exports:  s.members(&c.outer.exports),
		explicit: s.explicit(c.outer.explicit),
	}})
}
