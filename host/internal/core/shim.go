package core

import "github.com/wasikv/wasikv/host/internal/binary/cursor"

// Toolchains tie a knot with two small modules: functions that need a module's
// memory are lowered after it, so the module imports stand-ins from a shim,
// each of which calls through a table; a fixup module fills the table
// afterwards. A host that finds its guest by the context of a call needs no
// knot, and can bind the module to the functions directly. Shim and Fixup
// recognise the two by everything they do, not by their names.

// Shim is a module whose functions do nothing but call through its table.
type Shim struct {
	// Table is the name under which the table is exported.
	Table string
	// Slots gives, for each exported function, the slot of the table that it
	// calls with its own parameters.
	Slots map[string]uint32
}

// Fixup is a module that does nothing but fill an imported table with imported
// functions.
type Fixup struct {
	// Table is the index of the table among the imports.
	Table int
	// Slots gives, for each slot from 0, the index of its function among the
	// imports.
	Slots []int
}

// Shim tells whether the module is a shim, and nil where it is none.
func (m *Module) Shim() (s *Shim) {
	if len(m.Imports) != 0 || len(m.Tables) != 1 || len(m.Memories) != 0 || len(m.Globals) != 0 || m.HasStart || m.Funcs == 0 {
		return nil
	}
	s = &Shim{Slots: make(map[string]uint32, m.Funcs)}
	var slots []uint32
	ok := m.scan(map[byte]func(*cursor.Cursor) bool{
		sectionCode: func(c *cursor.Cursor) bool {
			types := m.definedTypes()
			if n := c.U32(); int(n) != len(types) {
				return false
			}
			for _, t := range types {
				slot, ok := m.trampoline(c, t)
				if !ok {
					return false
				}
				slots = append(slots, slot)
			}
			return true
		},
		sectionElement: never, sectionData: never, sectionTag: never,
	})
	if !ok || len(slots) != m.Funcs {
		return nil
	}
	for i := range m.Exports {
		switch x := &m.Exports[i]; x.Kind {
		case Func:
			s.Slots[x.Name] = slots[x.Index]
		case Table:
			s.Table = x.Name
		}
	}
	return s
}

// trampoline reads a function body that passes its parameters to a slot of
// table 0, by its own type.
func (m *Module) trampoline(c *cursor.Cursor, typeIndex uint32) (slot uint32, ok bool) {
	outer := c.Narrow(int(c.U32()))
	defer c.Widen(outer)
	if c.U32() != 0 { // locals
		return 0, false
	}
	for i := range m.Types[typeIndex].Params {
		if c.Byte() != 0x20 || c.U32() != uint32(i) { // local.get
			return 0, false
		}
	}
	if c.Byte() != 0x41 { // i32.const
		return 0, false
	}
	n := c.S33()
	if n < 0 || c.Byte() != 0x11 || c.U32() != typeIndex || c.U32() != 0 { // call_indirect
		return 0, false
	}
	return uint32(n), c.Byte() == 0x0b && c.Len() == 0
}

// Fixup tells whether the module is a fixup, and nil where it is none.
func (m *Module) Fixup() *Fixup {
	if m.Funcs != 0 || len(m.Tables) != 0 || len(m.Memories) != 0 || len(m.Globals) != 0 || len(m.Exports) != 0 || m.HasStart {
		return nil
	}
	f := &Fixup{Table: -1}
	var funcs []int // imports that are functions
	for i := range m.Imports {
		switch m.Imports[i].Kind {
		case Func:
			funcs = append(funcs, i)
		case Table:
			if f.Table >= 0 {
				return nil
			}
			f.Table = i
		default:
			return nil
		}
	}
	if f.Table < 0 {
		return nil
	}
	segments := 0
	ok := m.scan(map[byte]func(*cursor.Cursor) bool{
		sectionElement: func(c *cursor.Cursor) bool {
			// One active segment of function indices, at 0 of table 0.
			segments++
			if c.U32() != 1 || c.U32() != 0 || c.Byte() != 0x41 || c.U32() != 0 || c.Byte() != 0x0b {
				return false
			}
			for range c.U32() {
				f.Slots = append(f.Slots, funcs[c.U32()])
			}
			return true
		},
		sectionData: never, sectionTag: never,
	})
	if !ok || segments != 1 {
		return nil
	}
	return f
}

func never(*cursor.Cursor) bool { return false }

// scan reads chosen sections of the module once more; it stops where one says
// no.
func (m *Module) scan(sections map[byte]func(*cursor.Cursor) bool) (ok bool) {
	var err error
	defer func() { ok = ok && err == nil }()
	defer cursor.Catch(&err)
	c := cursor.New(m.wasm, 0)
	c.Bytes(len(preamble))
	for c.Len() > 0 {
		id := c.Byte()
		outer := c.Narrow(int(c.U32()))
		if read := sections[id]; read != nil && !read(c) {
			return false
		}
		c.Bytes(c.Len())
		c.Widen(outer)
	}
	return true
}

// definedTypes gives the type index of each function that the module defines.
func (m *Module) definedTypes() (types []uint32) {
	m.scan(map[byte]func(*cursor.Cursor) bool{
		sectionFunc: func(c *cursor.Cursor) bool {
			for range c.U32() {
				types = append(types, c.U32())
			}
			return true
		},
	})
	return types
}
