package gen

import (
	"fmt"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// maxInline is how many values a type may hold to be lifted and lowered within
// the adapter. Larger types that have a name get functions, so that the code
// grows with the WIT and not with how often a type is used.
const maxInline = 8

// outliner makes the functions for large types, each once a package.
type outliner struct {
	weights map[*model.Def]int
	made    map[outlineKey]string
	taken   scope
	code    lines
}

type outlineKey struct {
	def  *model.Def
	verb string
}

func newOutliner() *outliner {
	return &outliner{weights: map[*model.Def]int{}, made: map[outlineKey]string{}, taken: newScope()}
}

// outlined reports whether a type has functions of its own.
func (o *outliner) outlined(t *model.Type) bool {
	switch t.Kind {
	case model.Record, model.Tuple, model.Variant, model.Option, model.Result:
		return t.Def != nil && o.weight(t) > maxInline
	}
	return false
}

// weight counts the values that a type holds, large types in it as one.
func (o *outliner) weight(t *model.Type) int {
	if t.Def != nil {
		if w, ok := o.weights[t.Def]; ok {
			return w
		}
	}
	part := func(t *model.Type) int {
		if t == nil || o.outlined(t) {
			return 1
		}
		return o.weight(t)
	}
	w := 1
	switch t.Kind {
	case model.Record, model.Tuple:
		for _, f := range t.Fields {
			w += part(f.Type)
		}
	case model.Variant, model.Option, model.Result:
		for _, c := range t.Cases {
			if c.Type != nil {
				w += part(c.Type)
			}
		}
	case model.List:
		w += part(t.Elem)
	}
	if t.Def != nil {
		o.weights[t.Def] = w
	}
	return w
}

// outline gives the name of a function for a type, and has body write it at
// its first use.
func (a *adapter) outline(verb, comment string, t *model.Type, params, result string, body func(*adapter)) string {
	root := t.Def.Root()
	key := outlineKey{root, verb}
	if name, ok := a.large.made[key]; ok {
		return name
	}
	name := a.large.taken.temp(verb + a.generator.names(root.Interface).defs[root])
	a.large.made[key] = name
	outer := a.body
	a.body = lines{}
	inner := &adapter{file: a.file, locals: a.newLocals(), lends: a.lends}
	inner.body.f("// %s %s.", name, fmt.Sprintf(comment, root.Name))
	inner.body.f("func %s(%s)%s {", name, params, result)
	body(inner)
	inner.body.f("}")
	inner.body.f("")
	a.large.code.text = append(a.large.code.text, inner.body.text...)
	a.body = outer
	return name
}

// liftOutlined gives the expression that lifts a large type.
func (a *adapter) liftOutlined(t *model.Type, p place) string {
	goType := a.goType(t)
	frame := "f *" + a.imports.component() + ".Frame"
	verb, comment := "load", "lifts %s from memory"
	params, at, arg := fmt.Sprintf("%s, m *[%d]byte", frame, t.Size), place{mem: "m", size: t.Size}, p.array(t)
	if p.stack {
		verb, comment = "lift", "lifts %s from core values"
		params, at, arg = frame+", stack []uint64", place{stack: true}, fmt.Sprintf("stack[%d:]", p.slot)
		if p.slot == 0 {
			arg = "stack"
		}
	}
	if a.lends {
		verb += "Lent"
	}
	name := a.outline(verb, comment, t, params, " "+goType, func(in *adapter) {
		in.locals["m"] = true
		if branches(t) {
			in.body.f("var v %s", goType)
			in.locals["v"] = true
			in.assign(t, at, "v")
			in.body.f("return v")
			return
		}
		in.body.f("return %s", in.liftProduct(t, at))
	})
	return fmt.Sprintf("%s(f, %s)", name, arg)
}

// array gives the part of a view that a value takes, as a pointer to an array.
func (p place) array(t *model.Type) string {
	if p.offset == 0 && p.size == t.Size {
		return p.mem
	}
	return fmt.Sprintf("(*[%d]byte)(%s[%d:])", t.Size, p.mem, p.offset)
}

// storeOutlined lowers a large type to memory at once.
func (s *store) storeOutlined(t *model.Type, expr string, p place) {
	params := fmt.Sprintf("f *%s.Frame, ptr uint32, v *%s", s.imports.component(), s.goType(t))
	name := s.outline("store", "lowers %s to memory at ptr", t, params, "", func(in *adapter) {
		for _, local := range []string{"ptr", "v"} {
			in.locals[local] = true
		}
		sub := in.newStore(t, "ptr")
		v := sub.prepareParts(t, "v", sub.at())
		sub.finishParts(t, v, sub.at())
	})
	ptr := s.base
	if p.offset != 0 {
		ptr = fmt.Sprintf("%s+%d", s.base, p.offset)
	}
	s.body.f("%s(f, %s, &%s)", name, ptr, expr)
	s.fresh = s.fresh && !t.Dynamic
}
