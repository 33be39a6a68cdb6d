package types

import (
	"errors"
	"fmt"
)

// CoreType is a core WebAssembly value type, by its binary code.
type CoreType byte

// The core types that flattening produces.
const (
	I32  CoreType = 0x7f
	I64  CoreType = 0x7e
	CF32 CoreType = 0x7d
	CF64 CoreType = 0x7c
)

const (
	// MaxFlat is how many core values a call passes before it spills
	// (MAX_FLAT_PARAMS).
	MaxFlat = 16
	// MaxFlatResults is how many core values a call returns before it uses a
	// return area.
	MaxFlatResults = 1
	// MaxSize bounds the bytes of one value in memory: the canonical ABI
	// rejects element sizes of 2²⁸ and more.
	MaxSize = 1<<28 - 1
	// MaxNodes bounds the effective size of a type, with shared parts counted
	// each time they occur.
	MaxNodes = 1_000_000
	// MaxDepth bounds the nesting of a type.
	MaxDepth = 100
	// MaxFlags is how many labels a flags type may have.
	MaxFlags = 32
)

var (
	// ErrTooLarge says that a type exceeds MaxSize or MaxNodes.
	ErrTooLarge = errors.New("type is too large")
	// ErrTooDeep says that a type nests deeper than MaxDepth.
	ErrTooDeep = errors.New("type nests too deeply")
)

var primitives [String + 1]*Type

func init() {
	prim := func(k Kind, size uint32, flat ...CoreType) {
		primitives[k] = &Type{Kind: k, Size: size, Align: min(size, 8), Flat: flat, FlatCount: len(flat), Depth: 1, Nodes: 1}
	}
	prim(Bool, 1, I32)
	prim(S8, 1, I32)
	prim(U8, 1, I32)
	prim(S16, 2, I32)
	prim(U16, 2, I32)
	prim(S32, 4, I32)
	prim(U32, 4, I32)
	prim(S64, 8, I64)
	prim(U64, 8, I64)
	prim(F32, 4, CF32)
	prim(F64, 8, CF64)
	prim(Char, 4, I32)
	prim(String, 8, I32, I32)
	primitives[String].Align = 4
	primitives[String].Dynamic = true
}

// Primitive gives the type of a primitive kind.
func Primitive(k Kind) *Type {
	if !k.Primitive() {
		panic("types: " + k.String() + " is not primitive")
	}
	return primitives[k]
}

// NewList makes list<elem>.
func NewList(elem *Type) (*Type, error) {
	t := &Type{Kind: List, Elem: elem, Size: 8, Align: 4, Flat: []CoreType{I32, I32}, FlatCount: 2, Dynamic: true}
	return t.finish(elem)
}

// NewRecord makes a record; fields need Name and Type.
func NewRecord(fields []Field) (*Type, error) { return newProduct(Record, fields) }

// NewTuple makes a tuple.
func NewTuple(elems []*Type) (*Type, error) {
	fields := make([]Field, len(elems))
	for i, e := range elems {
		fields[i].Type = e
	}
	return newProduct(Tuple, fields)
}

func newProduct(k Kind, fields []Field) (*Type, error) {
	t := &Type{Kind: k, Fields: fields, Align: 1}
	if k == Record {
		t.Labels = make([]string, len(fields))
	}
	parts := make([]*Type, len(fields))
	var size uint64
	for i := range fields {
		f := &fields[i]
		parts[i] = f.Type
		if k == Record {
			t.Labels[i] = f.Name
		}
		size = alignTo(size, f.Type.Align)
		if size > MaxSize {
			return nil, ErrTooLarge
		}
		f.Offset = uint32(size)
		size += uint64(f.Type.Size)
		t.Align = max(t.Align, f.Type.Align)
		t.FlatCount += f.Type.FlatCount
	}
	size = alignTo(size, t.Align)
	if size > MaxSize {
		return nil, ErrTooLarge
	}
	t.Size = uint32(size)
	if t.FlatCount <= MaxFlat {
		t.Flat = make([]CoreType, 0, t.FlatCount)
		for _, p := range parts {
			t.Flat = append(t.Flat, p.Flat...)
		}
	} else {
		t.FlatCount = MaxFlat + 1
	}
	return t.finish(parts...)
}

// NewVariant makes a variant; a case without payload has a nil Type.
func NewVariant(cases []Case) (*Type, error) { return newSum(Variant, cases) }

// NewEnum makes an enum.
func NewEnum(names []string) (*Type, error) {
	cases := make([]Case, len(names))
	for i, n := range names {
		cases[i].Name = n
	}
	return newSum(Enum, cases)
}

