package gen

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// writeInterface writes what people read: types, the Go interfaces to
// implement, and Register.
func (f *file) writeInterface() {
	loc := f.place(f.face)
	f.pkgDoc.docs(fmt.Sprintf("Package %s binds the WIT interface %s for hosts.", loc.Name, f.face.ID()), f.face.Docs)
	f.pkgDoc.f("//")
	f.pkgDoc.comment(contract)
	free := f.hostFuncs()
	if len(free) > 0 {
		f.body.docs("Host implements the functions of "+f.face.ID()+".", hostContract)
		f.body.f("type Host interface {")
		f.methods(free)
		f.body.f("}")
		f.body.f("")
	}
	f.writeRegister(len(free) > 0)
	for _, d := range f.face.Defs {
		f.writeDef(d)
	}
}

const contract = `Strings and slices that a host is given view guest memory, or are used again:
they are valid until the function returns, are not to be written, and must be
cloned to be kept or given back.

A Go error ends the guest with a trap, except that component.Fail gives the
error case of a function whose WIT type is a result.`

const hostContract = `Calls of one guest come one at a time; an implementation that several guests
share is called by all of them at once.`

// hostFuncs are the functions that belong to no object.
func (f *file) hostFuncs() []*model.Func {
	var out []*model.Func
	for _, fn := range f.face.Funcs {
		if fn.Kind != model.Method {
			out = append(out, fn)
		}
	}
	return out
}

func (f *file) methods(fns []*model.Func) {
	for i, fn := range fns {
		if i > 0 {
			f.body.f("")
		}
		name := f.names.funcs[fn]
		var what string
		switch fn.Kind {
		case model.Constructor:
			what = fmt.Sprintf("the constructor of %s, `%s`", fn.Resource.Name, strings.Replace(witFunc(fn), "func", "constructor", 1))
		case model.Static:
			what = fmt.Sprintf("`%s.%s: static %s`", fn.Resource.Name, fn.Base, witFunc(fn))
		default:
			what = fmt.Sprintf("`%s: %s`", fn.Base, witFunc(fn))
		}
		f.body.docs(name+" is "+what+".", fn.Docs)
		f.body.f("%s%s", name, f.goSignature(fn))
	}
}

// goSignature spells the Go parameters and results of a function.
func (f *file) goSignature(fn *model.Func) string {
	var b strings.Builder
	b.WriteString("(ctx " + f.imports.use("context") + ".Context")
	for i, p := range fn.Params {
		if fn.Kind == model.Method && i == 0 {
			continue
		}
		b.WriteString(", " + f.names.params[fn][i] + " " + f.goType(p.Type))
	}
	b.WriteString(") ")
	if t := goResult(fn); t != nil {
		b.WriteString("(" + f.goType(t) + ", error)")
	} else {
		b.WriteString("error")
	}
	return b.String()
}

// goResult is what a Go function returns beside its error; nil: nothing.
func goResult(fn *model.Func) *model.Type {
	if fn.Result != nil && fn.Result.Kind == model.Result {
		return fn.Result.Cases[0].Type
	}
	return fn.Result
}

func (f *file) writeRegister(host bool) {
	c := f.imports.component()
	if !host {
		f.body.f("// Register offers %s to guests.", f.face.ID())
		f.body.f("func Register(l *%s.Linker) error { return l.Define(describe()) }", c)
		f.body.f("")
		return
	}
	errorsPkg := f.imports.use("errors")
	f.body.f("// Register offers %s to guests; impl serves all of them.", f.face.ID())
	f.body.f("func Register(l *%s.Linker, impl Host) error {", c)
	f.body.f("if impl == nil {")
	f.body.f("return %s.New(%q)", errorsPkg, f.face.ID()+": Register needs an implementation")
	f.body.f("}")
	f.body.f("return l.Define((&adapters{impl: impl}).describe())")
	f.body.f("}")
	f.body.f("")
	f.body.f("// RegisterEach offers %s to guests; open makes the", f.face.ID())
	f.body.f("// implementation that one guest sees, at its first call. An error of open ends")
	f.body.f("// the guest.")
	f.body.f("func RegisterEach(l *%s.Linker, open func(*%s.Guest) (Host, error)) error {", c, c)
	f.body.f("a := &adapters{}")
	f.body.f("i := a.describe()")
	f.body.f("i.Open = func(g *%s.Guest) (any, error) {", c)
	f.body.f("impl, err := open(g)")
	f.body.f("if err == nil && impl == nil {")
	f.body.f("err = %s.New(%q)", errorsPkg, "no implementation was made")
	f.body.f("}")
	f.body.f("return &state{impl}, err")
	f.body.f("}")
	f.body.f("return l.Define(i)")
	f.body.f("}")
	f.body.f("")
}

