package abi

import (
	"encoding/binary"

	"github.com/wasikv/wasikv/host/internal/types"
)

// CheckArgs reports, as a *TypeError, the first argument that does not fit the
// function. LowerParams checks as well; this is for callers that must know
// before they enter the guest.
func CheckArgs(g *Guest, ft *types.Func, args []Value) error {
	c := checker{guest: g}
	err := c.args(ft, args)
	c.release()
	return err
}

// LowerParams lowers the arguments of a call of an export onto the stack, with
// realloc where they do not fit it (lower_flat_values). The instance has been
// entered: borrows count on its task.
//
// An argument that does not fit its type gives a *TypeError, before the guest
// is touched and with all handles still held. What the guest does wrong traps.
func LowerParams(f *Frame, ft *types.Func, args []Value, stack []uint64) error {
	c := checker{guest: f.instance.guest}
	if err := c.args(ft, args); err != nil {
		return err
	}
	if c.leaving != nil {
		defer c.abandon()
	}
	if ft.SpillParams {
		t := ft.ParamTuple
		ptr := f.Realloc(0, 0, t.Align, t.Size)
		for i := range args {
			p := &ft.Params[i]
			f.store(p.Type, &args[i], ptr+p.Offset)
		}
		stack[0] = uint64(ptr)
		return nil
	}
	for i := range args {
		t := ft.Params[i].Type
		f.flat(t, &args[i], stack)
		stack = stack[t.FlatCount:]
	}
	return nil
}

// LowerResult lowers the result of a function that a guest imports: onto the
// stack, or to the return area whose address the caller passed on the stack
// after the parameters. A Value that does not fit traps, as what it is, the
// fault of the host function.
func LowerResult(f *Frame, ft *types.Func, v Value, stack []uint64) {
	c := checker{guest: f.instance.guest}
	if err := c.result(ft.Result, &v); err != nil {
		f.Trap(err)
	}
	t := ft.Result
	if t == nil {
		return
	}
	if c.leaving != nil {
		defer c.abandon()
	}
	if !ft.SpillResult {
		f.flat(t, &v, stack)
		return
	}
	n := ft.ParamTuple.FlatCount
	if ft.SpillParams {
		n = 1
	}
	ptr := uint32(stack[n])
	f.Area(ptr, t.Size, t.Align)
	f.store(t, &v, ptr)
}

// store lowers a checked value to memory at ptr, which is aligned and in
// bounds. What calls realloc makes views stale, so a part that is Dynamic is
// written through a view of its own.
func (f *Frame) store(t *types.Type, v *Value, ptr uint32) {
	if !t.Dynamic {
		f.put(t, v, f.view(ptr, t.Size))
		return
	}
	switch t.Kind {
	case types.String, types.List:
		p, n := f.indirect(t, v)
		b := f.view(ptr, 8)
		binary.LittleEndian.PutUint32(b, p)
		binary.LittleEndian.PutUint32(b[4:], n)
	case types.Record, types.Tuple:
		for i := range t.Fields {
			p := &t.Fields[i]
			f.store(p.Type, v.part(t, i), ptr+p.Offset)
		}
	default:
		i := caseIndex(t, v)
		putInt(f.view(ptr, t.DiscSize), t.DiscSize, uint64(i))
		if p := t.Cases[i].Type; p != nil {
			f.store(p, &v.items[0], ptr+t.PayloadOffset)
		}
	}
}

// put lowers a value that needs no realloc. Bytes between and after parts are
// left as they are.
func (f *Frame) put(t *types.Type, v *Value, b []byte) {
	switch t.Kind {
	case types.Record, types.Tuple:
		for i := range t.Fields {
			p := &t.Fields[i]
			f.put(p.Type, v.part(t, i), b[p.Offset:])
		}
	case types.Variant, types.Enum, types.Option, types.Result:
		i := caseIndex(t, v)
		putInt(b, t.DiscSize, uint64(i))
		if p := t.Cases[i].Type; p != nil {
			f.put(p, &v.items[0], b[t.PayloadOffset:])
		}
	default:
		putInt(b, t.Size, f.leaf(t, v))
	}
}

// flat lowers a checked value to core values.
func (f *Frame) flat(t *types.Type, v *Value, stack []uint64) {
	switch t.Kind {
	case types.String, types.List:
		p, n := f.indirect(t, v)
		stack[0], stack[1] = uint64(p), uint64(n)
	case types.Record, types.Tuple:
		for i := range t.Fields {
			p := t.Fields[i].Type
			f.flat(p, v.part(t, i), stack)
			stack = stack[p.FlatCount:]
		}
	case types.Variant, types.Enum, types.Option, types.Result:
		i := caseIndex(t, v)
		stack[0] = uint64(i)
		used := 1
		if p := t.Cases[i].Type; p != nil {
			f.flat(p, &v.items[0], stack[1:])
			used += p.FlatCount
		}
		clear(stack[used:t.FlatCount])
	default:
		n := f.leaf(t, v)
		if t.Size < 8 {
			// An i32, or the bits of an f32: the high half of a slot is zero,
			// also where a variant joins it with an i64.
			n = uint64(uint32(n))
		}
		stack[0] = n
	}
}

func putInt(b []byte, size uint32, n uint64) {
	switch size {
	case 1:
		b[0] = byte(n)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(n))
	default:
		binary.LittleEndian.PutUint64(b, n)
	}
}

// leaf lowers a value that is one number.
func (f *Frame) leaf(t *types.Type, v *Value) uint64 {
	switch t.Kind {
	case types.Flags:
		return uint64(flagBits(t, v))
	case types.Own, types.Borrow:
		return uint64(v.handle.lower(f.instance, t.Kind == types.Own))
	}
	return v.bits
}

// part gives the value of a type's field.
func (v *Value) part(t *types.Type, i int) *Value {
	if v.kind == types.Record && v.names != &t.Labels {
		i = indexName(*v.names, i, t.Fields[i].Name)
	}
	return &v.items[i]
}

// indirect lowers a string or list to memory of its own.
func (f *Frame) indirect(t *types.Type, v *Value) (ptr, n uint32) {
	if t.Kind == types.String {
		return f.storeString(v.text, v.form, uint32(v.bits))
	}
	elem := t.Elem
	count := v.Len()
	ptr = f.NewList(count, elem.Size, elem.Align)
	if count == 0 {
		return ptr, 0
	}
	switch {
	case v.elem != types.Invalid:
		copy(f.view(ptr, uint32(len(v.text))), v.text)
	case !elem.Dynamic:
		b := f.view(ptr, uint32(count)*elem.Size)
		for i := range v.items {
			f.put(elem, &v.items[i], b[uint32(i)*elem.Size:])
		}
	default:
		for i := range v.items {
			f.store(elem, &v.items[i], ptr+uint32(i)*elem.Size)
		}
	}
	return ptr, uint32(count)
}
