package gen

import (
	"strconv"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// text is a Go string expression for the structural spelling of a type, which
// imports are matched by. The name of a resource from a mapped package is
// looked up at run time, since that package may be of another patch version.
type text struct {
	file  *file
	parts []string // literals and other Go expressions
	lit   strings.Builder
	// late says that the text is known at run time only.
	late bool
}

func (f *file) newText() *text { return &text{file: f} }

func (x *text) expr() string {
	if x.lit.Len() > 0 || len(x.parts) == 0 {
		x.parts = append(x.parts, strconv.Quote(x.lit.String()))
		x.lit.Reset()
	}
	return strings.Join(x.parts, " + ")
}

func (x *text) resource(d *model.Def) {
	d = d.Root()
	if x.file.place(d.Interface).Dir != "" {
		x.lit.WriteString(d.ID())
		return
	}
	x.late = true
	x.add(x.file.resourceVar(d) + ".Name")
}

// add appends a Go expression.
func (x *text) add(expr string) {
	if x.lit.Len() > 0 {
		x.parts = append(x.parts, strconv.Quote(x.lit.String()))
		x.lit.Reset()
	}
	x.parts = append(x.parts, expr)
}

// hasText reports whether the text of a type is a declaration of its own, for
// being long and used often.
func (f *file) hasText(d *model.Def) bool {
	if d == nil || d.Interface != f.face || d.Resource() {
		return false
	}
	switch d.Type.Kind {
	case model.Record, model.Variant, model.Enum, model.Flags:
		return true
	}
	return false
}

// textName is the constant that holds the text of a definition.
func (f *file) textName(d *model.Def) string { return "text" + f.names.defs[d] }

// defText is the Go expression for the text of a definition.
func (f *file) defText(d *model.Def) string {
	x := f.newText()
	switch {
	case d.Resource():
		x.lit.WriteString("resource ")
		x.resource(d)
	case f.hasText(d):
		return f.textName(d)
	default:
		x.structure(d.Type)
	}
	return x.expr()
}

// writeTexts declares the texts of the interface's definitions.
func (f *file) writeTexts() {
	consts, vars := &lines{}, &lines{}
	for _, d := range f.face.Defs {
		if !f.hasText(d) {
			continue
		}
		x := f.newText()
		x.structure(d.Type)
		group := consts
		if x.late {
			group = vars
		}
		group.f("%s = %s", f.textName(d), x.expr())
	}
	for _, group := range []struct {
		keyword string
		*lines
	}{{"const", consts}, {"var", vars}} {
		if len(group.text) > 0 {
			f.body.f("// The structure of types, by which imports are matched.")
			f.body.f("%s (", group.keyword)
			f.body.text = append(f.body.text, group.text...)
			f.body.f(")")
			f.body.f("")
		}
	}
}

// typ spells a type as types.Type.String does.
func (x *text) typ(t *model.Type) {
	switch {
	case t == nil:
		x.lit.WriteByte('_')
	case x.file.hasText(t.Def):
		x.add(x.file.textName(t.Def))
		x.late = x.late || x.file.lateText(t)
	default:
		x.structure(t)
	}
}

// lateText reports whether the text of a type is known at run time only.
func (f *file) lateText(t *model.Type) bool {
	late := false
	t.Walk(func(t *model.Type) {
		late = late || t.Resource != nil && f.place(t.Resource.Root().Interface).Dir == ""
	})
	return late
}

// structure spells a type whatever its name.
func (x *text) structure(t *model.Type) {
	switch t.Kind {
	case model.List, model.Option:
		x.lit.WriteString(t.Kind.String() + "<")
		x.typ(t.Elem)
		x.lit.WriteByte('>')
	case model.Result:
		x.lit.WriteString("result")
		ok, err := t.Cases[0].Type, t.Cases[1].Type
		if ok == nil && err == nil {
			return
		}
		x.lit.WriteByte('<')
		x.typ(ok)
		if err != nil {
			x.lit.WriteString(", ")
			x.typ(err)
		}
		x.lit.WriteByte('>')
	case model.Tuple:
		x.lit.WriteString("tuple<")
		for i, f := range t.Fields {
			x.comma(i)
			x.typ(f.Type)
		}
		x.lit.WriteByte('>')
	case model.Record:
		x.lit.WriteString("record{")
		for i, f := range t.Fields {
			x.comma(i)
			x.lit.WriteString(f.Name + ": ")
			x.typ(f.Type)
		}
		x.lit.WriteByte('}')
	case model.Variant:
		x.lit.WriteString("variant{")
		for i, c := range t.Cases {
			x.comma(i)
			x.lit.WriteString(c.Name)
			if c.Type != nil {
				x.lit.WriteByte('(')
				x.typ(c.Type)
				x.lit.WriteByte(')')
			}
		}
		x.lit.WriteByte('}')
	case model.Enum:
		x.lit.WriteString("enum{")
		for i, c := range t.Cases {
			x.comma(i)
			x.lit.WriteString(c.Name)
		}
		x.lit.WriteByte('}')
	case model.Flags:
		x.lit.WriteString("flags{")
		for i, l := range t.Labels {
			x.comma(i)
			x.lit.WriteString(l.Name)
		}
		x.lit.WriteByte('}')
	case model.Own, model.Borrow:
		x.lit.WriteString(t.Kind.String() + "<")
		x.resource(t.Resource)
		x.lit.WriteByte('>')
	default:
		x.lit.WriteString(t.Kind.String())
	}
}

func (x *text) comma(i int) {
	if i > 0 {
		x.lit.WriteString(", ")
	}
}

// signature spells a function as types.Func.String does.
func (x *text) signature(fn *model.Func) {
	x.lit.WriteString("func(")
	for i, p := range fn.Params {
		x.comma(i)
		x.lit.WriteString(p.Name + ": ")
		x.typ(p.Type)
	}
	x.lit.WriteByte(')')
	if fn.Result != nil {
		x.lit.WriteString(" -> ")
		x.typ(fn.Result)
	}
}

// witType spells a type as WIT text does, names and all, for doc comments.
func witType(t *model.Type) string {
	if t == nil {
		return "_"
	}
	if t.Def != nil {
		return t.Def.Name
	}
	switch t.Kind {
	case model.List, model.Option:
		return t.Kind.String() + "<" + witType(t.Elem) + ">"
	case model.Result:
		ok, err := t.Cases[0].Type, t.Cases[1].Type
		switch {
		case ok == nil && err == nil:
			return "result"
		case err == nil:
			return "result<" + witType(ok) + ">"
		}
		return "result<" + witType(ok) + ", " + witType(err) + ">"
	case model.Tuple:
		elems := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elems[i] = witType(f.Type)
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case model.Own:
		return t.Resource.Name
	case model.Borrow:
		return "borrow<" + t.Resource.Name + ">"
	}
	return t.Kind.String()
}

// witFunc spells a function type as WIT text does.
func witFunc(fn *model.Func) string {
	var b strings.Builder
	b.WriteString("func(")
	params := fn.Params
	if fn.Kind == model.Method {
		params = params[1:]
	}
	for i, p := range params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name + ": " + witType(p.Type))
	}
	b.WriteByte(')')
	if fn.Result != nil && fn.Kind != model.Constructor {
		b.WriteString(" -> " + witType(fn.Result))
	}
	return b.String()
}
