package plan

import (
	"slices"
	"strconv"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
)

// shims binds modules directly to lowered functions that they import through a
// shim (see core.Shim), and leaves shim and fixup out of the plan where nothing
// else needs them: a host call costs a table call less, and an instance two
// core instances.
type shims struct {
	byInstance map[int]*shim
}

// shim is an instance of a shim.
type shim struct {
	*core.Shim
	// lowered gives, for each slot that the fixup fills with a lowered
	// function, that function.
	lowered map[uint32]Item
	fixups  []int // core instances that fill its table
}

// instantiated notes an instance that is a shim or a fixup.
func (s *shims) instantiated(m *core.Module, index int, args map[string]*coreInstance) {
	if sh := m.Shim(); sh != nil {
		if s.byInstance == nil {
			s.byInstance = map[int]*shim{}
		}
		s.byInstance[index] = &shim{Shim: sh, lowered: map[uint32]Item{}}
		return
	}
	if len(s.byInstance) == 0 {
		return
	}
	f := m.Fixup()
	if f == nil {
		return
	}
	source := func(i int) (coreItem, bool) {
		item, err := args[m.Imports[i].Module].get(m.Imports[i].Name)
		return item, err == nil
	}
	table, ok := source(f.Table)
	if !ok || table.Instance < 0 {
		return
	}
	sh := s.byInstance[table.Instance]
	if sh == nil || sh.Table != table.Name || len(sh.fixups) > 0 {
		return
	}
	sh.fixups = append(sh.fixups, index)
	for slot, i := range f.Slots {
		if item, ok := source(i); ok && item.Instance < 0 && item.sort == binary.CoreFunc {
			sh.lowered[uint32(slot)] = item.Item
		}
	}
}

// bypass renames imports that come from shims to the functions behind them.
func (s *shims) bypass(p *Plan) {
	for i := range p.Modules {
		for k, name := range p.Modules[i].Edits {
			if item, ok := s.behind(p, name, p.Modules[i].Source.Imports[k].Func); ok {
				p.Modules[i].Edits[k] = coreItem{Item: item}.source()
			}
		}
	}
	for index, sh := range s.byInstance {
		if len(sh.fixups) == 1 && !p.refers(index, sh.fixups[0]) {
			p.drop(index, sh.fixups[0])
		}
	}
	p.dropModules()
}

// behind finds the lowered function behind an import of type t.
func (s *shims) behind(p *Plan, name core.ImportName, t *core.FuncType) (Item, bool) {
	index, err := strconv.Atoi(name.Module)
	if err != nil || t == nil {
		return Item{}, false
	}
	sh := s.byInstance[index]
	if sh == nil {
		return Item{}, false
	}
	slot, ok := sh.Slots[name.Name]
	if !ok {
		return Item{}, false
	}
	item, ok := sh.lowered[slot]
	if !ok {
		return Item{}, false
	}
	// A function of another type would trap at the call; it must not fail to
	// link instead.
	l := &p.Lowered[item.Lowered]
	return item, slices.Equal(l.Params, coreTypes(t.Params)) && slices.Equal(l.Results, coreTypes(t.Results))
}

// refers reports whether anything but the instance `except` uses items of a
// core instance.
func (p *Plan) refers(index, except int) bool {
	is := func(items ...*Item) bool {
		for _, i := range items {
			if i != nil && i.Instance == index {
				return true
			}
		}
		return false
	}
	module := strconv.Itoa(index)
	for _, s := range p.Steps {
		if s.Kind == Instantiate && s.Instance != except &&
			slices.ContainsFunc(p.Modules[s.Module].Edits, func(n core.ImportName) bool { return n.Module == module }) {
			return true
		}
	}
	for i := range p.Frames {
		if f := &p.Frames[i]; is(f.Memory, f.Realloc) {
			return true
		}
	}
	for i := range p.Lifted {
		if l := &p.Lifted[i]; is(&l.Core, l.PostReturn) {
			return true
		}
	}
	for i := range p.Resources {
		if is(p.Resources[i].Dtor) {
			return true
		}
	}
	return false
}

// drop leaves core instances out.
func (p *Plan) drop(instances ...int) {
	p.Steps = slices.DeleteFunc(p.Steps, func(s Step) bool {
		return s.Kind == Instantiate && slices.Contains(instances, s.Instance)
	})
}

// dropModules leaves out modules that no step instantiates.
func (p *Plan) dropModules() {
	index := make([]int, len(p.Modules))
	for i := range index {
		index[i] = -1
	}
	var kept []Module
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Kind != Instantiate {
			continue
		}
		if index[s.Module] < 0 {
			index[s.Module] = len(kept)
			kept = append(kept, p.Modules[s.Module])
		}
		s.Module = index[s.Module]
	}
	p.Modules = kept
}
