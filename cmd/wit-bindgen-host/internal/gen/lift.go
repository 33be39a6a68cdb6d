package gen

import (
	"fmt"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// place is where a value lies: from a slot of the stack on, or at an offset of
// a view of memory. All core types pass through the stack's uint64 alike, so
// that slots which cases of a variant share need no conversion.
type place struct {
	stack  bool
	slot   int
	mem    string // variable: pointer to an array of bytes
	size   uint32 // of that array
	offset uint32
}

// field gives the place of a field of a record or tuple.
func (p place) field(t *model.Type, i int) place {
	if !p.stack {
		p.offset += t.Fields[i].Offset
		return p
	}
	for _, f := range t.Fields[:i] {
		p.slot += f.Type.FlatCount
	}
	return p
}

// payload gives the place of the payload of a variant-like type.
func (p place) payload(t *model.Type) place {
	if p.stack {
		p.slot++
	} else {
		p.offset += t.PayloadOffset
	}
	return p
}

// word gives the i-th 32-bit word: a pointer or a length.
func (a *adapter) word(p place, i int) string {
	if p.stack {
		p.slot += i
	} else {
		p.offset += uint32(i) * 4
	}
	return a.bits(p, 4)
}

// bits reads an unsigned integer of a size in bytes.
func (a *adapter) bits(p place, size uint32) string {
	if p.stack {
		if size == 8 {
			return fmt.Sprintf("stack[%d]", p.slot)
		}
		return fmt.Sprintf("uint%d(stack[%d])", size*8, p.slot)
	}
	if size == 1 {
		return fmt.Sprintf("%s[%d]", p.mem, p.offset)
	}
	return fmt.Sprintf("%s.LittleEndian.Uint%d(%s[%d:])", a.imports.use("encoding/binary"), size*8, p.mem, p.offset)
}

// disc reads a discriminant as a checked uint32.
func (a *adapter) disc(t *model.Type, p place) string {
	if p.stack {
		return fmt.Sprintf("f.Case(%s, %d)", a.bits(p, 4), len(t.Cases))
	}
	bits := a.bits(p, t.DiscSize)
	if t.DiscSize != 4 {
		bits = "uint32(" + bits + ")"
	}
	return fmt.Sprintf("f.Case(%s, %d)", bits, len(t.Cases))
}

// liftParam lifts a parameter into a local. Lists that need a Go slice of
// their own take one that is reused.
func (a *adapter) liftParam(i int, p place) string {
	t := a.fn.Params[i].Type
	name := a.locals.pick(unexported(a.fn.Params[i].Name))
	if t.Kind == model.List && t.Elem.Kind != model.U8 && !t.Elem.Numeric() {
		scratch := a.names.adapters[a.fn] + exported(a.fn.Params[i].Name)
		a.locals[scratch] = true
		a.scratch = append(a.scratch, fmt.Sprintf("var %s %s.Scratch[%s]", scratch, a.imports.component(), a.goType(t.Elem)))
		ptr, n := a.pointer(p)
		lent := a.locals.temp(name + "Lent")
		view := a.view(t.Elem, ptr, n)
		a.body.f("%s := %s.Take(f, %s)", lent, scratch, n)
		a.body.f("%s := *%s", name, lent)
		a.liftElements(t.Elem, view, name)
		a.give = append(a.give, fmt.Sprintf("%s.Give(%s)", scratch, lent))
		return name
	}
	a.liftTo(t, p, name)
	return name
}

// pointer reads the pointer and length of a list into locals.
func (a *adapter) pointer(p place) (ptr, n string) {
	ptr, n = a.locals.temp("p"), a.locals.temp("n")
	a.body.f("%s, %s := %s, %s", ptr, n, a.word(p, 0), a.word(p, 1))
	return ptr, n
}

// liftTo declares a local and lifts a value into it.
func (a *adapter) liftTo(t *model.Type, p place, name string) {
	if a.assigned(t) {
		a.body.f("var %s %s", name, a.goType(t))
		a.assign(t, p, name)
		return
	}
	a.body.f("%s := %s", name, a.lift(t, p))
}

// assigned reports whether a value is lifted by statements that set a variable.
func (a *adapter) assigned(t *model.Type) bool { return branches(t) && !a.large.outlined(t) }

func branches(t *model.Type) bool {
	return t.Kind == model.Variant || t.Kind == model.Option || t.Kind == model.Result
}

// lift gives a Go expression for a value, after the statements it needs.
func (a *adapter) lift(t *model.Type, p place) string {
	if a.large.outlined(t) {
		return a.liftOutlined(t, p)
	}
	switch t.Kind {
	case model.Bool:
		if p.stack {
			return a.bits(p, 4) + " != 0"
		}
		return a.bits(p, 1) + " != 0"
	case model.U8, model.U16, model.U32, model.U64:
		return a.bits(p, t.Size)
	case model.S8, model.S16, model.S32, model.S64:
		if p.stack {
			return fmt.Sprintf("int%d(stack[%d])", t.Size*8, p.slot)
		}
		return fmt.Sprintf("int%d(%s)", t.Size*8, a.bits(p, t.Size))
	case model.F32, model.F64:
		return fmt.Sprintf("%s.Float%dfrombits(%s)", a.imports.use("math"), t.Size*8, a.bits(p, t.Size))
	case model.Char:
		return "f.Char(" + a.bits(p, 4) + ")"
	case model.String:
		read := "String"
		if !p.stack {
			read = "ChargedString" // there may be many of them
		}
		return fmt.Sprintf("f.%s(%s, %s)", read, a.word(p, 0), a.word(p, 1))
	case model.List:
		return a.liftList(t, p)
	case model.Record, model.Tuple:
		return a.liftProduct(t, p)
	case model.Enum:
		return a.goType(t) + "(" + a.disc(t, p) + ")"
	case model.Flags:
		return a.goType(t) + "(" + a.bits(p, t.Size) + mask(t) + ")"
	case model.Own:
		return fmt.Sprintf("f.Claim(%s, %s).(%s)", a.resourceVar(t.Resource), a.bits(p, 4), a.goType(t))
	case model.Borrow:
		lift := "Borrow"
		if a.lends {
			lift = "Lend"
		}
		return fmt.Sprintf("f.%s(%s, %s).(%s)", lift, a.resourceVar(t.Resource), a.bits(p, 4), a.goType(t))
	}
	name := a.locals.temp("v")
	a.liftTo(t, p, name)
	return name
}

// liftProduct gives a composite literal for a record or tuple.
func (a *adapter) liftProduct(t *model.Type, p place) string {
	expr := a.goType(t) + "{"
	names := a.fieldNames(t)
	for i, f := range t.Fields {
		if i > 0 {
			expr += ", "
		}
		expr += names[i] + ": " + a.lift(f.Type, p.field(t, i))
	}
	return expr + "}"
}

// mask drops the bits that no flag has, which guests may set.
func mask(t *model.Type) string {
	if n := uint32(len(t.Labels)); n < t.Size*8 {
		return fmt.Sprintf(" & %#x", uint64(1)<<n-1)
	}
	return ""
}

// assign lifts a variant-like value into a variable.
func (a *adapter) assign(t *model.Type, p place, name string) {
	switch t.Kind {
	case model.Option:
		a.body.f("if %s == 1 {", a.disc(t, p))
		a.set(name+".Value", t.Elem, p.payload(t))
		a.body.f("%s.Some = true", name)
		a.body.f("}")
	case model.Result:
		a.body.f("if %s == 0 {", a.disc(t, p))
		a.set(name+".Ok", t.Cases[0].Type, p.payload(t))
		a.body.f("} else {")
		a.set(name+".Err", t.Cases[1].Type, p.payload(t))
		a.body.f("%s.IsErr = true", name)
		a.body.f("}")
	case model.Variant:
		a.body.f("%s.Tag = %s(%s)", name, a.tagType(t), a.disc(t, p))
		members, payloads := a.members(t), a.payloads(t)
		if count(payloads) == 0 {
			return
		}
		a.body.f("switch %s.Tag {", name)
		for i, c := range t.Cases {
			if c.Type == nil {
				continue
			}
			a.body.f("case %s:", a.qualify(t.Def.Root().Interface, members[i]))
			a.set(name+"."+payloads[i], c.Type, p.payload(t))
		}
		a.body.f("}")
	}
}

func count(names []string) int {
	n := 0
	for _, s := range names {
		if s != "" {
			n++
		}
	}
	return n
}

// set lifts a payload, if there is one, into an existing variable.
func (a *adapter) set(name string, t *model.Type, p place) {
	switch {
	case t == nil:
	case a.assigned(t):
		a.assign(t, p, name)
	default:
		a.body.f("%s = %s", name, a.lift(t, p))
	}
}

// liftList lifts a list: a view where elements lie in memory as in Go, else a
// new slice.
func (a *adapter) liftList(t *model.Type, p place) string {
	c := a.imports.component()
	switch {
	case t.Elem.Kind == model.U8:
		return fmt.Sprintf("f.Bytes(%s, %s)", a.word(p, 0), a.word(p, 1))
	case t.Elem.Numeric():
		return fmt.Sprintf("%s.Numbers[%s](f, %s, %s)", c, a.goType(t.Elem), a.word(p, 0), a.word(p, 1))
	}
	ptr, n := a.pointer(p)
	name := a.locals.temp("list")
	view := a.view(t.Elem, ptr, n)
	a.body.f("%s := %s.MakeList[%s](f, %s)", name, c, a.goType(t.Elem), n)
	a.liftElements(t.Elem, view, name)
	return name
}

// view checks where a list lies and gives the variable that views it.
func (a *adapter) view(elem *model.Type, ptr, n string) string {
	view := a.locals.temp("view")
	a.body.f("%s := f.List(%s, %s, %d, %d)", view, ptr, n, elem.Size, elem.Align)
	return view
}

// elementOf gives the part of a list's view that an element takes.
func elementOf(elem *model.Type, view, i string) string {
	if elem.Size == 1 {
		return fmt.Sprintf("(*[1]byte)(%s[%s:])", view, i)
	}
	return fmt.Sprintf("(*[%d]byte)(%s[%s*%d:])", elem.Size, view, i, elem.Size)
}

// liftElements fills a slice from a view of the list.
func (a *adapter) liftElements(elem *model.Type, view, slice string) {
	m, i := a.locals.temp("m"), a.locals.temp("i")
	a.body.f("for %s := range %s {", i, slice)
	a.body.f("%s := %s", m, elementOf(elem, view, i))
	a.set(slice+"["+i+"]", elem, place{mem: m, size: elem.Size})
	a.body.f("}")
}