func (f *file) writeDef(d *model.Def) {
	name := f.names.defs[d]
	switch {
	case d.Alias != nil:
		lead := fmt.Sprintf("%s is %s of %s.", name, d.Alias.Name, d.Alias.Interface.ID())
		if d.Alias.Interface == d.Interface {
			lead = fmt.Sprintf("%s is another name of %s.", name, d.Alias.Name)
		}
		f.body.docs(lead, d.Docs)
		f.body.f("type %s = %s", name, f.defName(d.Alias))
	case d.Resource():
		f.writeResource(d, name)
	case d.Renames:
		f.body.docs(fmt.Sprintf("%s is `type %s = %s`.", name, d.Name, witType(unnamed(d.Type))), d.Docs)
		f.body.f("type %s = %s", name, f.goType(unnamed(d.Type)))
	case d.Type.Kind == model.Record:
		f.body.docs(fmt.Sprintf("%s is the record %s.", name, d.Name), d.Docs)
		f.body.f("type %s struct {", name)
		for i, m := range f.names.members[d] {
			f.member(i, d.Type.Fields[i].Docs)
			f.body.f("%s %s", m, f.goType(d.Type.Fields[i].Type))
		}
		f.body.f("}")
	case d.Type.Kind == model.Variant:
		f.writeVariant(d, name)
	case d.Type.Kind == model.Enum:
		f.writeEnum(d, name)
	case d.Type.Kind == model.Flags:
		f.writeFlags(d, name)
	}
	f.body.f("")
}

// unnamed is the type that a renaming definition stands for.
func unnamed(t *model.Type) *model.Type {
	bare := *t
	bare.Def = nil
	return &bare
}

// member writes the comment of the i-th member of a block; WIT comments make
// paragraphs of the block.
func (f *file) member(i int, docs string) {
	if strings.TrimSpace(docs) == "" {
		return
	}
	if i > 0 {
		f.body.f("")
	}
	f.body.comment(docs)
}

func (f *file) writeResource(d *model.Def, name string) {
	var methods []*model.Func
	for _, fn := range f.face.Funcs {
		if fn.Kind == model.Method && fn.Resource == d {
			methods = append(methods, fn)
		}
	}
	f.body.docs(fmt.Sprintf("%s is the resource %s.", name, d.Name), d.Docs)
	f.body.f("//")
	f.body.comment("An object that has Drop(context.Context) is told when the guest drops it, one\nthat has Abandon() when the guest ends without dropping it.")
	f.body.f("type %s interface {", name)
	f.methods(methods)
	f.body.f("}")
	f.body.f("")
	f.body.f("// %s is the identity of %s.", f.names.resources[d], d.Name)
	f.body.f("var %s = %s.NewResource(%q, %s.DropObject)", f.names.resources[d], f.imports.component(), d.ID(), f.imports.component())
}

func (f *file) writeVariant(d *model.Def, name string) {
	tag := f.names.tags[d]
	f.body.docs(fmt.Sprintf("%s is the variant %s: Tag says which field counts.", name, d.Name), d.Docs)
	f.body.f("type %s struct {", name)
	f.body.f("Tag %s", tag)
	for i, p := range f.names.payloads[d] {
		if p != "" {
			f.body.f("%s %s", p, f.goType(d.Type.Cases[i].Type))
		}
	}
	f.body.f("}")
	f.body.f("")
	f.body.f("// %s tells the case of a %s.", tag, name)
	f.writeCases(tag, f.names.members[d], d.Type, d.Name)
}

func (f *file) writeEnum(d *model.Def, name string) {
	f.body.docs(fmt.Sprintf("%s is the enum %s.", name, d.Name), d.Docs)
	f.writeCases(name, f.names.members[d], d.Type, d.Name)
}

// writeCases writes a discriminant: its type, constants and String.
func (f *file) writeCases(goName string, members []string, t *model.Type, witName string) {
	f.body.f("type %s %s", goName, unsigned(t.DiscSize))
	f.body.f("")
	f.body.f("// The cases of %s.", witName)
	f.body.f("const (")
	for i, m := range members {
		f.member(i, t.Cases[i].Docs)
		if i == 0 {
			f.body.f("%s %s = iota", m, goName)
		} else {
			f.body.f("%s", m)
		}
	}
	f.body.f(")")
	f.body.f("")
	texts := "names" + goName
	f.body.f("var %s = [...]string{", texts)
	for i, m := range members {
		f.body.f("%s: %q,", m, t.Cases[i].Name)
	}
	f.body.f("}")
	f.body.f("")
	f.body.f("// String is the WIT name of the case.")
	f.body.f("func (c %s) String() string {", goName)
	f.body.f("if int(c) < len(%s) {", texts)
	f.body.f("return %s[c]", texts)
	f.body.f("}")
	f.body.f("return %q + %s.FormatUint(uint64(c), 10) + \")\"", witName+"(", f.imports.use("strconv"))
	f.body.f("}")
}

func (f *file) writeFlags(d *model.Def, name string) {
	f.body.docs(fmt.Sprintf("%s is the flags type %s.", name, d.Name), d.Docs)
	f.body.f("type %s %s", name, unsigned(d.Type.Size))
	f.body.f("")
	f.body.f("// The flags of %s.", d.Name)
	f.body.f("const (")
	for i, m := range f.names.members[d] {
		f.member(i, d.Type.Labels[i].Docs)
		if i == 0 {
			f.body.f("%s %s = 1 << iota", m, name)
		} else {
			f.body.f("%s", m)
		}
	}
	f.body.f(")")
}

// unsigned is the Go type of a discriminant or flags of a size in bytes.
func unsigned(size uint32) string { return fmt.Sprintf("uint%d", size*8) }
