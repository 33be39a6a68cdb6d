package validate

import (
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/types"
)

// canon checks a canonical definition.
func (v *validator) canon(d *binary.Canon) {
	s := v.scope
	switch d.Kind {
	case binary.CanonLift:
		s.funcs = append(s.funcs, v.lift(d))
	case binary.CanonLower:
		s.coreFuncs = append(s.coreFuncs, v.lower(d))
	case binary.ResourceNew, binary.ResourceRep:
		t := v.typeOfKind(d.Type, kindResource)
		if !s.local[t.resource] {
			v.fail(RuleResource, "type %d is not a local resource: its representation is known only where it is defined", d.Type)
		}
		s.coreFuncs = append(s.coreFuncs, v.sigOf([]coreVal{coreI32}, []coreVal{coreI32}))
	case binary.ResourceDrop:
		v.typeOfKind(d.Type, kindResource)
		s.coreFuncs = append(s.coreFuncs, v.sigOf([]coreVal{coreI32}, nil))
	}
}

func (v *validator) lift(d *binary.Canon) *typ {
	t := v.typeOfKind(d.Type, kindFunc)
	fn := v.coreFuncAt(d.Func)
	f := v.layoutFunc(t)
	v.options(&d.Options)
	if d.Options.PostReturn != nil {
		post := v.coreFuncAt(*d.Options.PostReturn)
		if want := v.sigOf(v.sigTable[fn].results, nil); post != want {
			v.fail(RuleCanon, "core function %d cannot be the post-return: its type is %s, not %s", *d.Options.PostReturn, v.spell(post), v.spell(want))
		}
	}
	params, results := f.Core(types.Lift)
	if want := v.flat(params, results); fn != want {
		v.fail(RuleCanon, "core function %d has the type %s, and the function type flattens to %s", d.Func, v.spell(fn), v.spell(want))
	}
	result := f.Result
	v.need(&d.Options, needs{
		realloc: f.SpillParams || f.ParamTuple.Dynamic,
		memory:  f.SpillResult || result != nil && result.Dynamic,
	})
	return t
}

func (v *validator) lower(d *binary.Canon) sig {
	f := v.layoutFunc(v.funcAt(d.Func))
	v.options(&d.Options)
	if d.Options.PostReturn != nil {
		v.fail(RuleCanon, "post-return is an option of canon lift only")
	}
	result := f.Result
	v.need(&d.Options, needs{
		memory:  f.SpillParams || f.ParamTuple.Dynamic || f.SpillResult,
		realloc: result != nil && result.Dynamic,
	})
	return v.flat(f.Core(types.Lower))
}

// needs are the options that a function cannot do without; realloc needs
// memory.
type needs struct{ memory, realloc bool }

func (v *validator) need(o *binary.Options, n needs) {
	if (n.memory || n.realloc) && o.Memory == nil {
		v.fail(RuleCanon, "canonical option memory is required")
	}
	if n.realloc && o.Realloc == nil {
		v.fail(RuleCanon, "canonical option realloc is required")
	}
}

// options checks the options that are given, needed or not.
func (v *validator) options(o *binary.Options) {
	if o.Memory != nil {
		at(v, v.scope.coreMemories, *o.Memory, "core memory")
	}
	if o.Realloc == nil {
		return
	}
	if o.Memory == nil {
		v.fail(RuleCanon, "canonical option realloc requires memory as well")
	}
	i32 := coreI32
	if got, want := v.coreFuncAt(*o.Realloc), v.sigOf([]coreVal{i32, i32, i32, i32}, []coreVal{i32}); got != want {
		v.fail(RuleCanon, "core function %d cannot be realloc: its type is %s, not %s", *o.Realloc, v.spell(got), v.spell(want))
	}
}

// layoutFunc gives the canonical ABI's view of a function type.
func (v *validator) layoutFunc(t *typ) *types.Func {
	if f := v.funcs[t]; f != nil {
		return f
	}
	params := make([]types.Field, len(t.parts))
	for i, p := range t.parts {
		params[i] = types.Field{Name: t.names[i], Type: v.layout(p)}
	}
	v.spend(nodeCost * (1 + len(params)))
	f, err := types.NewFunc(params, v.layout(t.result))
	if err != nil {
		v.fail(RuleLimit, "the function type has no layout: %v", err)
	}
	v.funcs[t] = f
	return f
}

// layout gives the canonical ABI's view of a value type, nil for nil.
func (v *validator) layout(t *typ) *types.Type {
	if t == nil {
		return nil
	}
	if l := v.layouts[t]; l != nil {
		return l
	}
	v.spend(2*nodeCost + 2*len(t.parts))
	l, err := v.makeLayout(t)
	if err != nil {
		v.fail(RuleLimit, "%s has no layout: %v", an(t.kind.String()), err)
	}
	v.layouts[t] = l
	return l
}

func (v *validator) makeLayout(t *typ) (*types.Type, error) {
	switch t.kind {
	case kindPrimitive:
		return types.Primitive(primitiveKinds[t.primitive]), nil
	case kindFlags:
		return types.NewFlags(t.names)
	case kindEnum:
		return types.NewEnum(t.names)
	case kindOwn:
		return types.NewOwn(nil), nil
	case kindBorrow:
		return types.NewBorrow(nil), nil
	}
	parts := make([]*types.Type, len(t.parts))
	for i, p := range t.parts {
		parts[i] = v.layout(p)
	}
	switch t.kind {
	case kindList:
		return types.NewList(parts[0])
	case kindOption:
		return types.NewOption(parts[0])
	case kindResult:
		return types.NewResult(parts[0], parts[1])
	case kindTuple:
		return types.NewTuple(parts)
	case kindRecord:
		fields := make([]types.Field, len(parts))
		for i, p := range parts {
			fields[i] = types.Field{Name: t.names[i], Type: p}
		}
		return types.NewRecord(fields)
	}
	cases := make([]types.Case, len(parts))
	for i, p := range parts {
		cases[i] = types.Case{Name: t.names[i], Type: p}
	}
	return types.NewVariant(cases)
}

var primitiveKinds = map[binary.Primitive]types.Kind{
	binary.Bool: types.Bool, binary.S8: types.S8, binary.U8: types.U8, binary.S16: types.S16, binary.U16: types.U16,
	binary.S32: types.S32, binary.U32: types.U32, binary.S64: types.S64, binary.U64: types.U64, binary.F32: types.F32,
	binary.F64: types.F64, binary.Char: types.Char, binary.String: types.String,
}
