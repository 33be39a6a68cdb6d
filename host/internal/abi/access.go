package abi

import (
	"encoding/binary"
	"iter"
	"math"

	"github.com/wasikv/wasikv/host/internal/types"
)

// Bool reads a bool.
func (v Value) Bool() (b, ok bool) { return v.bits != 0, v.kind == types.Bool }

// Int reads a signed integer of any width.
func (v Value) Int() (n int64, ok bool) {
	switch v.kind {
	case types.S8, types.S16, types.S32, types.S64:
		return int64(v.bits), true
	}
	return 0, false
}

// Uint reads an unsigned integer of any width.
func (v Value) Uint() (n uint64, ok bool) {
	switch v.kind {
	case types.U8, types.U16, types.U32, types.U64:
		return v.bits, true
	}
	return 0, false
}

// Float reads an f32 or f64.
func (v Value) Float() (x float64, ok bool) {
	switch v.kind {
	case types.F32:
		return float64(math.Float32frombits(uint32(v.bits))), true
	case types.F64:
		return math.Float64frombits(v.bits), true
	}
	return 0, false
}

// Char reads a char.
func (v Value) Char() (r rune, ok bool) {
	if v.kind != types.Char {
		return 0, false
	}
	return rune(v.bits), true
}

// Text reads a string.
func (v Value) Text() (s string, ok bool) {
	if v.kind != types.String {
		return "", false
	}
	return v.text, true
}

// Bytes reads a list<u8>, as a copy.
func (v Value) Bytes() (b []byte, ok bool) {
	if v.kind != types.List {
		return nil, false
	}
	if v.elem == types.U8 {
		return []byte(v.text), true
	}
	b = make([]byte, v.Len())
	for i := range b {
		e := v.at(i)
		if e.kind != types.U8 {
			return nil, false
		}
		b[i] = byte(e.bits)
	}
	return b, true
}

// Len counts the elements of a list or tuple and the fields of a record; it is
// 0 for other kinds.
func (v Value) Len() int {
	switch {
	case v.kind == types.List && v.elem != types.Invalid:
		return len(v.text) / int(types.Primitive(v.elem).Size)
	case v.kind == types.List || v.kind == types.Tuple || v.kind == types.Record:
		return len(v.items)
	}
	return 0
}

// Index reads an element of a list or tuple or a field of a record, by its
// place.
func (v Value) Index(i int) (e Value, ok bool) {
	if i < 0 || i >= v.Len() {
		return Value{}, false
	}
	return v.at(i), true
}

func (v *Value) at(i int) Value {
	if v.elem == types.Invalid {
		return v.items[i]
	}
	size := int(types.Primitive(v.elem).Size)
	return scalar(v.elem, v.raw(i*size, size))
}

// raw reads a little-endian number of a packed list.
func (v *Value) raw(at, size int) uint64 {
	var b [8]byte
	copy(b[:], v.text[at:at+size])
	return binary.LittleEndian.Uint64(b[:])
}

// scalar makes a primitive Value from bits that are wide enough for it: the
// bits beyond its width do not count.
func scalar(k types.Kind, raw uint64) Value {
	v := Value{kind: k}
	switch k {
	case types.Bool:
		if raw != 0 {
			v.bits = 1
		}
	case types.S8:
		v.bits = uint64(int64(int8(raw)))
	case types.U8:
		v.bits = uint64(uint8(raw))
	case types.S16:
		v.bits = uint64(int64(int16(raw)))
	case types.U16:
		v.bits = uint64(uint16(raw))
	case types.S32:
		v.bits = uint64(int64(int32(raw)))
	case types.U32, types.Char:
		v.bits = uint64(uint32(raw))
	case types.F32:
		v.bits = uint64(canonical32(uint32(raw)))
	case types.F64:
		v.bits = canonical64(raw)
	default:
		v.bits = raw
	}
	return v
}

