package abi

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"github.com/wasikv/wasikv/host/internal/types"
)

// valueSize is what a Value takes in the host: lifting charges it for each
// part of a value, so that a small area of guest memory cannot become a large
// one of the host's.
const valueSize = uint64(unsafe.Sizeof(Value{}))

// LiftParams lifts the arguments with which a guest calls a function that it
// imports (lift_flat_values). Handles that are lent are noted in lent until
// its Return; lent is nil only where no borrow can be among the arguments.
//
// The Values own their memory, but for resources: an own is the host's from
// here on, a borrow ends with lent.
func LiftParams(f *Frame, ft *types.Func, stack []uint64, lent *Lent) []Value {
	l := lifter{frame: f, lent: lent}
	if ft.ParamTuple.HasOwn {
		// What was taken before a trap would else be in nobody's hands.
		defer l.abandonUnlessDone()
	}
	args := l.values(len(ft.Params))
	if ft.SpillParams {
		b := f.Area(uint32(stack[0]), ft.ParamTuple.Size, ft.ParamTuple.Align)
		for i := range args {
			p := &ft.Params[i]
			args[i] = l.load(p.Type, b[p.Offset:])
		}
	} else {
		for i := range args {
			t := ft.Params[i].Type
			args[i] = l.flat(t, stack)
			stack = stack[t.FlatCount:]
		}
	}
	l.done = true
	return args
}

// LiftResult lifts what an export returned, before post-return runs. It is the
// zero Value where the function has no result.
func LiftResult(f *Frame, ft *types.Func, stack []uint64) Value {
	f.lifted = 0
	t := ft.Result
	if t == nil {
		return Value{}
	}
	l := lifter{frame: f}
	if t.HasOwn {
		defer l.abandonUnlessDone()
	}
	var v Value
	if ft.SpillResult {
		v = l.load(t, f.Area(uint32(stack[0]), t.Size, t.Align))
	} else {
		v = l.flat(t, stack)
	}
	l.done = true
	return v
}

// lifter lifts the values of one call. Nothing of the guest runs meanwhile, so
// views of its memory stay valid throughout; depth is bounded by the type's.
type lifter struct {
	frame *Frame
	lent  *Lent
	taken []*Handle
	done  bool
}

func (l *lifter) abandonUnlessDone() {
	if l.done {
		return
	}
	for _, h := range l.taken {
		h.abandon()
	}
}

// values makes room for n values.
func (l *lifter) values(n int) []Value {
	l.frame.Charge(uint64(n) * valueSize)
	return make([]Value, n)
}

// load lifts a value from memory, which holds at least t.Size bytes.
func (l *lifter) load(t *types.Type, b []byte) Value {
	switch t.Kind {
	case types.String:
		return l.str(binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]))
	case types.List:
		return l.list(t.Elem, binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]))
	case types.Record, types.Tuple:
		v := l.product(t)
		for i := range t.Fields {
			f := &t.Fields[i]
			v.items[i] = l.load(f.Type, b[f.Offset:])
		}
		return v
	case types.Variant, types.Enum, types.Option, types.Result:
		v, payload := l.sum(t, uint32(loadInt(b, t.DiscSize)))
		if payload != nil {
			v.items[0] = l.load(payload, b[t.PayloadOffset:])
		}
		return v
	}
	return l.leaf(t, loadInt(b, t.Size))
}

// flat lifts a value from core values. The joined slots of variants need no
// conversion: a slot holds an i32 or the bits of an f32 in its low half.
func (l *lifter) flat(t *types.Type, stack []uint64) Value {
	switch t.Kind {
	case types.String:
		return l.str(uint32(stack[0]), uint32(stack[1]))
	case types.List:
		return l.list(t.Elem, uint32(stack[0]), uint32(stack[1]))
	case types.Record, types.Tuple:
		v := l.product(t)
		for i := range t.Fields {
			f := t.Fields[i].Type
			v.items[i] = l.flat(f, stack)
			stack = stack[f.FlatCount:]
		}
		return v
	case types.Variant, types.Enum, types.Option, types.Result:
		v, payload := l.sum(t, uint32(stack[0]))
		if payload != nil {
			v.items[0] = l.flat(payload, stack[1:])
		}
		return v
	case types.Bool:
		return Bool(uint32(stack[0]) != 0)
	}
	return l.leaf(t, stack[0])
}

