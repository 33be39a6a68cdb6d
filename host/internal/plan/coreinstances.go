package plan

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
)

// coreInstance evaluates a core instance: a bundle of items, or an
// instantiation, whose module gets its imports renamed to their sources.
func (e *evaluation) coreInstance(s *scope, d *binary.CoreInstance) error {
	if !d.Instantiate {
		items := make(map[string]coreItem, len(d.Exports))
		for _, x := range d.Exports {
			item, err := s.coreItem(x.Sort, x.Index)
			if err != nil {
				return err
			}
			items[x.Name] = coreItem{x.Sort, item}
		}
		s.coreInstances = append(s.coreInstances, &coreInstance{index: -1, items: items})
		return nil
	}
	m, err := at(s.coreModules, d.Module, "core module")
	if err != nil {
		return err
	}
	args := make(map[string]*coreInstance, len(d.Args))
	for _, a := range d.Args {
		if args[a.Name], err = at(s.coreInstances, a.Instance, "core instance"); err != nil {
			return err
		}
	}
	edits := make([]core.ImportName, len(m.Imports))
	for i, imp := range m.Imports {
		arg := args[imp.Module]
		if arg == nil {
			return fmt.Errorf("the core instantiation gives no argument %q", imp.Module)
		}
		item, err := arg.get(imp.Name)
		if err != nil {
			return fmt.Errorf("core import %q %q: %w", imp.Module, imp.Name, err)
		}
		if item.sort != coreSort(imp.Kind) {
			return fmt.Errorf("core import %q %q is of another sort", imp.Module, imp.Name)
		}
		edits[i] = item.source()
	}
	if e.plan.CoreInstances >= maxInstances {
		return fmt.Errorf("the component makes more than %d core instances", maxInstances)
	}
	index := e.plan.CoreInstances
	e.plan.CoreInstances++
	e.plan.Steps = append(e.plan.Steps, Step{Kind: Instantiate, Module: e.edition(m, edits), Instance: index})
	e.shims.instantiated(m, index, args)
	s.coreInstances = append(s.coreInstances, &coreInstance{index: index, module: m})
	return nil
}

// edition gives the index of a module with renamed imports, the same for the
// same names.
func (e *evaluation) edition(m *core.Module, edits []core.ImportName) int {
	for _, i := range e.editions[m] {
		if slices.Equal(e.plan.Modules[i].Edits, edits) {
			return i
		}
	}
	i := len(e.plan.Modules)
	e.plan.Modules = append(e.plan.Modules, newModule(m, edits))
	e.editions[m] = append(e.editions[m], i)
	return i
}

// source is the name under which a renamed import finds the item.
func (i coreItem) source() core.ImportName {
	if i.Instance < 0 {
		return core.ImportName{Module: HostModule, Name: strconv.Itoa(i.Lowered)}
	}
	return core.ImportName{Module: strconv.Itoa(i.Instance), Name: i.Name}
}

func (c *coreInstance) get(name string) (coreItem, error) {
	if c.module == nil {
		item, ok := c.items[name]
		if !ok {
			return item, fmt.Errorf("the core instance has no export %q", name)
		}
		return item, nil
	}
	x := c.module.Export(name)
	if x == nil {
		return coreItem{}, fmt.Errorf("the core instance has no export %q", name)
	}
	return coreItem{coreSort(x.Kind), Item{Instance: c.index, Name: name}}, nil
}

func (s *scope) coreItem(sort binary.Sort, index uint32) (Item, error) {
	switch sort {
	case binary.CoreFunc:
		return at(s.coreFuncs, index, "core function")
	case binary.CoreTable:
		return at(s.coreTables, index, "core table")
	case binary.CoreMemory:
		return at(s.coreMemories, index, "core memory")
	case binary.CoreGlobal:
		return at(s.coreGlobals, index, "core global")
	}
	return Item{}, errors.New("a core instance bundles functions, tables, memories and globals")
}

func (e *evaluation) aliasCore(s *scope, d *binary.Alias) error {
	in, err := at(s.coreInstances, d.Instance, "core instance")
	if err != nil {
		return err
	}
	item, err := in.get(d.Name)
	if err != nil {
		return err
	}
	if item.sort != d.Sort {
		return fmt.Errorf("core export %q is of another sort", d.Name)
	}
	switch d.Sort {
	case binary.CoreFunc:
		s.coreFuncs = append(s.coreFuncs, item.Item)
	case binary.CoreTable:
		s.coreTables = append(s.coreTables, item.Item)
	case binary.CoreMemory:
		s.coreMemories = append(s.coreMemories, item.Item)
	case binary.CoreGlobal:
		s.coreGlobals = append(s.coreGlobals, item.Item)
	default:
		return errors.New("a core alias names a function, table, memory or global")
	}
	return nil
}

func coreSort(k core.Kind) binary.Sort {
	switch k {
	case core.Func:
		return binary.CoreFunc
	case core.Table:
		return binary.CoreTable
	case core.Memory:
		return binary.CoreMemory
	case core.Global:
		return binary.CoreGlobal
	}
	return binary.CoreTag
}

func newModule(m *core.Module, edits []core.ImportName) Module {
	out := Module{Source: m, Edits: edits}
	for _, mem := range m.Memories {
		out.MemoryBytes += uint64(mem.Min) << 16
	}
	return out
}
