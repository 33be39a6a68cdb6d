package binary

// Opcodes of core types.
const (
	opCoreFunc   = 0x60
	opCoreStruct = 0x5f
	opCoreArray  = 0x5e
	opCoreCont   = 0x5d
	opCoreModule = 0x50 // in a component; in core WebAssembly, an open subtype
	opCoreSub    = 0x50
	opCoreFinal  = 0x4f
	opCoreRec    = 0x4e
)

// coreType reads a core type definition of a component.
func (d *decoder) coreType() *CoreType {
	t := &CoreType{At: d.at()}
	at := d.Pos()
	if d.Peek() == opCoreModule {
		d.Byte()
		t.Module = d.coreModuleType()
		return t
	}
	b := d.Byte()
	if b == 0x00 {
		// The prefix of an open subtype, which 0x50 alone would make a module
		// type.
		d.Expect(opCoreSub, "the byte after the prefix of an open core type")
		d.Refuse(at, FeatureGC)
	}
	t.Func = d.coreFuncType(at, b)
	return t
}

// coreFuncType reads the rest of a core function type that begins with op.
func (d *decoder) coreFuncType(at int64, op byte) *CoreFuncType {
	switch op {
	case opCoreFunc:
	case opCoreStruct, opCoreArray, opCoreCont, opCoreFinal, opCoreRec:
		d.Refuse(at, FeatureGC)
	default:
		d.Unknown(at, op, "core type definition")
	}
	f := &CoreFuncType{}
	f.Params = d.coreVals("parameters")
	f.Results = d.coreVals("results")
	return f
}

func (d *decoder) coreVals(what string) []CoreVal {
	vals := make([]CoreVal, d.count(what, 1))
	for i := range vals {
		vals[i] = d.coreVal()
	}
	return vals
}

// coreVal reads a core value type.
func (d *decoder) coreVal() CoreVal {
	at := d.Pos()
	b := d.Byte()
	if b >= CoreV128 && b <= CoreI32 || isAbstractHeap(int64(b)-0x80) {
		return CoreVal{Code: b}
	}
	if b != CoreRef && b != CoreRefNull {
		d.Unknown(at, b, "core value type")
	}
	heapAt := d.Pos()
	heap := d.S33()
	if heap < 0 && !isAbstractHeap(heap) {
		d.Fail(heapAt, "%d is no core heap type", heap)
	}
	if heap < 0 && b == CoreRefNull {
		return CoreVal{Code: byte(heap & 0x7f)}
	}
	return CoreVal{Code: b, Heap: heap}
}

// isAbstractHeap reports whether a negative number is an abstract heap type:
// noexn 0x74, nofunc, noextern, none, func, extern, any, eq, i31, struct,
// array, exn 0x69.
func isAbstractHeap(heap int64) bool { return heap >= 0x69-0x80 && heap <= 0x74-0x80 }

func (d *decoder) coreModuleType() *CoreModuleType {
	n := d.Count("declarations", 2)
	d.spendDefs(n)
	m := &CoreModuleType{Defs: make([]CoreModuleDef, n)}
	d.path = append(d.path, step{"declaration", 0})
	top := len(d.path) - 1
	for i := range m.Defs {
		d.path[top].n = i
		m.Defs[i] = d.coreModuleDef()
	}
	d.path = d.path[:top]
	return m
}

func (d *decoder) coreModuleDef() CoreModuleDef {
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		i := &CoreImport{Module: d.name()}
		i.CoreExternDecl = d.coreExternDecl()
		return CoreModuleDef{Import: i}
	case 0x01:
		return CoreModuleDef{Type: d.coreModuleTypeDef()}
	case 0x02:
		return CoreModuleDef{Outer: d.coreOuterAlias()}
	case 0x03:
		e := d.coreExternDecl()
		return CoreModuleDef{Export: &e}
	default:
		d.Unknown(at, b, "declaration of a core module type")
		return CoreModuleDef{}
	}
}

// coreModuleTypeDef reads a core type inside a module type, where 0x50 begins
// an open subtype: a module type cannot stand in a module type.
func (d *decoder) coreModuleTypeDef() *CoreFuncType {
	at := d.Pos()
	op := d.Byte()
	if op != opCoreSub {
		return d.coreFuncType(at, op)
	}
	if d.Count("supertypes", 1) > 0 {
		d.Refuse(at, FeatureGC)
	}
	at = d.Pos()
	f := d.coreFuncType(at, d.Byte())
	f.Open = true
	return f
}

func (d *decoder) coreOuterAlias() *Alias {
	a := &Alias{At: d.at(), Sort: CoreTypeSort, Target: AliasOuter}
	d.Expect(0x10, "the sort of an alias in a core module type (type)")
	d.Expect(0x01, "the target of an alias in a core module type (outer)")
	a.Count = d.U32()
	a.Index = d.U32()
	return a
}

func (d *decoder) coreExternDecl() CoreExternDecl {
	e := CoreExternDecl{Name: d.name()}
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		e.Sort = CoreFunc
		e.Type = d.U32()
	case 0x01:
		e.Sort = CoreTable
		elemAt := d.Pos()
		e.Elem = d.coreVal()
		if e.Elem.Code >= CoreV128 {
			d.Fail(elemAt, "the elements of a table are references, not %#02x", e.Elem.Code)
		}
		d.coreLimits(&e)
	case 0x02:
		e.Sort = CoreMemory
		d.coreLimits(&e)
	case 0x03:
		e.Sort = CoreGlobal
		e.Val = d.coreVal()
		mutAt := d.Pos()
		mut := d.Byte()
		if mut > 1 {
			d.Fail(mutAt, "the mutability of a global is 0 or 1, not %#02x", mut)
		}
		e.Mutable = mut == 1
	case 0x04:
		d.Refuse(at, FeatureTags)
	case 0x20:
		d.Refuse(at, FeatureExactFunc)
	default:
		d.Unknown(at, b, "kind of core import or export")
	}
	return e
}

// coreLimits reads the limits of a table or memory type.
func (d *decoder) coreLimits(e *CoreExternDecl) {
	at := d.Pos()
	flags := d.Byte()
	switch {
	case flags > 0x0f || flags&0x08 != 0 && e.Sort == CoreTable:
		d.Fail(at, "%#02x are no flags of limits", flags)
	case flags&0x08 != 0:
		d.Refuse(at, FeaturePageSize)
	case flags&0x04 != 0:
		d.Refuse(at, FeatureMemory64)
	case flags&0x02 != 0:
		d.Refuse(at, FeatureThreads)
	}
	e.Min = d.U32()
	if flags&0x01 != 0 {
		m := d.U32()
		e.Max = &m
	}
}