func loadInt(b []byte, size uint32) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// leaf lifts a value that is one number.
func (l *lifter) leaf(t *types.Type, raw uint64) Value {
	switch t.Kind {
	case types.Char:
		return Char(l.frame.Char(uint32(raw)))
	case types.Flags:
		return Value{kind: types.Flags, names: &t.Labels, bits: raw & (1<<len(t.Labels) - 1)}
	case types.Own:
		return l.own(t.Resource, uint32(raw))
	case types.Borrow:
		return l.borrow(t.Resource, uint32(raw))
	}
	return scalar(t.Kind, raw)
}

// product makes a record or tuple whose fields are yet to be lifted.
func (l *lifter) product(t *types.Type) Value {
	v := Value{kind: t.Kind, items: l.values(len(t.Fields))}
	if t.Kind == types.Record {
		v.names = &t.Labels
	}
	return v
}

// sum makes a variant-like value, and gives the type of the payload that is yet
// to be lifted, nil for none.
func (l *lifter) sum(t *types.Type, disc uint32) (Value, *types.Type) {
	l.frame.Case(disc, uint32(len(t.Cases)))
	v := Value{kind: t.Kind, bits: uint64(disc)}
	switch t.Kind {
	case types.Option:
		v.names = &optionNames
	case types.Result:
		v.names = &resultNames
	default:
		v.names = &t.Labels
	}
	payload := t.Cases[disc].Type
	if payload != nil {
		v.items = l.values(1)
	}
	return v, payload
}

func (l *lifter) str(ptr, n uint32) Value {
	f := l.frame
	v := Value{kind: types.String}
	if f.encoding == UTF8 {
		// Charged before it is looked at, which bounds the work as well: many
		// strings may share one area.
		f.Charge(uint64(n))
		v.text, v.bits = strings.Clone(f.String(ptr, n)), uint64(n)
		return v
	}
	var units uint32
	v.text, v.form, units = f.liftEncoded(ptr, n)
	v.bits = uint64(units)
	return v
}

func (l *lifter) list(elem *types.Type, ptr, n uint32) Value {
	f := l.frame
	b := f.List(ptr, n, elem.Size, elem.Align)
	if packs(elem.Kind) {
		f.Charge(uint64(len(b)))
		return packed(elem.Kind, liftPacked(f, elem.Kind, b))
	}
	f.Charge(uint64(n) * valueSize)
	items := make([]Value, n)
	for i := range items {
		items[i] = l.load(elem, b[uint32(i)*elem.Size:])
	}
	return Value{kind: types.List, items: items}
}

// packs reports whether lists of a kind keep their elements as bytes.
func packs(k types.Kind) bool { return k >= types.Bool && k <= types.Char }

// liftPacked copies the elements of a list of primitives, each in its one
// canonical form.
func liftPacked(f *Frame, k types.Kind, b []byte) string {
	switch k {
	case types.Bool:
		out := make([]byte, len(b))
		for i, c := range b {
			if c != 0 {
				out[i] = 1
			}
		}
		return unsafe.String(unsafe.SliceData(out), len(out))
	case types.F32:
		out := make([]byte, 0, len(b))
		for i := 0; i < len(b); i += 4 {
			out = binary.LittleEndian.AppendUint32(out, canonical32(binary.LittleEndian.Uint32(b[i:])))
		}
		return unsafe.String(unsafe.SliceData(out), len(out))
	case types.F64:
		out := make([]byte, 0, len(b))
		for i := 0; i < len(b); i += 8 {
			out = binary.LittleEndian.AppendUint64(out, canonical64(binary.LittleEndian.Uint64(b[i:])))
		}
		return unsafe.String(unsafe.SliceData(out), len(out))
	case types.Char:
		for i := 0; i < len(b); i += 4 {
			f.Char(binary.LittleEndian.Uint32(b[i:]))
		}
	}
	return string(b)
}

// handle makes the host's side of a handle.
func (l *lifter) handle(e *entry, own bool) *Handle {
	l.frame.Charge(uint64(unsafe.Sizeof(Handle{})))
	return &Handle{resource: e.resource, object: e.object, rep: e.rep, guest: l.frame.instance.guest, own: own}
}

func (l *lifter) own(r *types.Resource, index uint32) Value {
	e := l.frame.instance.take(r, index)
	h := l.handle(&e, true)
	l.taken = append(l.taken, h)
	return Value{kind: types.Own, handle: h}
}

func (l *lifter) borrow(r *types.Resource, index uint32) Value {
	h := l.handle(l.frame.instance.lend(r, index, l.lent), false)
	if l.lent != nil {
		l.lent.values = append(l.lent.values, h)
	}
	return Value{kind: types.Borrow, handle: h}
}
