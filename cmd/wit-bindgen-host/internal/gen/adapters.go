package gen

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// writeAdapters writes the flat side: the descriptor of the interface and an
// adapter per function.
func (f *file) writeAdapters() {
	c := f.imports.component()
	host := len(f.hostFuncs()) > 0
	if host {
		f.body.f("// adapters hold the implementation behind the flat functions.")
		f.body.f("type adapters struct {")
		f.body.f("face %s.Interface", c)
		f.body.f("impl Host // nil: each guest has its own, in its state")
		f.body.f("}")
		f.body.f("")
		f.body.f("// state is what a guest keeps for this interface.")
		f.body.f("type state struct{ impl Host }")
		f.body.f("")
		f.body.f("func (a *adapters) host(f *%s.Frame) Host {", c)
		f.body.f("if a.impl != nil {")
		f.body.f("return a.impl")
		f.body.f("}")
		f.body.f("return f.State(&a.face).(*state).impl")
		f.body.f("}")
		f.body.f("")
		f.body.f("func (a *adapters) describe() *%s.Interface {", c)
		f.body.f("a.face = %s.Interface{", c)
	} else {
		f.body.f("func describe() *%s.Interface {", c)
		f.body.f("return &%s.Interface{", c)
	}
	f.descriptor()
	f.body.f("}")
	if host {
		f.body.f("return &a.face")
	}
	f.body.f("}")
	f.body.f("")
	f.writeTexts()
	for _, fn := range f.face.Funcs {
		f.writeAdapter(fn)
	}
	f.body.text = append(f.body.text, f.large.code.text...)
}

// descriptor writes the fields of the component.Interface.
func (f *file) descriptor() {
	c := f.imports.component()
	f.body.f("Name: %q,", f.face.ID())
	var resources, types []string
	for _, d := range f.face.Defs {
		if d.Resource() && d.Alias == nil {
			resources = append(resources, f.names.resources[d])
			continue
		}
		types = append(types, fmt.Sprintf("{Name: %q, Text: %s},", d.Name, f.defText(d)))
	}
	if len(resources) > 0 {
		f.body.f("Resources: []*%s.Resource{%s},", c, strings.Join(resources, ", "))
	}
	if len(types) > 0 {
		f.body.f("Types: []%s.TypeDef{", c)
		for _, t := range types {
			f.body.f("%s", t)
		}
		f.body.f("},")
	}
	if len(f.face.Funcs) == 0 {
		return
	}
	f.body.f("Funcs: []%s.Func{", c)
	for _, fn := range f.face.Funcs {
		x := f.newText()
		x.signature(fn)
		params, results := fn.Core()
		f.body.f("{")
		f.body.f("Name: %q,", fn.Name)
		f.body.f("Signature: %s,", x.expr())
		if len(params) > 0 {
			f.body.f("Params: %s,", f.coreTypes(params))
		}
		if len(results) > 0 {
			f.body.f("Results: %s,", f.coreTypes(results))
		}
		call := f.names.adapters[fn]
		if fn.Kind != model.Method {
			call = "a." + call + "()"
		}
		f.body.f("Call: %s,", call)
		f.body.f("},")
	}
	f.body.f("},")
}

func (f *file) coreTypes(ts []model.Core) string {
	c := f.imports.component()
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = c + "." + [...]string{"CoreI32", "CoreI64", "CoreF32", "CoreF64"}[t]
	}
	return "[]" + c + ".CoreType{" + strings.Join(names, ", ") + "}"
}

// adapter is one adapter function in the making.
type adapter struct {
	*file
	fn     *model.Func
	locals scope
	// claims says that the arguments hold own handles; lends, that the same
	// handle could occur as a borrow as well.
	claims, lends bool
	// scratch declares the lists that calls reuse; give are the statements that
	// return them.
	scratch, give []string
}

func (f *file) writeAdapter(fn *model.Func) {
	outer := f.body
	f.body = lines{}
	a := &adapter{file: f, fn: fn, locals: f.newLocals()}
	a.claims, a.lends = transfers(fn)
	name := f.names.adapters[fn]
	signature := fmt.Sprintf("(ctx %s.Context, f *%s.Frame, stack []uint64)", f.imports.use("context"), f.imports.component())
	if fn.Kind == model.Method {
		f.body.f("// %s is %s.", name, fn.Name)
		f.body.f("func %s%s {", name, signature)
	} else {
		// A closure: a method value would be a call more on every call.
		f.body.f("// %s makes %s.", name, fn.Name)
		f.body.f("func (a *adapters) %s() %s.Adapter {", name, f.imports.component())
		f.body.f("return func%s {", signature)
	}
	args := a.liftParams()
	ret := a.returnArea()
	a.call(args, ret)
	f.body.f("}")
	if fn.Kind != model.Method {
		f.body.f("}")
	}
	f.body.f("")
	made := f.body.text
	f.body = outer
	for _, s := range a.scratch {
		f.body.f("%s", s)
		f.body.f("")
	}
	f.body.text = append(f.body.text, made...)
}