// NewOption makes option<some>.
func NewOption(some *Type) (*Type, error) {
	t, err := newSum(Option, []Case{{Name: "none"}, {Name: "some", Type: some}})
	if err == nil {
		t.Elem = some
	}
	return t, err
}

// NewResult makes result<ok, err>; nil stands for an absent payload.
func NewResult(ok, err *Type) (*Type, error) {
	return newSum(Result, []Case{{Name: "ok", Type: ok}, {Name: "error", Type: err}})
}

func newSum(k Kind, cases []Case) (*Type, error) {
	if len(cases) == 0 {
		return nil, fmt.Errorf("%v has no case", k)
	}
	t := &Type{Kind: k, Cases: cases}
	switch n := uint64(len(cases)); {
	case n <= 1<<8:
		t.DiscSize = 1
	case n <= 1<<16:
		t.DiscSize = 2
	default:
		t.DiscSize = 4
	}
	t.Align = t.DiscSize
	if k == Variant || k == Enum {
		t.Labels = make([]string, len(cases))
		for i := range cases {
			t.Labels[i] = cases[i].Name
		}
	}
	var parts []*Type
	var widest uint32
	payloadAlign := uint32(1)
	flat := []CoreType{I32}
	count := 1
	for i := range cases {
		p := cases[i].Type
		if p == nil {
			continue
		}
		parts = append(parts, p)
		widest = max(widest, p.Size)
		payloadAlign = max(payloadAlign, p.Align)
		count = max(count, 1+p.FlatCount)
		if count > MaxFlat {
			continue
		}
		for j, c := range p.Flat {
			if j+1 < len(flat) {
				flat[j+1] = join(flat[j+1], c)
			} else {
				flat = append(flat, c)
			}
		}
	}
	t.Align = max(t.Align, payloadAlign)
	off := alignTo(uint64(t.DiscSize), payloadAlign)
	size := alignTo(off+uint64(widest), t.Align)
	if size > MaxSize {
		return nil, ErrTooLarge
	}
	t.PayloadOffset, t.Size = uint32(off), uint32(size)
	if count <= MaxFlat {
		t.Flat, t.FlatCount = flat, count
	} else {
		t.FlatCount = MaxFlat + 1
	}
	return t.finish(parts...)
}

// NewFlags makes a flags type of 1 to 32 labels.
func NewFlags(labels []string) (*Type, error) {
	t := &Type{Kind: Flags, Labels: labels, Flat: []CoreType{I32}, FlatCount: 1}
	switch n := len(labels); {
	case n == 0:
		return nil, errors.New("flags has no label")
	case n <= 8:
		t.Size = 1
	case n <= 16:
		t.Size = 2
	case n <= MaxFlags:
		t.Size = 4
	default:
		return nil, fmt.Errorf("flags has %d labels, the limit is %d", n, MaxFlags)
	}
	t.Align = t.Size
	return t.finish()
}

// NewOwn makes own<r>.
func NewOwn(r *Resource) *Type {
	return &Type{Kind: Own, Resource: r, Size: 4, Align: 4, Flat: []CoreType{I32}, FlatCount: 1, HasOwn: true, Depth: 1, Nodes: 1}
}

// NewBorrow makes borrow<r>.
func NewBorrow(r *Resource) *Type {
	return &Type{Kind: Borrow, Resource: r, Size: 4, Align: 4, Flat: []CoreType{I32}, FlatCount: 1, HasBorrow: true, Depth: 1, Nodes: 1}
}

// finish derives what a type inherits from its parts.
func (t *Type) finish(parts ...*Type) (*Type, error) {
	t.Nodes = 1
	for _, p := range parts {
		t.Nodes += p.Nodes
		t.Depth = max(t.Depth, p.Depth)
		t.Dynamic = t.Dynamic || p.Dynamic
		t.HasOwn = t.HasOwn || p.HasOwn
		t.HasBorrow = t.HasBorrow || p.HasBorrow
		if t.Nodes > MaxNodes {
			return nil, ErrTooLarge
		}
	}
	t.Depth++
	if t.Depth > MaxDepth {
		return nil, ErrTooDeep
	}
	return t, nil
}

// join widens two core types that share a slot of a variant's flattening.
func join(a, b CoreType) CoreType {
	switch {
	case a == b:
		return a
	case a == I32 && b == CF32, a == CF32 && b == I32:
		return I32
	default:
		return I64
	}
}

func alignTo(n uint64, align uint32) uint64 {
	a := uint64(align)
	return (n + a - 1) / a * a
}

// String spells the type as the core specification does.
func (c CoreType) String() string {
	switch c {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case CF32:
		return "f32"
	case CF64:
		return "f64"
	}
	return fmt.Sprintf("%#x", byte(c))
}
