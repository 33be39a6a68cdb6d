package validate

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// coreVal is a core value type: its binary code, and, above it, the heap type
// of a long-form reference.
type coreVal uint64

const (
	coreI32 coreVal = binary.CoreI32
	// heapShift is where the heap type begins. An abstract one is a negative
	// number, a concrete one the sig it refers to.
	heapShift = 8
)

// sig is a core function type: the index of its entry in sigTable. Types are
// the same where their sigs are.
type sig uint32

// coreFunc is a core function type.
type coreFunc struct {
	params, results []coreVal
	open            bool // may have subtypes
}

// coreTypeDef is an entry of the core type index space.
type coreTypeDef struct {
	sig    sig
	module *moduleType // nil: a function type
}

// moduleType is the type of a core module.
type moduleType struct {
	imports []coreImport
	exports map[string]coreExtern
}

type coreImport struct {
	module, name string
	coreExtern
}

// coreExtern is the type of a core item: the field of its sort counts.
type coreExtern struct {
	sort   binary.Sort
	fn     sig
	table  tableType
	memory core.MemoryType
	global globalType
}

type tableType struct {
	elem coreVal
	min  uint32
	max  *uint32
}

type globalType struct {
	val     coreVal
	mutable bool
}

// coreInstance is the type of a core instance.
type coreInstance struct{ exports map[string]coreExtern }

// sigOf gives the sig of a function type.
func (v *validator) sigOf(params, results []coreVal) sig {
	return v.intern(coreFunc{params, results, false})
}

func (v *validator) intern(f coreFunc) sig {
	v.spend(1 + len(f.params) + len(f.results))
	var key strings.Builder
	for _, vals := range [][]coreVal{f.params, f.results} {
		for _, t := range vals {
			for range 8 {
				key.WriteByte(byte(t))
				t >>= 8
			}
		}
		key.WriteByte(0)
	}
	if f.open {
		key.WriteByte(1)
	}
	if s, known := v.sigs[key.String()]; known {
		return s
	}
	s := sig(len(v.sigTable))
	v.sigTable = append(v.sigTable, f)
	v.sigs[key.String()] = s
	return s
}

var coreValNames = map[coreVal]string{
	binary.CoreI32: "i32", binary.CoreI64: "i64", binary.CoreF32: "f32", binary.CoreF64: "f64",
	binary.CoreV128: "v128", binary.CoreFuncRef: "funcref", binary.CoreExternRef: "externref",
}

// spell spells a core function type.
func (v *validator) spell(s sig) string {
	f := &v.sigTable[s]
	list := func(vals []coreVal) string {
		names := make([]string, len(vals))
		for i, t := range vals {
			if names[i] = coreValNames[t]; names[i] == "" {
				names[i] = fmt.Sprintf("ref(%#x)", uint64(t))
			}
		}
		return "[" + strings.Join(names, " ") + "]"
	}
	return list(f.params) + " -> " + list(f.results)
}

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

// flat gives a flattened signature as a sig.
func (v *validator) flat(params, results []types.CoreType) sig {
	vals := func(list []types.CoreType) []coreVal {
		out := make([]coreVal, len(list))
		for i, t := range list {
			out[i] = coreVal(t)
		}
		return out
	}
	return v.sigOf(vals(params), vals(results))
}
