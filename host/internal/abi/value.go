package abi

import (
	"math"

	"github.com/wasikv/wasikv/host/internal/types"
)

// Value is a dynamic component value: what a function takes and gives where no
// generated binding knows its type. The zero Value is no value: the result of a
// function without one, the payload of a case without one.
//
// A Value knows its own shape (kinds, and the names of fields, cases and
// flags), not a type: whether it fits one is checked where it is passed, and
// fails with a *TypeError.
//
// Values are immutable, cheap to copy and safe for concurrent use, but for the
// handles in them; see Handle. Accessors report by their last result whether
// the Value is of the kind they read, and never panic.
type Value struct {
	kind types.Kind
	// elem is the element kind of a packed list, whose elements lie
	// little-endian in text; Invalid where items holds the elements.
	elem types.Kind
	form form // of a string's source
	// bits is a number, sign-extended where signed, as IEEE bits where
	// floating; the index of a case or the set of flags, by names; the code
	// units that a string had where it was lifted.
	bits  uint64
	text  string    // the text of a string, the elements of a packed list
	names *[]string // of a record's fields, a variant's or enum's cases, flags
	items []Value   // elements, fields, or the payload
	// handle is the resource of an own or borrow.
	handle *Handle
}

// Field is a named field of a record Value.
type Field struct {
	Name  string
	Value Value
}

var (
	optionNames = []string{"none", "some"}
	resultNames = []string{"ok", "error"}
)

// The canonical NaNs.
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// Kind tells the shape; types.Invalid is the zero Value's.
func (v Value) Kind() types.Kind { return v.kind }

// IsZero reports whether v is no value.
func (v Value) IsZero() bool { return v.kind == types.Invalid }

// Bool makes a bool.
func Bool(b bool) Value {
	v := Value{kind: types.Bool}
	if b {
		v.bits = 1
	}
	return v
}

// S8 makes an s8.
func S8(n int8) Value { return Value{kind: types.S8, bits: uint64(int64(n))} }

// U8 makes a u8.
func U8(n uint8) Value { return Value{kind: types.U8, bits: uint64(n)} }

// S16 makes an s16.
func S16(n int16) Value { return Value{kind: types.S16, bits: uint64(int64(n))} }

// U16 makes a u16.
func U16(n uint16) Value { return Value{kind: types.U16, bits: uint64(n)} }

// S32 makes an s32.
func S32(n int32) Value { return Value{kind: types.S32, bits: uint64(int64(n))} }

// U32 makes a u32.
func U32(n uint32) Value { return Value{kind: types.U32, bits: uint64(n)} }

// S64 makes an s64.
func S64(n int64) Value { return Value{kind: types.S64, bits: uint64(n)} }

// U64 makes a u64.
func U64(n uint64) Value { return Value{kind: types.U64, bits: n} }

// F32 makes an f32. Every NaN becomes the canonical one.
func F32(x float32) Value {
	return Value{kind: types.F32, bits: uint64(canonical32(math.Float32bits(x)))}
}

// F64 makes an f64. Every NaN becomes the canonical one.
func F64(x float64) Value { return Value{kind: types.F64, bits: canonical64(math.Float64bits(x))} }

// Char makes a char. One that is no Unicode scalar value fits no type.
func Char(r rune) Value { return Value{kind: types.Char, bits: uint64(uint32(r))} }

// String makes a string. One that is not UTF-8 fits no type.
func String(s string) Value { return Value{kind: types.String, bits: uint64(len(s)), text: s} }

// List makes a list, which keeps the slice. The elements must be of one type
// where the list is passed.
func List(items ...Value) Value { return Value{kind: types.List, items: items} }

// Bytes makes a list<u8> from a copy of b.
func Bytes(b []byte) Value { return packed(types.U8, string(b)) }

func packed(elem types.Kind, raw string) Value {
	return Value{kind: types.List, elem: elem, text: raw}
}

// Record makes a record.
func Record(fields ...Field) Value {
	names, items := make([]string, len(fields)), make([]Value, len(fields))
	for i, f := range fields {
		names[i], items[i] = f.Name, f.Value
	}
	return Value{kind: types.Record, names: &names, items: items}
}

// Tuple makes a tuple, which keeps the slice.
func Tuple(items ...Value) Value { return Value{kind: types.Tuple, items: items} }

// Variant makes a case of a variant; payload is the zero Value where the case
// has none.
func Variant(name string, payload Value) Value {
	return sum(types.Variant, &[]string{name}, 0, payload)
}

// Enum makes a case of an enum.
func Enum(name string) Value { return sum(types.Enum, &[]string{name}, 0, Value{}) }

// Some makes a present option.
func Some(v Value) Value { return sum(types.Option, &optionNames, 1, v) }

// None makes an absent option.
func None() Value { return sum(types.Option, &optionNames, 0, Value{}) }

// OkValue makes a successful result; payload is the zero Value where the type
// has none.
func OkValue(payload Value) Value { return sum(types.Result, &resultNames, 0, payload) }

// ErrValue makes a failed result; payload is the zero Value where the type has
// none.
func ErrValue(payload Value) Value { return sum(types.Result, &resultNames, 1, payload) }

func sum(k types.Kind, names *[]string, index uint64, payload Value) Value {
	v := Value{kind: k, names: names, bits: index}
	if !payload.IsZero() {
		v.items = []Value{payload}
	}
	return v
}

// Flags makes a flags value with the named flags set.
func Flags(names ...string) Value {
	set := make([]string, 0, len(names))
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			set = append(set, n)
		}
	}
	return Value{kind: types.Flags, names: &set, bits: math.MaxUint64}
}

// Own makes an own handle of a host resource. The object is the host's until
// the Value is passed to a guest.
func Own(r *types.Resource, object any) Value {
	return Value{kind: types.Own, handle: &Handle{resource: r, object: object, own: true}}
}

// Borrow makes a borrow of a host resource. Where a guest takes a borrow, an
// own Value is accepted as well, and stays the host's.
func Borrow(r *types.Resource, object any) Value {
	return Value{kind: types.Borrow, handle: &Handle{resource: r, object: object}}
}

func canonical32(bits uint32) uint32 {
	if bits&0x7fffffff > 0x7f800000 {
		return nan32
	}
	return bits
}

func canonical64(bits uint64) uint64 {
	if bits&0x7fffffffffffffff > 0x7ff0000000000000 {
		return nan64
	}
	return bits
}