// Items iterates over the elements of a list or tuple, or the fields of a
// record.
func (v Value) Items() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		for i := range v.Len() {
			if !yield(i, v.at(i)) {
				return
			}
		}
	}
}

// Fields iterates over the fields of a record.
func (v Value) Fields() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.kind != types.Record {
			return
		}
		for i, name := range *v.names {
			if !yield(name, v.items[i]) {
				return
			}
		}
	}
}

// Field reads a field of a record by its name.
func (v Value) Field(name string) (f Value, ok bool) {
	if v.kind != types.Record {
		return Value{}, false
	}
	return v.field(0, name)
}

// field finds a field that is probably at place i.
func (v *Value) field(i int, name string) (Value, bool) {
	i = indexName(*v.names, i, name)
	if i < 0 {
		return Value{}, false
	}
	return v.items[i], true
}

// Case reads a variant, enum, option or result: the name of its case ("none"
// and "some", "ok" and "error" for the latter two) and its payload, the zero
// Value where it has none.
func (v Value) Case() (name string, payload Value, ok bool) {
	switch v.kind {
	case types.Variant, types.Enum, types.Option, types.Result:
		return (*v.names)[v.bits], v.payload(), true
	}
	return "", Value{}, false
}

func (v *Value) payload() Value {
	if len(v.items) == 0 {
		return Value{}
	}
	return v.items[0]
}

// FlagNames reads the names of the flags that are set, in the type's order for
// a value that a guest gave.
func (v Value) FlagNames() (names []string, ok bool) {
	if v.kind != types.Flags {
		return nil, false
	}
	names = []string{}
	for name := range v.flags() {
		names = append(names, name)
	}
	return names, true
}

// flags iterates over the names that are set. Names beyond the 64th, which no
// type has, count as set.
func (v *Value) flags() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, name := range *v.names {
			if (i >= 64 || v.bits>>i&1 != 0) && !yield(name) {
				return
			}
		}
	}
}

// Flag reads one flag: set reports whether it is set, which a name that the
// flags type does not have never is.
func (v Value) Flag(name string) (set, ok bool) {
	if v.kind != types.Flags {
		return false, false
	}
	for n := range v.flags() {
		if n == name {
			return true, true
		}
	}
	return false, true
}

// Handle reads an own or borrow.
func (v Value) Handle() (h *Handle, ok bool) { return v.handle, v.handle != nil }

// indexName finds a name that is probably at place i; -1 where there is none.
func indexName(names []string, i int, name string) int {
	if i >= 0 && i < len(names) && names[i] == name {
		return i
	}
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// Equal reports whether two Values are the same: lists however they were made,
// records and flags in any order of names, floats by their bits (so that NaN
// equals NaN, and 0 differs from -0), handles where they are one Handle.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.handle != w.handle {
		return false
	}
	switch v.kind {
	case types.Invalid, types.Own, types.Borrow:
		return true
	case types.String:
		return v.text == w.text
	case types.List, types.Tuple:
		return equalItems(&v, &w)
	case types.Record:
		if len(v.items) != len(w.items) {
			return false
		}
		for i, name := range *v.names {
			f, ok := w.field(i, name)
			if !ok || !v.items[i].Equal(f) {
				return false
			}
		}
		return true
	case types.Variant, types.Enum, types.Option, types.Result:
		return (*v.names)[v.bits] == (*w.names)[w.bits] && v.payload().Equal(w.payload())
	case types.Flags:
		return v.subset(w) && w.subset(v)
	}
	return v.bits == w.bits
}

func equalItems(v, w *Value) bool {
	n := v.Len()
	if n != w.Len() {
		return false
	}
	if n > 0 && v.elem != types.Invalid && v.elem == w.elem {
		return v.text == w.text
	}
	for i := range n {
		if !v.at(i).Equal(w.at(i)) {
			return false
		}
	}
	return true
}

func (v Value) subset(w Value) bool {
	for name := range v.flags() {
		if set, _ := w.Flag(name); !set {
			return false
		}
	}
	return true
}
