package validate

import (
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
)

// coreModule checks a core module and gives its type.
func (v *validator) coreModule(d *binary.CoreModule) *moduleType {
	m, err := v.module(d)
	if err != nil {
		panic(stop{err})
	}
	t := &moduleType{exports: make(map[string]coreExtern, len(m.Exports))}
	v.spend(nodeCost * (len(m.Types) + len(m.Imports) + len(m.Exports)))
	sigs := make(map[*core.FuncType]sig, len(m.Types))
	for i := range m.Types {
		f := &m.Types[i]
		sigs[f] = v.sigOf(coreVals(f.Params), coreVals(f.Results))
	}
	for i := range m.Imports {
		im := &m.Imports[i]
		t.imports = append(t.imports, coreImport{im.Module, im.Name, coreExternOf(&im.Extern, sigs)})
	}
	v.uniqueImports(t)
	for i := range m.Exports {
		t.exports[m.Exports[i].Name] = coreExternOf(&m.Exports[i].Extern, sigs)
	}
	return t
}

// uniqueImports: two imports of one name cannot both be given.
func (v *validator) uniqueImports(t *moduleType) {
	seen := make(map[[2]string]struct{}, len(t.imports))
	for i := range t.imports {
		key := [2]string{t.imports[i].module, t.imports[i].name}
		if _, twice := seen[key]; twice {
			v.fail(RuleUnique, "a core module imports %q of %q twice", key[1], key[0])
		}
		seen[key] = struct{}{}
	}
}

// coreExternOf gives the type of an import or export of a module, whose function
// types have sigs.
func coreExternOf(e *core.Extern, sigs map[*core.FuncType]sig) coreExtern {
	switch e.Kind {
	case core.Func:
		return coreExtern{sort: binary.CoreFunc, fn: sigs[e.Func]}
	case core.Table:
		return coreExtern{sort: binary.CoreTable, table: tableType{coreVal(e.Table.Elem), e.Table.Min, e.Table.Max}}
	case core.Memory:
		return coreExtern{sort: binary.CoreMemory, memory: e.Memory}
	}
	return coreExtern{sort: binary.CoreGlobal, global: globalType{coreVal(e.Global.Value), e.Global.Mutable}}
}

func coreVals(codes []core.ValueType) []coreVal {
	vals := make([]coreVal, len(codes))
	for i, c := range codes {
		vals[i] = coreVal(c)
	}
	return vals
}

// coreType checks a core type definition.
func (v *validator) coreType(d *binary.CoreType) coreTypeDef {
	if d.Module != nil {
		return coreTypeDef{module: v.moduleTypeDef(d.Module)}
	}
	return coreTypeDef{sig: v.coreFuncType(d.Func, v.scope.coreTypes)}
}

// coreFuncType checks a core function type, which may refer to the types
// before it.
func (v *validator) coreFuncType(f *binary.CoreFuncType, space []coreTypeDef) sig {
	return v.intern(coreFunc{v.declaredVals(f.Params, space), v.declaredVals(f.Results, space), f.Open})
}

func (v *validator) declaredVals(declared []binary.CoreVal, space []coreTypeDef) []coreVal {
	vals := make([]coreVal, len(declared))
	for i, d := range declared {
		vals[i] = v.declaredVal(d, space)
	}
	return vals
}

func (v *validator) declaredVal(d binary.CoreVal, space []coreTypeDef) coreVal {
	if d.Code != binary.CoreRef && d.Code != binary.CoreRefNull {
		return coreVal(d.Code)
	}
	heap := d.Heap
	if heap >= 0 {
		t := at(v, space, uint32(heap), "core type")
		if t.module != nil {
			v.fail(RuleSort, "core type %d is a module type, and a reference cannot be to one", heap)
		}
		heap = int64(t.sig)
	}
	return coreVal(d.Code) | coreVal(heap)<<heapShift
}

// moduleTypeDef checks a core module type, which has a type space of its own.
func (v *validator) moduleTypeDef(d *binary.CoreModuleType) *moduleType {
	t := &moduleType{exports: map[string]coreExtern{}}
	var space []coreTypeDef
	v.spend(nodeCost * len(d.Defs))
	for i := range d.Defs {
		switch def := &d.Defs[i]; {
		case def.Type != nil:
			space = append(space, coreTypeDef{sig: v.coreFuncType(def.Type, space)})
		case def.Outer != nil:
			space = append(space, v.coreOuter(def.Outer, space))
		case def.Import != nil:
			t.imports = append(t.imports, coreImport{def.Import.Module, def.Import.Name, v.declaredExtern(&def.Import.CoreExternDecl, space)})
		default:
			name := def.Export.Name
			if _, twice := t.exports[name]; twice {
				v.fail(RuleUnique, "a core module type exports %q twice", name)
			}
			t.exports[name] = v.declaredExtern(def.Export, space)
		}
	}
	v.uniqueImports(t)
	return t
}

// coreOuter resolves an alias in a module type: 0 scopes out is the module
// type itself.
func (v *validator) coreOuter(a *binary.Alias, space []coreTypeDef) coreTypeDef {
	if a.Count > 0 {
		space = v.enclosing(a.Count - 1).coreTypes
	}
	t := at(v, space, a.Index, "core type")
	if t.module != nil {
		v.fail(RuleSort, "core type %d is a module type, which a module type cannot refer to", a.Index)
	}
	return t
}

// maxPages is how many pages a memory can have.
const maxPages = 1 << 16

func (v *validator) declaredExtern(d *binary.CoreExternDecl, space []coreTypeDef) coreExtern {
	e := coreExtern{sort: d.Sort}
	if d.Max != nil && *d.Max < d.Min {
		v.fail(RuleType, "%q: the maximum %d is less than the minimum %d", d.Name, *d.Max, d.Min)
	}
	switch d.Sort {
	case binary.CoreFunc:
		t := at(v, space, d.Type, "core type")
		if t.module != nil {
			v.fail(RuleSort, "core type %d is not a function type", d.Type)
		}
		e.fn = t.sig
	case binary.CoreTable:
		e.table = tableType{v.declaredVal(d.Elem, space), d.Min, d.Max}
	case binary.CoreMemory:
		if d.Min > maxPages || d.Max != nil && *d.Max > maxPages {
			v.fail(RuleType, "memory %q: a memory has at most %d pages (4 GiB)", d.Name, maxPages)
		}
		e.memory = core.MemoryType{Min: d.Min, Max: d.Max}
	case binary.CoreGlobal:
		e.global = globalType{v.declaredVal(d.Val, space), d.Mutable}
	}
	return e
}
