package gen

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// maxTuple is the largest TupleN of package component; longer ones are struct
// literals.
const maxTuple = 8

var primitiveTypes = map[model.Kind]string{
	model.Bool: "bool", model.S8: "int8", model.U8: "uint8", model.S16: "int16", model.U16: "uint16",
	model.S32: "int32", model.U32: "uint32", model.S64: "int64", model.U64: "uint64",
	model.F32: "float32", model.F64: "float64", model.Char: "rune", model.String: "string",
}

// goType spells a type in Go, as WIT refers to it.
func (f *file) goType(t *model.Type) string {
	if t.Def != nil {
		return f.defName(t.Def)
	}
	return f.structural(t)
}

// structural spells the structure of a type, without its own name.
func (f *file) structural(t *model.Type) string {
	if name, ok := primitiveTypes[t.Kind]; ok {
		return name
	}
	switch t.Kind {
	case model.List:
		if t.Elem.Kind == model.U8 {
			return "[]byte"
		}
		return "[]" + f.goType(t.Elem)
	case model.Option:
		return f.imports.component() + ".Option[" + f.goType(t.Elem) + "]"
	case model.Result:
		return f.imports.component() + ".Result[" + f.payloadType(t.Cases[0].Type) + ", " + f.payloadType(t.Cases[1].Type) + "]"
	case model.Tuple:
		if len(t.Fields) > maxTuple {
			var b strings.Builder
			b.WriteString("struct{")
			for i, e := range t.Fields {
				if i > 0 {
					b.WriteString("; ")
				}
				fmt.Fprintf(&b, "F%d %s", i, f.goType(e.Type))
			}
			b.WriteString("}")
			return b.String()
		}
		elems := make([]string, len(t.Fields))
		for i, e := range t.Fields {
			elems[i] = f.goType(e.Type)
		}
		return fmt.Sprintf("%s.Tuple%d[%s]", f.imports.component(), len(elems), strings.Join(elems, ", "))
	case model.Own, model.Borrow:
		return f.defName(t.Resource)
	}
	panic("gen: " + t.Kind.String() + " needs a name")
}

// payloadType spells an optional payload.
func (f *file) payloadType(t *model.Type) string {
	if t == nil {
		return f.imports.component() + ".Unit"
	}
	return f.goType(t)
}

// qualify spells an exported name of the package of an interface.
func (f *file) qualify(i *model.Interface, name string) string {
	if i == f.face {
		return name
	}
	return f.imports.use(f.place(i).ImportPath) + "." + name
}

func (f *file) defName(d *model.Def) string {
	return f.qualify(d.Interface, f.generator.names(d.Interface).defs[d])
}

// resourceVar spells the variable that is a resource's identity.
func (f *file) resourceVar(d *model.Def) string {
	d = d.Root()
	return f.qualify(d.Interface, f.generator.names(d.Interface).resources[d])
}

// members gives the Go names that belong to the definition behind a type:
// record fields, or constants.
func (f *file) members(t *model.Type) []string {
	d := t.Def.Root()
	return f.generator.names(d.Interface).members[d]
}

func (f *file) payloads(t *model.Type) []string {
	d := t.Def.Root()
	return f.generator.names(d.Interface).payloads[d]
}

func (f *file) tagType(t *model.Type) string {
	d := t.Def.Root()
	return f.qualify(d.Interface, f.generator.names(d.Interface).tags[d])
}

// fieldNames gives the Go fields of a record or tuple.
func (f *file) fieldNames(t *model.Type) []string {
	if t.Kind == model.Record {
		return f.members(t)
	}
	out := make([]string, len(t.Fields))
	for i := range out {
		out[i] = fmt.Sprintf("F%d", i)
	}
	return out
}
