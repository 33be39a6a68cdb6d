// Package model is WIT as the generator wants it: interfaces with their types
// laid out by the canonical ABI (size, alignment, offsets, flattening) and
// their functions classified, independent of how the text was parsed.
//
// Versions of one interface that are compatible (wasi:io/poll@0.2.3 and
// @0.2.12) are one Interface here, the newest. The package decides nothing
// about Go: names and code are package gen's.
package model

// Kind tells the shape of a value type.
type Kind uint8

// The value types of the 0.2 component model.
const (
	Bool Kind = iota
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	List
	Record
	Tuple
	Variant
	Enum
	Option
	Result
	Flags
	Own
	Borrow
)

var kindNames = [...]string{
	"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
	"list", "record", "tuple", "variant", "enum", "option", "result", "flags", "own", "borrow",
}

// String is the keyword WIT spells the kind with.
func (k Kind) String() string { return kindNames[k] }

// Type is a value type with its layout. A Type that WIT refers to by a name
// carries that name's Def; its other fields are those of the structure behind
// the name.
type Type struct {
	Kind     Kind
	Def      *Def    // the name by which WIT refers to the type; nil: none
	Fields   []Field // Record, Tuple
	Cases    []Case  // Variant, Enum, Option (none, some), Result (ok, error)
	Labels   []Label // Flags, in bit order
	Elem     *Type   // List, Option
	Resource *Def    // Own, Borrow: the resource as WIT names it here, maybe by an alias

	Size, Align   uint32
	Flat          []Core // nil where longer than any call passes in registers
	FlatCount     int
	DiscSize      uint32 // width of the discriminant of a variant-like type
	PayloadOffset uint32

	// Dynamic says that lowering a value to memory allocates in the guest.
	Dynamic bool
	// Late is Dynamic, or that lowering a value makes handles: what is done
	// before the memory it goes to is looked at.
	Late bool
}

// Field is a record field or, with an empty Name, a tuple element.
type Field struct {
	Name, Docs string
	Type       *Type
	Offset     uint32
}

// Case is one case of a variant-like type.
type Case struct {
	Name, Docs string
	Type       *Type // nil: no payload
}

// Label is one flag.
type Label struct{ Name, Docs string }

// Def is a name that an interface gives to a type.
type Def struct {
	Interface *Interface
	Name      string
	Docs      string
	// Type is the structure behind the name; nil for a resource.
	Type *Type
	// Alias is the definition that this one renames, or brings in by `use`;
	// nil for an original definition, and for an alias of a nameless type.
	Alias *Def
	// Renames says that the definition gives another name to a nameless or
	// primitive type: `type key = string`.
	Renames bool
}

// Resource reports whether the name stands for a resource.
func (d *Def) Resource() bool { return d.Type == nil }

// Root follows aliases to the original definition.
func (d *Def) Root() *Def {
	for d.Alias != nil {
		d = d.Alias
	}
	return d
}

// ID is the resource's identity, "wasi:io/poll@0.2.12#pollable".
func (d *Def) ID() string {
	d = d.Root()
	return d.Interface.ID() + "#" + d.Name
}

// Walk calls visit for the type and everything it is made of, outermost
// first, in the order of the canonical ABI.
func (t *Type) Walk(visit func(*Type)) {
	visit(t)
	for _, f := range t.Fields {
		f.Type.Walk(visit)
	}
	for _, c := range t.Cases {
		if c.Type != nil {
			c.Type.Walk(visit)
		}
	}
	if t.Kind == List {
		t.Elem.Walk(visit)
	}
}

// Numeric reports whether the type is an integer or float, whose list is a
// plain array in memory.
func (t *Type) Numeric() bool { return t.Kind >= S8 && t.Kind <= F64 }
