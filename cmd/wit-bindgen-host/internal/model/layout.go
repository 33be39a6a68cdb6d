package model

import "fmt"

// Core is a core WebAssembly value type.
type Core uint8

// The core types that flattening produces.
const (
	I32 Core = iota
	I64
	CF32
	CF64
)

const (
	// MaxFlat is how many core values a call passes before it spills.
	MaxFlat = 16
	// MaxFlatResults is how many core values a call returns before it uses a
	// return area.
	MaxFlatResults = 1
	// MaxSize is the largest size of one value in memory.
	MaxSize = 1<<28 - 1
	// MaxFlags is how many labels a flags type may have.
	MaxFlags = 32
)

func primitive(k Kind) *Type {
	size, flat := uint32(4), []Core{I32}
	switch k {
	case Bool, S8, U8:
		size = 1
	case S16, U16:
		size = 2
	case S64, U64:
		size, flat = 8, []Core{I64}
	case F32:
		flat = []Core{CF32}
	case F64:
		size, flat = 8, []Core{CF64}
	case String:
		return &Type{Kind: k, Size: 8, Align: 4, Flat: []Core{I32, I32}, FlatCount: 2, Dynamic: true, Late: true}
	}
	return &Type{Kind: k, Size: size, Align: size, Flat: flat, FlatCount: 1}
}

func list(elem *Type) *Type {
	return &Type{Kind: List, Elem: elem, Size: 8, Align: 4, Flat: []Core{I32, I32}, FlatCount: 2, Dynamic: true, Late: true}
}

func handle(k Kind, resource *Def) *Type {
	return &Type{Kind: k, Resource: resource, Size: 4, Align: 4, Flat: []Core{I32}, FlatCount: 1, Late: k == Own}
}

func flags(labels []Label) (*Type, error) {
	t := &Type{Kind: Flags, Labels: labels, Flat: []Core{I32}, FlatCount: 1}
	switch n := len(labels); {
	case n == 0:
		return nil, fmt.Errorf("flags without labels")
	case n <= 8:
		t.Size = 1
	case n <= 16:
		t.Size = 2
	case n <= MaxFlags:
		t.Size = 4
	default:
		return nil, fmt.Errorf("flags with %d labels: the component model allows %d", n, MaxFlags)
	}
	t.Align = t.Size
	return t, nil
}

// product lays out a record or tuple and sets the fields' offsets.
func product(k Kind, fields []Field) (*Type, error) {
	t := &Type{Kind: k, Fields: fields, Align: 1}
	var size uint64
	for i := range fields {
		f := &fields[i]
		size = alignTo(size, f.Type.Align)
		f.Offset = uint32(size)
		size += uint64(f.Type.Size)
		if size > MaxSize {
			return nil, errTooLarge
		}
		t.Align = max(t.Align, f.Type.Align)
		t.Dynamic = t.Dynamic || f.Type.Dynamic
		t.Late = t.Late || f.Type.Late
		t.FlatCount = min(t.FlatCount+f.Type.FlatCount, MaxFlat+1)
	}
	t.Size = uint32(alignTo(size, t.Align))
	if t.FlatCount <= MaxFlat {
		for _, f := range fields {
			t.Flat = append(t.Flat, f.Type.Flat...)
		}
	}
	return t, nil
}

// sum lays out a variant-like type.
func sum(k Kind, cases []Case) (*Type, error) {
	if len(cases) == 0 {
		return nil, fmt.Errorf("%v without cases", k)
	}
	t := &Type{Kind: k, Cases: cases, Flat: []Core{I32}, FlatCount: 1}
	switch n := len(cases); {
	case n <= 1<<8:
		t.DiscSize = 1
	case n <= 1<<16:
		t.DiscSize = 2
	default:
		t.DiscSize = 4
	}
	payloadAlign, widest := uint32(1), uint32(0)
	for _, c := range cases {
		p := c.Type
		if p == nil {
			continue
		}
		payloadAlign, widest = max(payloadAlign, p.Align), max(widest, p.Size)
		t.Dynamic = t.Dynamic || p.Dynamic
		t.Late = t.Late || p.Late
		t.FlatCount = min(max(t.FlatCount, 1+p.FlatCount), MaxFlat+1)
		for i, c := range p.Flat {
			if i+1 < len(t.Flat) {
				t.Flat[i+1] = join(t.Flat[i+1], c)
			} else {
				t.Flat = append(t.Flat, c)
			}
		}
	}
	if t.FlatCount > MaxFlat {
		t.Flat = nil
	}
	t.Align = max(t.DiscSize, payloadAlign)
	t.PayloadOffset = uint32(alignTo(uint64(t.DiscSize), payloadAlign))
	size := alignTo(uint64(t.PayloadOffset)+uint64(widest), t.Align)
	if size > MaxSize {
		return nil, errTooLarge
	}
	t.Size = uint32(size)
	return t, nil
}

var errTooLarge = fmt.Errorf("type exceeds %d bytes", MaxSize)

// join gives the core type of a slot that two cases of a variant share.
func join(a, b Core) Core {
	switch {
	case a == b:
		return a
	case a == I32 && b == CF32, a == CF32 && b == I32:
		return I32
	}
	return I64
}

func alignTo(n uint64, align uint32) uint64 {
	a := uint64(align)
	return (n + a - 1) / a * a
}