// newLocals reserves what a function refers to besides its own variables.
func (f *file) newLocals() scope {
	s := newScope("ctx", "f", "stack", "a", "ret", "fail", "ok")
	for _, name := range f.imports.names {
		s[name] = true
	}
	for name := range ownNames {
		s[name] = true
	}
	for name := range predeclared {
		s[name] = true
	}
	return s
}

// transfers reports whether a function takes own handles, and whether one
// handle could be passed to it both borrowed and owned.
func transfers(fn *model.Func) (claims, lends bool) {
	borrowed, owned := map[*model.Def]bool{}, map[*model.Def]bool{}
	for _, p := range fn.Params {
		p.Type.Walk(func(t *model.Type) {
			switch t.Kind {
			case model.Borrow:
				borrowed[t.Resource.Root()] = true
			case model.Own:
				owned[t.Resource.Root()] = true
			}
		})
	}
	for d := range owned {
		lends = lends || borrowed[d]
	}
	return len(owned) > 0, lends
}

// liftParams lifts every parameter into a local and gives the locals.
func (a *adapter) liftParams() []string {
	at := place{stack: true}
	if a.fn.SpillParams {
		at = place{mem: a.locals.temp("m"), size: a.fn.Tuple.Size}
		a.body.f("%s := %s", at.mem, a.area("uint32(stack[0])", a.fn.Tuple))
	}
	args := make([]string, len(a.fn.Params))
	for i := range a.fn.Params {
		args[i] = a.liftParam(i, at.field(a.fn.Tuple, i))
	}
	if a.claims {
		a.body.f("f.Lifted()")
	}
	return args
}

// area views a value of a type in memory as an array, so that constant offsets
// need no bounds check.
func (a *adapter) area(ptr string, t *model.Type) string {
	return fmt.Sprintf("(*[%d]byte)(%s)", t.Size, a.check(ptr, t))
}

// check views a value of a type in memory as bytes.
func (a *adapter) check(ptr string, t *model.Type) string {
	return fmt.Sprintf("f.Area(%s, %d, %d)", ptr, t.Size, t.Align)
}

// returnArea keeps the pointer to the return area in a local.
func (a *adapter) returnArea() string {
	if !a.fn.SpillResult {
		return ""
	}
	params, _ := a.fn.Core()
	a.body.f("ret := uint32(stack[%d])", len(params)-1)
	return "ret"
}

// call calls the host and lowers what it returns.
func (a *adapter) call(args []string, ret string) {
	var target string
	if a.fn.Kind == model.Method {
		target, args = args[0], args[1:]
	} else {
		target = "a.host(f)"
	}
	call := fmt.Sprintf("%s.%s(%s)", target, a.names.funcs[a.fn], strings.Join(append([]string{"ctx"}, args...), ", "))
	err := a.locals.temp("err")
	value := ""
	result := goResult(a.fn)
	if result != nil {
		value = a.locals.temp("r")
		a.body.f("%s, %s := %s", value, err, call)
		a.body.f("if %s != nil {", err)
	} else {
		a.body.f("if %s := %s; %s != nil {", err, call, err)
	}
	trap := fmt.Sprintf("f.TrapIn(%q, %s)", a.face.ID()+"#"+a.fn.Name, err)
	if a.fn.Result == nil || a.fn.Result.Kind != model.Result {
		a.body.f("%s", trap)
		a.body.f("}")
		if a.fn.Result != nil {
			a.lowerResult(a.fn.Result, value, ret)
		}
		a.giveBack()
		return
	}
	payload := a.fn.Result.Cases[1].Type
	fail := "_"
	if payload != nil {
		fail = "fail"
	}
	a.body.f("%s, ok := %s.AsFailure[%s](%s)", fail, a.imports.component(), a.payloadType(payload), err)
	a.body.f("if !ok {")
	a.body.f("%s", trap)
	a.body.f("}")
	a.lowerCase(1, "fail.Err", ret)
	a.giveBack()
	a.body.f("return")
	a.body.f("}")
	a.lowerCase(0, value, ret)
	a.giveBack()
}

func (a *adapter) giveBack() {
	for _, g := range a.give {
		a.body.f("%s", g)
	}
}
