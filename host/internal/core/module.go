// Package core reads what linking needs of core modules (their imports,
// exports, memories, tables and start function) and rewrites their import
// sections, which is how one component mixes several sources under one import
// name.
//
// It checks the structure of every section, function bodies excepted: order,
// sizes, counts. That makes a module safe to hand to wazero, which allocates
// what a count says before it looks for the items. It does not type-check:
// wazero's compiler does, and stays the only judge of code.
//
// Features that wazero lacks (gc, memory64, multi-memory, …) are refused by
// name. Reading takes time and memory proportional to the module, within
// Limits. Functions may run on any number of goroutines at once; a Module is
// immutable and aliases the file.
//
// Specification: core WebAssembly 2.0, section 5 (binary format).
package core

// ValueType is a core value type by its binary code, as api.ValueType.
type ValueType = byte

// The value types.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

// Kind tells what is imported or exported, by its binary code, as
// api.ExternType.
type Kind byte

// The kinds.
const (
	Func Kind = iota
	Table
	Memory
	Global
)

var kindNames = [...]string{"function", "table", "memory", "global"}

// String names the kind.
func (k Kind) String() string { return kindNames[k] }

// Module is what linking needs to know of a core module.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Exports  []Export
	Tables   []TableType  // defined, not imported
	Memories []MemoryType // defined, not imported; at most one with imports
	Globals  []GlobalType // defined, not imported
	// Funcs counts the functions defined, not imported.
	Funcs int
	// HasStart says that instantiation runs code of the module.
	HasStart bool

	wasm  []byte
	parts []part
}

// part is a stretch of the module that Rewrite treats as one.
type part struct {
	id         byte // section id; partVerbatim: copied as it is
	start, end int  // a section's id byte is at start
}

// FuncType is a function type. The slices alias the module.
type FuncType struct{ Params, Results []ValueType }

// TableType is a table type; limits count elements.
type TableType struct {
	Elem ValueType
	Min  uint32
	Max  *uint32
}

// MemoryType is a memory type; limits count pages of 64 KiB.
type MemoryType struct {
	Min uint32
	Max *uint32
}

// GlobalType is a global type.
type GlobalType struct {
	Value   ValueType
	Mutable bool
}

// Extern is the type of an import or export: the field of its Kind counts.
type Extern struct {
	Kind   Kind
	Func   *FuncType
	Table  TableType
	Memory MemoryType
	Global GlobalType
}

// Import is an import.
type Import struct {
	Module, Name string
	Extern

	typeIndex uint32 // Func
}

// Export is an export; Index is in the index space of its kind, imports first.
type Export struct {
	Name  string
	Index uint32
	Extern
}

// Size is the length of the module in bytes.
func (m *Module) Size() int { return len(m.wasm) }

// Export finds an export by name, nil where there is none.
func (m *Module) Export(name string) *Export {
	for i := range m.Exports {
		if m.Exports[i].Name == name {
			return &m.Exports[i]
		}
	}
	return nil
}
