package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Preview1 is the import module that wazero serves itself.
const Preview1 = "wasi_snapshot_preview1"

const (
	resourceDrop = "[resource-drop]"
	reallocName  = "cabi_realloc"
	memoryName   = "memory"
)

// NewCore plans a core module as a guest by itself: imports under canonical
// ABI names go to the same adapters that components use, with the module's
// memory and cabi_realloc as canonical options; preview1 is left to wazero.
// Exports can be called with core values.
func NewCore(m *core.Module, offers Offers) *Plan {
	e := &evaluation{plan: &Plan{Parents: []int{-1}, CoreInstances: 1}, offers: offers}
	p := e.plan
	opts := Options{}
	if m.Export(memoryName) != nil {
		opts.Memory = &Item{Name: memoryName}
	}
	if x := m.Export(reallocName); x != nil && x.Kind == core.Func {
		opts.Realloc = &Item{Name: reallocName}
	}
	p.Frames = []Options{opts}
	edits := make([]core.ImportName, len(m.Imports))
	byModule := map[string]*resolution{}
	var order []*resolution
	for i, imp := range m.Imports {
		edits[i] = core.ImportName{Module: imp.Module, Name: imp.Name}
		if imp.Module == Preview1 {
			continue
		}
		r := byModule[imp.Module]
		if r == nil {
			r = &resolution{evaluation: e, name: imp.Module, iface: offers.Lookup(imp.Module)}
			if r.iface == nil {
				r.problem = "the host does not provide this module"
				if near := offers.Nearest(imp.Module); near != nil {
					r.problem, r.nearest = "the host does not provide this interface", near.Name
				}
			}
			byModule[imp.Module] = r
			order = append(order, r)
		}
		if l, ok := r.coreImport(&imp); ok {
			edits[i] = coreItem{Item: e.addLowered(l)}.source()
		}
	}
	for _, r := range order {
		r.report()
	}
	p.Modules = []Module{newModule(m, edits)}
	p.Steps = []Step{{Kind: Instantiate}, {Kind: BindFrame}}
	e.coreExports(m)
	return p
}

// coreImport resolves one import of a core module by its canonical name.
func (r *resolution) coreImport(imp *core.Import) (Lowered, bool) {
	item := ImportItem{Name: imp.Name, Signature: imp.Kind.String()}
	defer func() { r.items = append(r.items, item) }()
	if r.iface == nil {
		return Lowered{}, false
	}
	l := Lowered{Interface: r.iface, Name: r.iface.Name + "#" + imp.Name}
	if imp.Kind != core.Func {
		item.Problem = fmt.Sprintf("%s provides functions only", r.iface.Name)
		return l, false
	}
	l.Params, l.Results = coreTypes(imp.Func.Params), coreTypes(imp.Func.Results)
	item.Signature = CoreSignature(l.Params, l.Results)
	var wantParams, wantResults []types.CoreType
	if name, isDrop := strings.CutPrefix(imp.Name, resourceDrop); isDrop {
		if l.Resource = findResource(r.iface, name); l.Resource == nil {
			item.Problem = fmt.Sprintf("%s has no resource %q", r.iface.Name, name)
			return l, false
		}
		l.Kind = ResourceDrop
		wantParams = []types.CoreType{types.I32}
	} else {
		if l.Func = findFunc(r.iface, imp.Name); l.Func == nil {
			item.Problem = fmt.Sprintf("%s has no function of this name", r.iface.Name)
			return l, false
		}
		if l.Func.Call == nil {
			item.Problem = "the host's function takes dynamic values, whose types a core module does not carry"
			return l, false
		}
		wantParams, wantResults = coreTypes(l.Func.Params), coreTypes(l.Func.Results)
	}
	if !slices.Equal(l.Params, wantParams) || !slices.Equal(l.Results, wantResults) {
		item.Problem = "the host's core signature is " + CoreSignature(wantParams, wantResults)
		return l, false
	}
	return l, true
}

// coreExports makes each exported function callable whose types are numbers.
func (e *evaluation) coreExports(m *core.Module) {
	for i := range m.Exports {
		x := &m.Exports[i]
		if x.Kind != core.Func || x.Func == nil {
			continue
		}
		t, ok := numeric(x.Func)
		if !ok {
			continue
		}
		e.plan.Exports = append(e.plan.Exports, Export{Name: x.Name, Lifted: len(e.plan.Lifted), Func: t})
		e.plan.Lifted = append(e.plan.Lifted, Lifted{Core: Item{Name: x.Name}, Type: t, Name: x.Name})
	}
}

// numeric gives a core function type as a component function type; ok is false
// where it passes vectors or references, or returns several values.
func numeric(f *core.FuncType) (*types.Func, bool) {
	kinds := map[byte]types.Kind{
		byte(types.I32): types.S32, byte(types.I64): types.S64,
		byte(types.CF32): types.F32, byte(types.CF64): types.F64,
	}
	if len(f.Results) > 1 || len(f.Params) > types.MaxFlat {
		return nil, false
	}
	params := make([]types.Field, len(f.Params))
	for i, p := range f.Params {
		k, ok := kinds[p]
		if !ok {
			return nil, false
		}
		params[i] = types.Field{Name: fmt.Sprintf("p%d", i), Type: types.Primitive(k)}
	}
	var result *types.Type
	if len(f.Results) == 1 {
		k, ok := kinds[f.Results[0]]
		if !ok {
			return nil, false
		}
		result = types.Primitive(k)
	}
	t, err := types.NewFunc(params, result)
	return t, err == nil
}

func findResource(i *abi.Interface, name string) *types.Resource {
	for _, r := range i.Resources {
		if _, short, _ := strings.Cut(r.Name, "#"); short == name {
			return r
		}
	}
	return nil
}

func coreTypes[T ~byte](in []T) []types.CoreType {
	out := make([]types.CoreType, len(in))
	for i, t := range in {
		out[i] = types.CoreType(t)
	}
	return out
}

// CoreSignature spells a core function type: "func(i32, i64) -> f32".
func CoreSignature[T ~byte](params, results []T) string {
	list := func(in []T) string {
		out := make([]string, len(in))
		for i, t := range in {
			out[i] = types.CoreType(t).String()
		}
		return strings.Join(out, ", ")
	}
	text := "func(" + list(params) + ")"
	if len(results) > 0 {
		text += " -> " + list(results)
	}
	return text
}
