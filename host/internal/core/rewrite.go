package core

import (
	"encoding/binary"
	"fmt"
)

// Edits say how Rewrite changes a module.
type Edits struct {
	// Imports gives every import, in order, its new name; nil leaves all as
	// they are.
	Imports []ImportName
	// TableMax caps the maximum of every table that the module defines, in
	// elements; nil leaves them as they are.
	TableMax *uint32
	// MemoryMax caps the maximum of the memory that the module defines, in
	// pages; nil leaves it as it is.
	MemoryMax *uint32
}

// ImportName is what a module calls an import.
type ImportName struct{ Module, Name string }

// CapError says that a table or memory begins larger than it may become.
type CapError struct {
	Kind     Kind // Table or Memory
	Index    int  // among those that the module defines
	Min, Cap uint32
}

// Error implements error.
func (e *CapError) Error() string {
	unit := "elements"
	if e.Kind == Memory {
		unit = "pages of 64 KiB"
	}
	return fmt.Sprintf("core module: %v %d begins with %d %s, and the limit is %d", e.Kind, e.Index, e.Min, unit, e.Cap)
}

// Rewrite gives a copy of the module with the edits made. Everything else
// stays as it is, byte for byte, except that a malformed name section is left
// out. It fails with *CapError where a cap is below a minimum, and panics where
// Edits.Imports is not as long as the module's imports.
func (m *Module) Rewrite(e Edits) ([]byte, error) {
	if e.Imports != nil && len(e.Imports) != len(m.Imports) {
		panic(fmt.Sprintf("core: %d names for %d imports", len(e.Imports), len(m.Imports)))
	}
	if err := m.checkCaps(e); err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(m.wasm)+m.growth(e))
	for _, p := range m.parts {
		switch {
		case p.id == sectionImport && e.Imports != nil:
			out = appendSection(out, p.id, m.appendImports(nil, e.Imports))
		case p.id == sectionTable && e.TableMax != nil:
			out = appendSection(out, p.id, m.appendTables(nil, *e.TableMax))
		case p.id == sectionMemory && e.MemoryMax != nil:
			out = appendSection(out, p.id, m.appendMemories(nil, *e.MemoryMax))
		default:
			out = append(out, m.wasm[p.start:p.end]...)
		}
	}
	return out, nil
}

func (m *Module) checkCaps(e Edits) error {
	if e.TableMax != nil {
		for i, t := range m.Tables {
			if t.Min > *e.TableMax {
				return &CapError{Table, i, t.Min, *e.TableMax}
			}
		}
	}
	if e.MemoryMax != nil {
		for i, t := range m.Memories {
			if t.Min > *e.MemoryMax {
				return &CapError{Memory, i, t.Min, *e.MemoryMax}
			}
		}
	}
	return nil
}

// growth bounds how much longer the module becomes.
func (m *Module) growth(e Edits) int {
	n := 3*binary.MaxVarintLen32 + binary.MaxVarintLen32*(len(m.Tables)+len(m.Memories))
	for i := range e.Imports {
		n += max(0, len(e.Imports[i].Module)+len(e.Imports[i].Name)-len(m.Imports[i].Module)-len(m.Imports[i].Name)) + 2*binary.MaxVarintLen32
	}
	return n
}

func appendSection(out []byte, id byte, body []byte) []byte {
	out = append(out, id)
	out = appendU32(out, uint32(len(body)))
	return append(out, body...)
}

func appendU32(out []byte, v uint32) []byte { return binary.AppendUvarint(out, uint64(v)) }

func appendName(out []byte, s string) []byte {
	out = appendU32(out, uint32(len(s)))
	return append(out, s...)
}

func (m *Module) appendImports(out []byte, names []ImportName) []byte {
	out = appendU32(out, uint32(len(m.Imports)))
	for i := range m.Imports {
		im := &m.Imports[i]
		out = appendName(out, names[i].Module)
		out = appendName(out, names[i].Name)
		out = append(out, byte(im.Kind))
		switch im.Kind {
		case Func:
			out = appendU32(out, im.typeIndex)
		case Table:
			out = append(out, im.Table.Elem)
			out = appendLimits(out, im.Table.Min, im.Table.Max)
		case Memory:
			out = appendLimits(out, im.Memory.Min, im.Memory.Max)
		case Global:
			out = append(out, im.Global.Value, 0)
			if im.Global.Mutable {
				out[len(out)-1] = 1
			}
		}
	}
	return out
}

func (m *Module) appendTables(out []byte, most uint32) []byte {
	out = appendU32(out, uint32(len(m.Tables)))
	for _, t := range m.Tables {
		out = append(out, t.Elem)
		out = appendLimits(out, t.Min, capped(t.Max, most))
	}
	return out
}

func (m *Module) appendMemories(out []byte, most uint32) []byte {
	out = appendU32(out, uint32(len(m.Memories)))
	for _, t := range m.Memories {
		out = appendLimits(out, t.Min, capped(t.Max, most))
	}
	return out
}

func capped(declared *uint32, most uint32) *uint32 {
	if declared != nil && *declared < most {
		return declared
	}
	return &most
}

func appendLimits(out []byte, least uint32, most *uint32) []byte {
	if most == nil {
		return appendU32(append(out, 0), least)
	}
	return appendU32(appendU32(append(out, 1), least), *most)
}
