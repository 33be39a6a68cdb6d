package model

import (
	"errors"
	"fmt"

	"go.bytecodealliance.org/wit"
)

// ErrUnsupported is wrapped by the errors for WIT beyond the 0.2 component
// model.
var ErrUnsupported = errors.New("beyond the component model of WASI 0.2")

func primitiveOf(t wit.Type) (*Type, error) {
	switch t.(type) {
	case wit.Bool:
		return primitive(Bool), nil
	case wit.S8:
		return primitive(S8), nil
	case wit.U8:
		return primitive(U8), nil
	case wit.S16:
		return primitive(S16), nil
	case wit.U16:
		return primitive(U16), nil
	case wit.S32:
		return primitive(S32), nil
	case wit.U32:
		return primitive(U32), nil
	case wit.S64:
		return primitive(S64), nil
	case wit.U64:
		return primitive(U64), nil
	case wit.F32:
		return primitive(F32), nil
	case wit.F64:
		return primitive(F64), nil
	case wit.Char:
		return primitive(Char), nil
	case wit.String:
		return primitive(String), nil
	}
	return nil, fmt.Errorf("%w: %s", ErrUnsupported, t.WIT(nil, ""))
}

// structure resolves what a definition, or a nameless type, consists of.
func (l *loader) structure(k wit.TypeDefKind) (*Type, error) {
	switch k := k.(type) {
	case *wit.Record:
		fields := make([]Field, len(k.Fields))
		for i, f := range k.Fields {
			t, err := l.typ(f.Type)
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", f.Name, err)
			}
			fields[i] = Field{Name: f.Name, Docs: f.Docs.Contents, Type: t}
		}
		return product(Record, fields)
	case *wit.Tuple:
		fields := make([]Field, len(k.Types))
		for i, e := range k.Types {
			t, err := l.typ(e)
			if err != nil {
				return nil, err
			}
			fields[i].Type = t
		}
		return product(Tuple, fields)
	case *wit.Variant:
		cases := make([]Case, len(k.Cases))
		for i, c := range k.Cases {
			t, err := l.typ(c.Type)
			if err != nil {
				return nil, fmt.Errorf("case %s: %w", c.Name, err)
			}
			cases[i] = Case{Name: c.Name, Docs: c.Docs.Contents, Type: t}
		}
		return sum(Variant, cases)
	case *wit.Enum:
		cases := make([]Case, len(k.Cases))
		for i, c := range k.Cases {
			cases[i] = Case{Name: c.Name, Docs: c.Docs.Contents}
		}
		return sum(Enum, cases)
	case *wit.Flags:
		labels := make([]Label, len(k.Flags))
		for i, f := range k.Flags {
			labels[i] = Label{Name: f.Name, Docs: f.Docs.Contents}
		}
		return flags(labels)
	case *wit.Option:
		some, err := l.typ(k.Type)
		if err != nil {
			return nil, err
		}
		t, err := sum(Option, []Case{{Name: "none"}, {Name: "some", Type: some}})
		if err == nil {
			t.Elem = some
		}
		return t, err
	case *wit.Result:
		ok, err := l.typ(k.OK)
		if err != nil {
			return nil, err
		}
		fail, err := l.typ(k.Err)
		if err != nil {
			return nil, err
		}
		return sum(Result, []Case{{Name: "ok", Type: ok}, {Name: "error", Type: fail}})
	case *wit.List:
		elem, err := l.typ(k.Type)
		if err != nil {
			return nil, err
		}
		return list(elem), nil
	case *wit.Own:
		return l.handle(Own, k.Type)
	case *wit.Borrow:
		return l.handle(Borrow, k.Type)
	case *wit.TypeDef:
		return l.typ(k)
	}
	return nil, fmt.Errorf("%w: %s", ErrUnsupported, k.WIT(nil, ""))
}

func (l *loader) handle(k Kind, t *wit.TypeDef) (*Type, error) {
	d, err := l.def(t)
	if err != nil {
		return nil, err
	}
	return handle(k, d), nil
}
