package validate

// subst puts resource types, and types, in the place of others, inside types.
type subst struct {
	v         *validator
	resources map[resource]resource
	// types has what is known already; it begins with the types that an
	// instantiation gives for those that the component imports.
	types map[*typ]*typ
	// given says that types were given, so that types without resources may
	// change, too.
	given bool
}

func (v *validator) newSubst() *subst {
	return &subst{v: v, resources: map[resource]resource{}, types: map[*typ]*typ{}}
}

// typ gives a type with everything in it replaced: the same node where nothing
// was.
func (s *subst) typ(t *typ) *typ {
	if t == nil || !t.open && !s.given {
		return t
	}
	if n, known := s.types[t]; known {
		return n
	}
	s.v.spend(2)
	n := s.replace(t)
	s.types[t] = n
	return n
}

func (s *subst) replace(t *typ) *typ {
	if t.kind == kindResource {
		r, found := s.resources[t.resource]
		if !found {
			return t
		}
		s.v.spend(nodeCost)
		n := *t
		n.resource = r
		return &n
	}
	n := *t
	changed := false
	for i, p := range t.parts {
		q := s.typ(p)
		if q != p && !changed {
			n.parts = append([]*typ(nil), t.parts...)
			changed = true
		}
		n.parts[i] = q
	}
	if n.result = s.typ(t.result); n.result != t.result {
		changed = true
	}
	if t.outer != nil {
		if outer := s.interfaceOf(t.outer); outer != t.outer {
			n.outer = outer
			changed = true
		}
	}
	if !changed {
		return t
	}
	return s.v.newType(n)
}

func (s *subst) interfaceOf(t *interfaceType) *interfaceType {
	n := &interfaceType{
		imports:  s.members(&t.imports),
		exports:  s.members(&t.exports),
		imported: s.bounds(t.imported),
		defined:  s.bounds(t.defined),
		explicit: s.explicit(t.explicit),
	}
	same := sameList(n.imports.list, t.imports.list) && sameList(n.exports.list, t.exports.list) &&
		sameList(n.imported, t.imported) && sameList(n.defined, t.defined)
	if same {
		return t
	}
	return n
}

// sameList reports whether two lists are one.
func sameList[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// members gives members with everything in them replaced: the same list where
// nothing was.
func (s *subst) members(m *members) members {
	s.v.spend(len(m.list))
	n := *m
	changed := false
	for i := range m.list {
		old := &m.list[i]
		e := s.entity(old.entity)
		if e == old.entity {
			continue
		}
		if !changed {
			s.v.spend(2 * len(m.list))
			n.list = append([]member(nil), m.list...)
			changed = true
		}
		n.list[i].entity = e
	}
	return n
}

func (s *subst) entity(e entity) entity {
	if e.typ == nil {
		return e
	}
	if e.source == nil || e.source == e.typ {
		e.typ = s.typ(e.typ)
		if e.source != nil {
			e.source = e.typ
		}
		return e
	}
	e.source = s.typ(e.source)
	e.typ = s.typ(e.typ)
	return e
}

func (s *subst) bounds(list []bound) []bound {
	out := list
	for i, b := range list {
		r, found := s.resources[b.resource]
		if !found {
			continue
		}
		if sameList(out, list) {
			out = append([]bound(nil), list...)
		}
		out[i].resource = r
	}
	return out
}

func (s *subst) explicit(m map[resource]path) map[resource]path {
	s.v.spend(nodeCost * len(m))
	out := make(map[resource]path, len(m))
	for r, p := range m {
		if n, found := s.resources[r]; found {
			r = n
		}
		out[r] = p
	}
	return out
}
