package gen

import (
	"fmt"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// lowerResult lowers the value of an expression as a function's whole result:
// into its one register, or into the return area at ret.
func (a *adapter) lowerResult(t *model.Type, expr, ret string) {
	if ret == "" {
		a.lowerFlat(t, expr)
		return
	}
	s := a.newStore(t, ret)
	v := s.prepare(t, expr, s.at())
	s.finish(t, v, s.at())
}

// lowerCase lowers one case of a function's result<T, E>.
func (a *adapter) lowerCase(index int, expr, ret string) {
	if ret == "" {
		a.body.f("stack[0] = %d", index)
		return
	}
	t := a.fn.Result
	payload := t.Cases[index].Type
	s := a.newStore(t, ret)
	if payload == nil {
		s.open(false)
	} else {
		at := s.at().payload(t)
		v := s.prepare(payload, expr, at)
		s.open(s.waits(payload))
		s.put(payload, v, at)
	}
	s.write(s.at(), t.DiscSize, fmt.Sprint(index))
}

// lowerFlat lowers a value that flattens to one core value.
func (a *adapter) lowerFlat(t *model.Type, expr string) {
	switch t.Kind {
	case model.Bool:
		a.lowerBit(expr)
	case model.Result: // without payloads
		a.lowerBit(expr + ".IsErr")
	case model.S8, model.S16:
		a.body.f("stack[0] = uint64(uint32(int32(%s)))", expr)
	case model.Record, model.Tuple:
		a.lowerFlat(t.Fields[0].Type, expr+"."+a.fieldNames(t)[0])
	case model.U64:
		a.body.f("stack[0] = %s", expr)
	case model.S64:
		a.body.f("stack[0] = uint64(%s)", expr)
	case model.F64:
		a.body.f("stack[0] = %s", a.scalar(t, expr))
	default:
		a.body.f("stack[0] = uint64(%s)", a.scalar(t, expr))
	}
}

func (a *adapter) lowerBit(expr string) {
	a.body.f("stack[0] = 0")
	a.body.f("if %s {", expr)
	a.body.f("stack[0] = 1")
	a.body.f("}")
}

// scalar gives an expression of the unsigned integer that stands for a value
// in memory, for types that need no statement.
func (a *adapter) scalar(t *model.Type, expr string) string {
	switch t.Kind {
	case model.U8, model.U16, model.U32, model.U64:
		return expr
	case model.S8, model.S16, model.S32, model.S64:
		return fmt.Sprintf("uint%d(%s)", t.Size*8, expr)
	case model.F32, model.F64:
		return fmt.Sprintf("%s.Float%dbits(%s)", a.imports.use("math"), t.Size*8, expr)
	case model.Char:
		return "uint32(f.Char(uint32(" + expr + ")))"
	case model.Enum:
		return a.caseOf(t, expr)
	case model.Variant: // without payloads
		return a.caseOf(t, expr+".Tag")
	case model.Flags:
		return fmt.Sprintf("uint%d(%s%s)", t.Size*8, expr, mask(t))
	case model.Own:
		return fmt.Sprintf("f.Own(%s, %s)", a.resourceVar(t.Resource), expr)
	}
	panic("gen: " + t.Kind.String() + " is no scalar")
}

// caseOf checks a discriminant that the host made.
func (a *adapter) caseOf(t *model.Type, expr string) string {
	checked := fmt.Sprintf("f.Case(uint32(%s), %d)", expr, len(t.Cases))
	if t.DiscSize == 4 {
		return checked
	}
	return fmt.Sprintf("uint%d(%s)", t.DiscSize*8, checked)
}

// waits reports whether lowering a value has work besides writing left, after
// what it holds outside of variants was prepared.
func (s *store) waits(t *model.Type) bool { return !s.large.outlined(t) && s.waitsWithin(t) }

func (s *store) waitsWithin(t *model.Type) bool {
	switch t.Kind {
	case model.Record, model.Tuple:
		for _, f := range t.Fields {
			if s.waits(f.Type) {
				return true
			}
		}
		return false
	case model.String, model.List, model.Own:
		return false
	}
	return t.Late
}

// store lowers a value to memory. realloc moves memory, so the view is taken
// after strings and lists were lowered; where a case of a variant holds some,
// it is taken anew. Handles are made before as well, and first of all: until
// its handle is made, an object that a trap gets in the way of belongs to
// nobody.
type store struct {
	*adapter
	typ   *model.Type
	base  string // expression of the value's address
	view  string // expression that views the value's memory
	mem   string // the variable it is kept in
	fresh bool
}

func (a *adapter) newStore(t *model.Type, base string) *store {
	return &store{adapter: a, typ: t, base: base, view: a.area(base, t), mem: a.locals.temp("m")}
}

// at is the place of the whole value.
func (s *store) at() place { return place{mem: s.mem, size: s.typ.Size} }

// finish writes a value that was prepared; for one that its own function
// lowered there is nothing to do.
func (s *store) finish(t *model.Type, v prepared, p place) {
	if !v.done {
		s.finishParts(t, v, p)
	}
}

func (s *store) finishParts(t *model.Type, v prepared, p place) {
	if v.stored() {
		s.body.f("%s", s.check(s.base, s.typ)) // the parts were checked alone
		return
	}
	s.open(s.waitsWithin(t))
	s.putParts(t, v, p)
}

// stored reports whether nothing of a value is left to write.
func (v *prepared) stored() bool {
	for i := range v.fields {
		if !v.fields[i].stored() {
			return false
		}
	}
	return v.done || len(v.fields) > 0
}

// open declares the view's variable; later says that it is taken when a value
// is written.
func (s *store) open(later bool) {
	if later {
		s.body.f("var %s *[%d]byte", s.mem, s.typ.Size)
		return
	}
	s.body.f("%s := %s", s.mem, s.view)
	s.fresh = true
}

func (s *store) refresh() {
	if !s.fresh {
		s.body.f("%s = %s", s.mem, s.view)
		s.fresh = true
	}
}

// prepared is a value of which the handles, strings and lists outside of
// variants were lowered.
type prepared struct {
	expr   string
	handle string     // of an own
	ptr, n string     // of a string or list
	fields []prepared // of a record or tuple
	done   bool       // by a function of the type's own
}

// prepare lowers what a value holds outside of variants and is more than
// writing: handles, then strings and lists.
func (s *store) prepare(t *model.Type, expr string, p place) prepared {
	if s.large.outlined(t) {
		s.storeOutlined(t, expr, p)
		return prepared{done: true}
	}
	return s.prepareParts(t, expr, p)
}

func (s *store) prepareParts(t *model.Type, expr string, p place) prepared {
	v := prepared{expr: expr}
	s.prepareHandles(t, &v)
	s.prepareLists(t, &v, p)
	return v
}

func (s *store) prepareHandles(t *model.Type, v *prepared) {
	switch t.Kind {
	case model.Own:
		v.handle = s.locals.temp("h")
		s.body.f("%s := f.Own(%s, %s)", v.handle, s.resourceVar(t.Resource), v.expr)
	case model.Record, model.Tuple:
		v.fields = make([]prepared, len(t.Fields))
		for i, name := range s.fieldNames(t) {
			v.fields[i].expr = v.expr + "." + name
			if !s.large.outlined(t.Fields[i].Type) {
				s.prepareHandles(t.Fields[i].Type, &v.fields[i])
			}
		}
	}
}

func (s *store) prepareLists(t *model.Type, v *prepared, p place) {
	switch t.Kind {
	case model.String:
		v.ptr, v.n = s.pair("f.NewString(" + v.expr + ")")
		s.fresh = false
	case model.List:
		v.ptr, v.n = s.lowerList(t.Elem, v.expr)
		s.fresh = false
	case model.Record, model.Tuple:
		for i, f := range t.Fields {
			field := &v.fields[i]
			if s.large.outlined(f.Type) {
				s.storeOutlined(f.Type, field.expr, p.field(t, i))
				field.done = true
				continue
			}
			s.prepareLists(f.Type, field, p.field(t, i))
		}
	}
}

func (s *store) pair(call string) (ptr, n string) {
	ptr, n = s.locals.temp("p"), s.locals.temp("n")
	s.body.f("%s, %s := %s", ptr, n, call)
	return ptr, n
}

// lowerList lowers a list and gives the locals with its pointer and length.
func (s *store) lowerList(elem *model.Type, expr string) (ptr, n string) {
	switch {
	case elem.Kind == model.U8:
		return s.pair("f.NewBytes(" + expr + ")")
	case elem.Numeric():
		return s.pair(s.imports.component() + ".NewNumbers(f, " + expr + ")")
	}
	ptr, n = s.locals.temp("p"), s.locals.temp("n")
	i := s.locals.temp("i")
	s.body.f("%s := f.NewList(len(%s), %d, %d)", ptr, expr, elem.Size, elem.Align)
	s.body.f("%s := uint32(len(%s))", n, expr)
	sub := s.newStore(elem, fmt.Sprintf("%s+uint32(%s)*%d", ptr, i, elem.Size))
	if !elem.Dynamic && !s.large.outlined(elem) {
		view := s.adapter.view(elem, ptr, n)
		sub.view = elementOf(elem, view, i)
	}
	s.body.f("for %s := range %s {", i, expr)
	v := sub.prepare(elem, expr+"["+i+"]", sub.at())
	sub.finish(elem, v, sub.at())
	s.body.f("}")
	return ptr, n
}

// write writes an unsigned integer of a size in bytes.
func (s *store) write(p place, size uint32, expr string) {
	s.refresh()
	if size == 1 {
		s.body.f("%s[%d] = %s", p.mem, p.offset, expr)
		return
	}
	s.body.f("%s.LittleEndian.PutUint%d(%s[%d:], %s)", s.imports.use("encoding/binary"), size*8, p.mem, p.offset, expr)
}

// put writes a prepared value.
func (s *store) put(t *model.Type, v prepared, p place) {
	if !v.done {
		s.putParts(t, v, p)
	}
}

func (s *store) putParts(t *model.Type, v prepared, p place) {
	switch t.Kind {
	case model.Bool:
		s.write(p, 1, "0")
		s.body.f("if %s {", v.expr)
		s.write(p, 1, "1")
		s.body.f("}")
	case model.Own:
		s.write(p, 4, v.handle)
	case model.String, model.List:
		s.write(p, 4, v.ptr)
		p.offset += 4
		s.write(p, 4, v.n)
	case model.Record, model.Tuple:
		for i, f := range t.Fields {
			s.put(f.Type, v.fields[i], p.field(t, i))
		}
	case model.Option:
		s.either(t, v.expr+".Some", v.expr+".Value", 1, "", 0, p)
	case model.Result:
		s.either(t, v.expr+".IsErr", v.expr+".Err", 1, v.expr+".Ok", 0, p)
	case model.Variant:
		s.variant(t, v.expr, p)
	default:
		s.write(p, t.Size, s.scalar(t, v.expr))
	}
}

// either writes an option or result: case yes where cond holds, else case no.
// Both end with a write, so that the view is fresh after them.
func (s *store) either(t *model.Type, cond, yesExpr string, yes int, noExpr string, no int, p place) {
	if !t.Late {
		s.refresh()
	}
	before := s.fresh
	s.body.f("if %s {", cond)
	s.payload(t, yes, yesExpr, p)
	s.body.f("} else {")
	s.fresh = before
	s.payload(t, no, noExpr, p)
	s.body.f("}")
}

// payload writes one case: payload, then discriminant.
func (s *store) payload(t *model.Type, index int, expr string, p place) {
	if c := t.Cases[index].Type; c != nil {
		at := p.payload(t)
		s.put(c, s.prepare(c, expr, at), at)
	}
	s.write(p, t.DiscSize, fmt.Sprint(index))
}

func (s *store) variant(t *model.Type, expr string, p place) {
	members, payloads := s.members(t), s.payloads(t)
	if count(payloads) > 0 {
		if !t.Late {
			s.refresh()
		}
		before, after := s.fresh, s.fresh
		s.body.f("switch %s.Tag {", expr)
		for i, c := range t.Cases {
			if c.Type == nil {
				continue
			}
			s.body.f("case %s:", s.qualify(t.Def.Root().Interface, members[i]))
			s.fresh = before
			at := p.payload(t)
			s.put(c.Type, s.prepare(c.Type, expr+"."+payloads[i], at), at)
			after = after && s.fresh
		}
		s.body.f("}")
		s.fresh = after
	}
	s.write(p, t.DiscSize, s.caseOf(t, expr+".Tag"))
}
