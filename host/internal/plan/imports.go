package plan

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// RootInterface is the name of the host interface that serves functions and
// types which a world imports by themselves, outside an interface.
const RootInterface = "$root"

// rootImport resolves an import of the root against what the host offers. What
// is not offered becomes a stand-in, and is reported in the plan.
func (e *evaluation) rootImport(s *scope, imp *binary.Import) (any, error) {
	switch imp.Desc.Sort {
	case binary.InstanceSort:
		d, err := at(s.types, imp.Desc.Index, "type")
		if err != nil {
			return nil, err
		}
		it, ok := d.(*interfaceType)
		if !ok || it.def.Kind != binary.TypeInstance {
			return nil, fmt.Errorf("type %d is not an instance type", imp.Desc.Index)
		}
		return e.importInstance(imp.Name, it)
	case binary.Func, binary.TypeSort:
		r := &resolution{evaluation: e, iface: e.offers.Lookup(RootInterface), name: imp.Name}
		item, err := r.item(s, imp.Name, imp.Desc)
		if err != nil {
			return nil, err
		}
		if r.iface == nil {
			r.problem = "the host defines no world-level functions or resources"
		}
		if r.iface != nil || imp.Desc.Sort == binary.Func || imp.Desc.Bound == binary.SubResource {
			r.report()
		}
		return item, nil
	}
	what, item := e.standIn(imp.Desc.Sort)
	e.plan.Imports = append(e.plan.Imports, Import{
		Name:    imp.Name,
		Problem: "it is a " + what + ", and the host provides interfaces only: compose the component with one that provides it",
	})
	return item, nil
}

func (e *evaluation) importInstance(name string, it *interfaceType) (*instance, error) {
	r := &resolution{evaluation: e, iface: e.offers.Lookup(name), name: name}
	if r.iface == nil {
		r.problem = "the host does not provide this interface"
		if near := e.offers.Nearest(name); near != nil {
			r.nearest = near.Name
		}
	}
	in, err := e.declarations(it, func(s *scope, d *binary.ExportDecl) (any, error) { return r.item(s, d.Name, d.Desc) })
	if err != nil {
		return nil, err
	}
	r.report()
	return in, nil
}

// resolution matches the items of one import with a host interface.
type resolution struct {
	*evaluation
	iface   *abi.Interface // nil: nothing serves the import
	name    string
	items   []ImportItem
	problem string
	nearest string
}

func (r *resolution) report() {
	imp := Import{Name: r.name, Items: r.items, Nearest: r.nearest, Problem: r.problem}
	if r.iface != nil {
		imp.Served = r.iface.Name
	}
	r.plan.Imports = append(r.plan.Imports, imp)
}

// item gives the concrete item for a declared export of the import.
func (r *resolution) item(s *scope, name string, desc binary.ExternDesc) (any, error) {
	switch desc.Sort {
	case binary.Func:
		d, err := at(s.types, desc.Index, "type")
		if err != nil {
			return nil, err
		}
		t, ok := d.(*types.Func)
		if !ok {
			return nil, fmt.Errorf("type %d is not a function type", desc.Index)
		}
		return r.function(name, t), nil
	case binary.TypeSort:
		if desc.Bound == binary.SubResource {
			return r.resource(name), nil
		}
		d, err := at(s.types, desc.Index, "type")
		if err != nil {
			return nil, err
		}
		r.equal(name, d)
		return d, nil
	case binary.InstanceSort:
		d, err := at(s.types, desc.Index, "type")
		if err != nil {
			return nil, err
		}
		it, ok := d.(*interfaceType)
		if !ok {
			return nil, fmt.Errorf("type %d is not an instance type", desc.Index)
		}
		r.items = append(r.items, ImportItem{Name: name, Signature: "instance", Problem: "the host's interfaces hold no nested instances"})
		inner := &resolution{evaluation: r.evaluation, name: r.name + "/" + name}
		return r.declarations(it, func(s *scope, d *binary.ExportDecl) (any, error) { return inner.item(s, d.Name, d.Desc) })
	}
	what, standIn := r.standIn(desc.Sort)
	r.items = append(r.items, ImportItem{Name: name, Signature: what, Problem: "the host's interfaces hold no " + what + "s"})
	return standIn, nil
}

// standIn is what evaluation goes on with where a module or component is
// imported, which no host provides.
func (e *evaluation) standIn(sort binary.Sort) (what string, item any) {
	e.standIns = true
	if sort == binary.CoreModuleSort {
		return "core module", &core.Module{}
	}
	return "component", &component{}
}

func (r *resolution) function(name string, t *types.Func) *function {
	f := &function{typ: t, index: -1, name: r.name + "#" + name}
	item := ImportItem{Name: name, Signature: t.String()}
	if r.iface != nil {
		f.iface = r.iface
		switch f.host = findFunc(r.iface, name); {
		case f.host == nil:
			item.Problem = fmt.Sprintf("%s has no function of this name", r.iface.Name)
		case f.host.Signature != "" && f.host.Signature != item.Signature:
			item.Problem = "the host's type is " + f.host.Signature
		}
	}
	r.items = append(r.items, item)
	return f
}

func (r *resolution) resource(name string) *types.Resource {
	item := ImportItem{Name: name, Signature: "resource"}
	var found *types.Resource
	if r.iface != nil {
		if found = findResource(r.iface, name); found == nil {
			item.Problem = fmt.Sprintf("%s has no resource of this name", r.iface.Name)
		}
	}
	if found == nil {
		found = &types.Resource{Name: r.name + "#" + name, Definer: -1}
	}
	r.items = append(r.items, item)
	return found
}

// equal checks a type that the component expects the interface to name.
func (r *resolution) equal(name string, d any) {
	if r.iface == nil {
		return
	}
	var text string
	switch d := d.(type) {
	case *types.Type:
		text = d.String()
	case *types.Resource:
		text = "resource " + d.Name
	default:
		return
	}
	for _, t := range r.iface.Types {
		if t.Name != name {
			continue
		}
		if t.Text != text {
			r.items = append(r.items, ImportItem{Name: name, Signature: text, Problem: "the host's type is " + t.Text})
		}
		return
	}
	r.items = append(r.items, ImportItem{Name: name, Signature: text, Problem: fmt.Sprintf("%s has no type of this name", r.iface.Name)})
}

func findFunc(i *abi.Interface, name string) *abi.Func {
	for k := range i.Funcs {
		if i.Funcs[k].Name == name {
			return &i.Funcs[k]
		}
	}
	return nil
}
