package binary

import "strings"

// externName reads the name of an import or export. The prefixes 0x00 and
// 0x01, which told plain and interface names apart once, mean the same; 0x02
// adds attributes.
func (d *decoder) externName() string {
	at := d.Pos()
	b := d.Byte()
	if b > 0x02 {
		d.Unknown(at, b, "prefix of an import or export name")
	}
	name := d.name()
	// [async], [async method] and [async static]
	if strings.HasPrefix(name, "[async") {
		d.Refuse(at, FeatureAsyncName)
	}
	if b == 0x02 {
		for i := range d.Count("attributes", 2) {
			d.attribute(i)
		}
	}
	return name
}

// attribute reads the nth attribute of a name. An external-id speaks to the
// host alone, so that inside a nested component it means nothing; all others
// are refused.
func (d *decoder) attribute(n int) {
	at := d.Pos()
	kind := d.Byte()
	if kind > attrExternalID {
		d.Unknown(at, kind, "attribute of a name")
	}
	d.name()
	if kind != attrExternalID || d.components == 1 {
		d.Refuse(at, FeatureNameAttributes)
	}
	if n > 0 {
		d.Fail(at, "the attribute external-id is given twice")
	}
}

// attrExternalID is the last of the attributes implements, versionsuffix and
// external-id.
const attrExternalID = 0x02

func (d *decoder) externDesc() ExternDesc {
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		d.Expect(0x11, "the core sort of an import or export (module)")
		return ExternDesc{Sort: CoreModuleSort, Index: d.U32()}
	case 0x01:
		return ExternDesc{Sort: Func, Index: d.U32()}
	case 0x02:
		d.value(at)
		return ExternDesc{Sort: Value, Value: d.valType()}
	case 0x03:
		return d.typeBound()
	case 0x04:
		return ExternDesc{Sort: ComponentSort, Index: d.U32()}
	case 0x05:
		return ExternDesc{Sort: InstanceSort, Index: d.U32()}
	default:
		d.Unknown(at, b, "kind of import or export")
		return ExternDesc{}
	}
}

func (d *decoder) typeBound() ExternDesc {
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		return ExternDesc{Sort: TypeSort, Bound: Eq, Index: d.U32()}
	case 0x01:
		return ExternDesc{Sort: TypeSort, Bound: SubResource}
	default:
		d.Unknown(at, b, "type bound")
		return ExternDesc{}
	}
}

func (d *decoder) importDef() *Import {
	i := &Import{At: d.at()}
	i.Name = d.externName()
	i.Desc = d.externDesc()
	return i
}

func (d *decoder) exportDef() Def {
	e := &Export{At: d.at()}
	e.Name = d.externName()
	e.Sort = d.externSort()
	e.Index = d.U32()
	if d.present("the type of an export") {
		desc := d.externDesc()
		e.Desc = &desc
	}
	return e
}

func (d *decoder) exportDecl() *ExportDecl {
	e := &ExportDecl{At: d.at()}
	e.Name = d.externName()
	e.Desc = d.externDesc()
	return e
}
