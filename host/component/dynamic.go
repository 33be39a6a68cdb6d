package component

import (
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Kind tells the shape of a Value.
type Kind = types.Kind

// The kinds of Value.
const (
	KindNone    = types.Invalid // no value
	KindBool    = types.Bool
	KindS8      = types.S8
	KindU8      = types.U8
	KindS16     = types.S16
	KindU16     = types.U16
	KindS32     = types.S32
	KindU32     = types.U32
	KindS64     = types.S64
	KindU64     = types.U64
	KindF32     = types.F32
	KindF64     = types.F64
	KindChar    = types.Char
	KindString  = types.String
	KindList    = types.List
	KindRecord  = types.Record
	KindTuple   = types.Tuple
	KindVariant = types.Variant
	KindEnum    = types.Enum
	KindOption  = types.Option
	KindResult  = types.Result
	KindFlags   = types.Flags
	KindOwn     = types.Own
	KindBorrow  = types.Borrow
)

// FieldValue is a named field of a record Value.
type FieldValue = abi.Field

// Handle is a resource in the hands of the host: what a Value of kind own or
// borrow holds.
type Handle = abi.Handle

// TypeError says that a Value does not fit the type it was passed as.
type TypeError = abi.TypeError

// ErrHandle says that a Handle is no longer held.
var ErrHandle = abi.ErrHandle

// BoolValue makes a bool.
func BoolValue(b bool) Value { return abi.Bool(b) }

// S8Value makes an s8.
func S8Value(n int8) Value { return abi.S8(n) }

// U8Value makes a u8.
func U8Value(n uint8) Value { return abi.U8(n) }

// S16Value makes an s16.
func S16Value(n int16) Value { return abi.S16(n) }

// U16Value makes a u16.
func U16Value(n uint16) Value { return abi.U16(n) }

// S32Value makes an s32.
func S32Value(n int32) Value { return abi.S32(n) }

// U32Value makes a u32.
func U32Value(n uint32) Value { return abi.U32(n) }

// S64Value makes an s64.
func S64Value(n int64) Value { return abi.S64(n) }

// U64Value makes a u64.
func U64Value(n uint64) Value { return abi.U64(n) }

// F32Value makes an f32. Every NaN becomes the canonical one.
func F32Value(x float32) Value { return abi.F32(x) }

// F64Value makes an f64. Every NaN becomes the canonical one.
func F64Value(x float64) Value { return abi.F64(x) }

// CharValue makes a char. One that is no Unicode scalar value fits no type.
func CharValue(r rune) Value { return abi.Char(r) }

// StringValue makes a string. One that is not UTF-8 fits no type.
func StringValue(s string) Value { return abi.String(s) }

// ListValue makes a list, which keeps the slice. The elements must be of one
// type where the list is passed.
func ListValue(items ...Value) Value { return abi.List(items...) }

// BytesValue makes a list<u8> from a copy of b.
func BytesValue(b []byte) Value { return abi.Bytes(b) }

// RecordValue makes a record.
func RecordValue(fields ...FieldValue) Value { return abi.Record(fields...) }

// TupleValue makes a tuple, which keeps the slice.
func TupleValue(items ...Value) Value { return abi.Tuple(items...) }

// VariantValue makes a case of a variant; payload is the zero Value where the
// case has none.
func VariantValue(name string, payload Value) Value { return abi.Variant(name, payload) }

// EnumValue makes a case of an enum.
func EnumValue(name string) Value { return abi.Enum(name) }

// SomeValue makes a present option.
func SomeValue(v Value) Value { return abi.Some(v) }

// NoneValue makes an absent option.
func NoneValue() Value { return abi.None() }

// OkValue makes a successful result; payload is the zero Value where the type
// has none.
func OkValue(payload Value) Value { return abi.OkValue(payload) }

// ErrValue makes a failed result; payload is the zero Value where the type has
// none.
func ErrValue(payload Value) Value { return abi.ErrValue(payload) }

// FlagsValue makes a flags value with the named flags set.
func FlagsValue(names ...string) Value { return abi.Flags(names...) }

// OwnValue makes an own handle of a host resource; the object is the host's
// until the Value is passed to a guest.
func OwnValue(r *Resource, object any) Value { return abi.Own(r, object) }

// BorrowValue makes a borrow of a host resource. Where a guest takes a borrow,
// an own Value is accepted as well, and stays the host's.
func BorrowValue(r *Resource, object any) Value { return abi.Borrow(r, object) }
