package types

import "strings"

// String spells the type structurally, resources by their full name. Two
// types are equal exactly when their texts are: this is how imports are
// matched, and what a mismatch shows.
func (t *Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *Type) write(b *strings.Builder) {
	if t == nil {
		b.WriteByte('_')
		return
	}
	switch t.Kind {
	case List:
		b.WriteString("list<")
		t.Elem.write(b)
		b.WriteByte('>')
	case Option:
		b.WriteString("option<")
		t.Elem.write(b)
		b.WriteByte('>')
	case Result:
		b.WriteString("result")
		ok, err := t.Cases[0].Type, t.Cases[1].Type
		if ok == nil && err == nil {
			return
		}
		b.WriteByte('<')
		ok.write(b)
		if err != nil {
			b.WriteString(", ")
			err.write(b)
		}
		b.WriteByte('>')
	case Tuple:
		b.WriteString("tuple<")
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			f.Type.write(b)
		}
		b.WriteByte('>')
	case Record:
		b.WriteString("record{")
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(f.Name)
			b.WriteString(": ")
			f.Type.write(b)
		}
		b.WriteByte('}')
	case Variant:
		b.WriteString("variant{")
		for i, c := range t.Cases {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
			if c.Type != nil {
				b.WriteByte('(')
				c.Type.write(b)
				b.WriteByte(')')
			}
		}
		b.WriteByte('}')
	case Enum:
		b.WriteString("enum{")
		for i, c := range t.Cases {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
		}
		b.WriteByte('}')
	case Flags:
		b.WriteString("flags{")
		b.WriteString(strings.Join(t.Labels, ", "))
		b.WriteByte('}')
	case Own, Borrow:
		b.WriteString(t.Kind.String())
		b.WriteByte('<')
		b.WriteString(t.Resource.Name)
		b.WriteByte('>')
	default:
		b.WriteString(t.Kind.String())
	}
}

// String spells the signature: "func(k: string) -> own<…>".
func (f *Func) String() string {
	var b strings.Builder
	b.WriteString("func(")
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
		b.WriteString(": ")
		p.Type.write(&b)
	}
	b.WriteByte(')')
	if f.Result != nil {
		b.WriteString(" -> ")
		f.Result.write(&b)
	}
	return b.String()
}
