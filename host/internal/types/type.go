// Package types holds resolved component-model types: every name is followed,
// every resource is an identity, and the canonical ABI layout of a value type
// (size, alignment, flattening) is computed once, when the type is made.
//
// It does not decode types (package binary) nor decide whether a declaration
// is legal (package plan); it is what both the dynamic and the generated
// consumers of the canonical ABI share.
//
// A *Type is immutable once a constructor returned it and may be used from
// any number of goroutines.
package types

import "fmt"

// Kind tells the shape of a value type.
type Kind uint8

// The value types of the 0.2 component model.
const (
	Invalid Kind = iota
	Bool
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
	"invalid", "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
	"list", "record", "tuple", "variant", "enum", "option", "result", "flags", "own", "borrow",
}

// String is the keyword WIT spells the kind with.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Primitive reports whether the kind takes no type argument.
func (k Kind) Primitive() bool { return k >= Bool && k <= String }

// Field is a record field, or, with an empty Name, a tuple element.
type Field struct {
	Name   string
	Type   *Type
	Offset uint32 // from the start of the record
}

// Case is one case of a variant-like type.
type Case struct {
	Name string
	Type *Type // nil: no payload
}

// Type is a value type with its layout.
type Type struct {
	Kind     Kind
	Fields   []Field   // Record, Tuple
	Cases    []Case    // Variant, Enum, Option (none, some), Result (ok, error)
	Labels   []string  // Flags in bit order; the names of Fields (Record) and of Cases (Variant, Enum)
	Elem     *Type     // List, Option
	Resource *Resource // Own, Borrow

	Size  uint32 // bytes in linear memory
	Align uint32 // 1, 2, 4 or 8
	// Flat is the flattening; nil with FlatCount > MaxFlat where it is longer
	// than any call passes in registers, since nothing uses it then.
	Flat      []CoreType
	FlatCount int

	// DiscSize and PayloadOffset lay out a variant-like type: the width of the
	// discriminant (1, 2 or 4) and where the payload begins.
	DiscSize      uint32
	PayloadOffset uint32

	// Dynamic says that a value holds a string or a list, so that lowering it
	// to memory calls realloc.
	Dynamic bool
	// HasOwn and HasBorrow say which handles a value can carry.
	HasOwn    bool
	HasBorrow bool
	// Depth is 1 for a primitive and grows by one a level.
	Depth int
	// Nodes counts the types the type is made of, shared ones each time.
	Nodes int
}

// Resource is the identity of a resource type: two handles are of one type
// exactly when their *Resource are the same pointer.
type Resource struct {
	// Name is how messages and signatures spell the resource: for one a host
	// gives, "wasi:io/poll@0.2.12#pollable".
	Name string
	// Drop ends a host resource that the guest dropped. Nil for resources that
	// guests define, and for host resources with nothing to end.
	Drop DropFunc
	// Definer is, for a resource that a component defines, the index of the
	// defining component instance within the plan; -1 for a host resource.
	Definer int
	// Index is, for a resource that a component defines, its place among the
	// plan's resources.
	Index int
}

// Host reports whether the host implements the resource.
func (r *Resource) Host() bool { return r.Definer < 0 }
