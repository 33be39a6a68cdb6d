package validate

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/binary"
)

// coreInstance checks a core instance definition.
func (v *validator) coreInstance(d *binary.CoreInstance) *coreInstance {
	if d.Instantiate {
		return v.instantiateModule(d)
	}
	in := &coreInstance{exports: make(map[string]coreExtern, len(d.Exports))}
	v.spend(nodeCost * len(d.Exports))
	for i := range d.Exports {
		x := &d.Exports[i]
		if _, twice := in.exports[x.Name]; twice {
			v.fail(RuleUnique, "%q is exported twice", x.Name)
		}
		in.exports[x.Name] = v.coreItem(x.Sort, x.Index)
	}
	return in
}

// coreItem looks up what an index of a core sort stands for.
func (v *validator) coreItem(s binary.Sort, i uint32) coreExtern {
	e := coreExtern{sort: s}
	switch s {
	case binary.CoreFunc:
		e.fn = v.coreFuncAt(i)
	case binary.CoreTable:
		e.table = at(v, v.scope.coreTables, i, "core table")
	case binary.CoreMemory:
		e.memory = at(v, v.scope.coreMemories, i, "core memory")
	case binary.CoreGlobal:
		e.global = at(v, v.scope.coreGlobals, i, "core global")
	}
	return e
}

func (v *validator) instantiateModule(d *binary.CoreInstance) *coreInstance {
	m := at(v, v.scope.coreModules, d.Module, "core module")
	args := make(map[string]*coreInstance, len(d.Args))
	for i := range d.Args {
		a := &d.Args[i]
		if args[a.Name] != nil {
			v.fail(RuleUnique, "the argument %q is given twice", a.Name)
		}
		args[a.Name] = at(v, v.scope.coreInstances, a.Instance, "core instance")
	}
	v.spend(len(d.Args) + len(m.imports))
	for i := range m.imports {
		im := &m.imports[i]
		arg := args[im.module]
		if arg == nil {
			v.fail(RuleSubtype, "core module %d imports %q, and no such argument is given", d.Module, im.module)
		}
		have, found := arg.exports[im.name]
		if !found {
			v.fail(RuleSubtype, "core module %d imports %q of %q, and the argument has no such export", d.Module, im.name, im.module)
		}
		if why := v.coreSubtype(&have, &im.coreExtern); why != "" {
			v.fail(RuleSubtype, "core module %d imports %q of %q: %s", d.Module, im.name, im.module, why)
		}
	}
	return &coreInstance{exports: m.exports}
}

// coreAlias adds an export of a core instance to an index space.
func (v *validator) coreAlias(a *binary.Alias) {
	in := at(v, v.scope.coreInstances, a.Instance, "core instance")
	e, found := in.exports[a.Name]
	if !found {
		v.fail(RuleAlias, "core instance %d has no export %q", a.Instance, a.Name)
	}
	if e.sort != a.Sort {
		v.fail(RuleSort, "export %q of core instance %d is %s, not %s", a.Name, a.Instance, an(e.sort.String()), an(a.Sort.String()))
	}
	s := v.scope
	switch a.Sort {
	case binary.CoreFunc:
		s.coreFuncs = append(s.coreFuncs, e.fn)
	case binary.CoreTable:
		s.coreTables = append(s.coreTables, e.table)
	case binary.CoreMemory:
		s.coreMemories = append(s.coreMemories, e.memory)
	case binary.CoreGlobal:
		s.coreGlobals = append(s.coreGlobals, e.global)
	}
}

// moduleSubtype: b's imports are enough for a, and a has b's exports.
func (v *validator) moduleSubtype(a, b *moduleType) (why string) {
	if a == b {
		return ""
	}
	v.spend(2 * (len(a.imports) + len(b.imports) + len(b.exports)))
	given := make(map[[2]string]*coreExtern, len(b.imports))
	for i := range b.imports {
		given[[2]string{b.imports[i].module, b.imports[i].name}] = &b.imports[i].coreExtern
	}
	for i := range a.imports {
		im := &a.imports[i]
		have := given[[2]string{im.module, im.name}]
		if have == nil {
			return fmt.Sprintf("it imports %q of %q, which is not expected", im.name, im.module)
		}
		if why := v.coreSubtype(have, &im.coreExtern); why != "" {
			return fmt.Sprintf("import %q of %q: %s", im.name, im.module, why)
		}
	}
	for name, want := range b.exports {
		have, found := a.exports[name]
		if !found {
			return fmt.Sprintf("missing export %q", name)
		}
		if why := v.coreSubtype(&have, &want); why != "" {
			return fmt.Sprintf("export %q: %s", name, why)
		}
	}
	return ""
}

// coreSubtype tells why a core item does not fit where b is asked for.
func (v *validator) coreSubtype(a, b *coreExtern) (why string) {
	if a.sort != b.sort {
		return fmt.Sprintf("expected %s, found %s", an(b.sort.String()), an(a.sort.String()))
	}
	switch a.sort {
	case binary.CoreFunc:
		if a.fn != b.fn {
			return fmt.Sprintf("expected a function %s, found %s", v.spell(b.fn), v.spell(a.fn))
		}
	case binary.CoreTable:
		if a.table.elem != b.table.elem {
			return "the elements of the table are of another type"
		}
		return limitsFit(a.table.min, b.table.min, a.table.max, b.table.max)
	case binary.CoreMemory:
		return limitsFit(a.memory.Min, b.memory.Min, a.memory.Max, b.memory.Max)
	case binary.CoreGlobal:
		if a.global.mutable != b.global.mutable {
			return "one global is mutable, the other is not"
		}
		if a.global.val != b.global.val {
			return "the global is of another type"
		}
	}
	return ""
}

func limitsFit(haveMin, wantMin uint32, haveMax, wantMax *uint32) (why string) {
	switch {
	case haveMin < wantMin:
		return fmt.Sprintf("expected at least %d, found %d", wantMin, haveMin)
	case wantMax != nil && haveMax == nil:
		return fmt.Sprintf("expected at most %d, found no maximum", *wantMax)
	case wantMax != nil && *haveMax > *wantMax:
		return fmt.Sprintf("expected at most %d, found %d", *wantMax, *haveMax)
	}
	return ""
}
