package binary

// Opcodes of type definitions.
const (
	opRecord       = 0x72
	opVariant      = 0x71
	opList         = 0x70
	opTuple        = 0x6f
	opFlags        = 0x6e
	opEnum         = 0x6d
	opOption       = 0x6b
	opResult       = 0x6a
	opOwn          = 0x69
	opBorrow       = 0x68
	opFixedList    = 0x67
	opStream       = 0x66
	opFuture       = 0x65
	opErrorContext = 0x64
	opMap          = 0x63
	opAsyncFunc    = 0x43
	opInstance     = 0x42
	opComponent    = 0x41
	opFunc         = 0x40
	opResource     = 0x3f
)

func isPrimitive(b int) bool { return b >= int(String) && b <= int(Bool) }

// valType reads a value type in place.
func (d *decoder) valType() ValType {
	switch b := d.Peek(); {
	case isPrimitive(b):
		return ValType{Primitive: Primitive(d.Byte())}
	case b == opErrorContext:
		d.Refuse(d.Pos(), FeatureErrorContext)
	}
	at := d.Pos()
	i := d.S33()
	if i < 0 {
		d.Fail(at, "%#02x is neither a primitive value type nor a type index", byte(i&0x7f))
	}
	return ValType{Index: uint32(i)}
}

func (d *decoder) optionalType(what string) *ValType {
	if !d.present(what) {
		return nil
	}
	t := d.valType()
	return &t
}

func (d *decoder) typeDef() *Type {
	t := &Type{At: d.at()}
	at := d.Pos()
	op := d.Byte()
	switch op {
	case opRecord:
		t.Kind = TypeRecord
		t.Fields = d.fields("fields")
	case opVariant:
		t.Kind = TypeVariant
		t.Fields = make([]Field, d.count("cases", 3))
		for i := range t.Fields {
			t.Fields[i].Name = d.name()
			t.Fields[i].Type = d.optionalType("the payload of a case")
			d.Expect(0x00, "the byte after a case (its refinement)")
		}
	case opList:
		t.Kind = TypeList
		t.Elem = d.valType()
	case opTuple:
		t.Kind = TypeTuple
		t.Fields = make([]Field, d.count("elements", 1))
		for i := range t.Fields {
			v := d.valType()
			t.Fields[i].Type = &v
		}
	case opFlags:
		t.Kind = TypeFlags
		t.Labels = d.labels()
	case opEnum:
		t.Kind = TypeEnum
		t.Labels = d.labels()
	case opOption:
		t.Kind = TypeOption
		t.Elem = d.valType()
	case opResult:
		t.Kind = TypeResult
		t.Ok = d.optionalType("the type of ok")
		t.Err = d.optionalType("the type of error")
	case opOwn:
		t.Kind = TypeOwn
		t.Resource = d.U32()
	case opBorrow:
		t.Kind = TypeBorrow
		t.Resource = d.U32()
	case opFunc:
		t.Kind = TypeFunc
		t.Params = d.fields("parameters")
		t.Result = d.result()
	case opComponent:
		t.Kind = TypeComponent
		t.Decls = d.decls(true)
	case opInstance:
		t.Kind = TypeInstance
		t.Decls = d.decls(false)
	case opResource:
		t.Kind = TypeResource
		d.resource(t)
	default:
		if !isPrimitive(int(op)) {
			d.refuseType(at, op)
		}
		t.Kind = TypePrimitive
		t.Primitive = Primitive(op)
	}
	return t
}

// refuseType ends the decode at an opcode that defines no 0.2 type.
func (d *decoder) refuseType(at int64, op byte) {
	switch op {
	case opFixedList:
		d.Refuse(at, FeatureFixedList)
	case opStream:
		d.Refuse(at, FeatureStream)
	case opFuture:
		d.Refuse(at, FeatureFuture)
	case opErrorContext:
		d.Refuse(at, FeatureErrorContext)
	case opMap:
		d.Refuse(at, FeatureMap)
	case opAsyncFunc:
		d.Refuse(at, FeatureAsyncFunc)
	}
	d.Unknown(at, op, "type definition")
}

func (d *decoder) fields(what string) []Field {
	fields := make([]Field, d.count(what, 2))
	for i := range fields {
		fields[i].Name = d.name()
		t := d.valType()
		fields[i].Type = &t
	}
	return fields
}

func (d *decoder) labels() []string {
	labels := make([]string, d.count("labels", 1))
	for i := range labels {
		labels[i] = d.name()
	}
	return labels
}

// result reads what a function returns: one type or nothing. Named results,
// which an earlier format had in the place of nothing, must be none.
func (d *decoder) result() *ValType {
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0x00:
		t := d.valType()
		return &t
	case 0x01:
		d.Expect(0x00, "the number of named results")
	default:
		d.Unknown(at, b, "form of function results")
	}
	return nil
}

func (d *decoder) resource(t *Type) {
	at := d.Pos()
	switch b := d.Byte(); b {
	case CoreI32:
	case CoreI64:
		d.Refuse(at, FeatureResource64)
	default:
		d.Fail(at, "the representation of a resource is i32, not %#02x", b)
	}
	if d.present("a destructor") {
		f := d.U32()
		t.Dtor = &f
	}
}

// decls reads the declarations of a component or instance type.
func (d *decoder) decls(component bool) []Def {
	d.nest()
	n := d.Count("declarations", 2)
	d.spendDefs(n)
	decls := make([]Def, n)
	d.path = append(d.path, step{"declaration", 0})
	top := len(d.path) - 1
	for i := range decls {
		d.path[top].n = i
		decls[i] = d.decl(component)
	}
	d.path = d.path[:top]
	d.nesting--
	return decls
}

func (d *decoder) decl(component bool) Def {
	at := d.Pos()
	b := d.Byte()
	switch {
	case b == 0x00:
		return d.coreType()
	case b == 0x01:
		return d.typeDef()
	case b == 0x02:
		return d.alias()
	case b == 0x03 && component:
		return d.importDef()
	case b == 0x04:
		return d.exportDecl()
	case b == 0x03:
		d.Fail(at, "an instance type cannot declare an import")
	}
	d.Unknown(at, b, "declaration of a component or instance type")
	return nil
}
