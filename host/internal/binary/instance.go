package binary

// coreSortByte gives the sort of a core:sort byte.
func (d *decoder) coreSort(at int64, b byte) Sort {
	switch b {
	case 0x00:
		return CoreFunc
	case 0x01:
		return CoreTable
	case 0x02:
		return CoreMemory
	case 0x03:
		return CoreGlobal
	case 0x04:
		d.Refuse(at, FeatureTags)
	case 0x10:
		return CoreTypeSort
	case 0x11:
		return CoreModuleSort
	case 0x12:
		return CoreInstanceSort
	}
	d.Unknown(at, b, "core sort")
	return 0
}

// sort reads a sort.
func (d *decoder) sort() Sort {
	at := d.Pos()
	b := d.Byte()
	switch b {
	case 0x00:
		at := d.Pos()
		return d.coreSort(at, d.Byte())
	case 0x01:
		return Func
	case 0x02:
		d.value(at)
		return Value
	case 0x03:
		return TypeSort
	case 0x04:
		return ComponentSort
	case 0x05:
		return InstanceSort
	}
	d.Unknown(at, b, "sort")
	return 0
}

// value refuses component-level values where they would have to exist: a
// nested component that is never instantiated may speak of them.
func (d *decoder) value(at int64) {
	if d.components == 1 {
		d.Refuse(at, FeatureValues)
	}
}

// externSort reads the sort of something that components can exchange: no
// core sort but core modules.
func (d *decoder) externSort() Sort {
	at := d.Pos()
	s := d.sort()
	if s < Func && s != CoreModuleSort {
		d.Fail(at, "a %v cannot cross a component boundary", s)
	}
	return s
}

func (d *decoder) coreInstance() Def {
	in := &CoreInstance{At: d.at()}
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		in.Instantiate = true
		in.Module = d.U32()
		in.Args = make([]CoreArg, d.count("arguments", 3))
		for i := range in.Args {
			a := &in.Args[i]
			a.Name = d.name()
			d.Expect(0x12, "the sort of an argument of a core module (instance)")
			a.Instance = d.U32()
		}
	case 0x01:
		in.Exports = make([]CoreExport, d.count("exports", 3))
		for i := range in.Exports {
			e := &in.Exports[i]
			e.Name = d.name()
			at := d.Pos()
			e.Sort = d.coreSort(at, d.Byte())
			if e.Sort >= CoreTypeSort {
				d.Fail(at, "a core instance cannot export a %v", e.Sort)
			}
			e.Index = d.U32()
		}
	default:
		d.Unknown(at, b, "form of a core instance")
	}
	return in
}

func (d *decoder) instance() Def {
	in := &Instance{At: d.at()}
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		in.Instantiate = true
		in.Component = d.U32()
		in.Args = make([]Arg, d.count("arguments", 3))
		for i := range in.Args {
			a := &in.Args[i]
			a.Name = d.name()
			a.Sort = d.externSort()
			a.Index = d.U32()
		}
	case 0x01:
		in.Exports = make([]InlineExport, d.count("exports", 4))
		for i := range in.Exports {
			e := &in.Exports[i]
			e.Name = d.externName()
			e.Sort = d.externSort()
			e.Index = d.U32()
		}
	default:
		d.Unknown(at, b, "form of an instance")
	}
	return in
}

func (d *decoder) alias() *Alias {
	a := &Alias{At: d.at()}
	sortAt := d.Pos()
	a.Sort = d.sort()
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		a.Target = AliasExport
		if a.Sort < Func && a.Sort != CoreModuleSort {
			d.Fail(sortAt, "an instance cannot export a %v", a.Sort)
		}
		a.Instance = d.U32()
		a.Name = d.name()
	case 0x01:
		a.Target = AliasCoreExport
		if a.Sort >= CoreTypeSort {
			d.Fail(sortAt, "a core instance cannot export a %v", a.Sort)
		}
		a.Instance = d.U32()
		a.Name = d.name()
	case 0x02:
		a.Target = AliasOuter
		switch a.Sort {
		case CoreModuleSort, CoreTypeSort, TypeSort, ComponentSort:
		default:
			d.Fail(sortAt, "a %v of an enclosing component cannot be aliased: only types, components and core modules", a.Sort)
		}
		a.Count = d.U32()
		a.Index = d.U32()
	default:
		d.Unknown(at, b, "alias target")
	}
	return a
}
