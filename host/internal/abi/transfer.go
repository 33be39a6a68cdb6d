package abi

import (
	"encoding/binary"

	"github.com/wasikv/wasikv/host/internal/types"
)

// TransferParams passes the arguments of a call between two components: lifted
// from the caller's stack, lowered onto the callee's, without host values in
// between. What the caller lends is noted in lent until its Return. The callee
// has been entered.
func TransferParams(caller, callee *Frame, ft *types.Func, from, to []uint64, lent *Lent) {
	callee.lifted = 0
	m := mover{from: caller, to: callee, lent: lent}
	t := ft.ParamTuple
	if !ft.SpillParams {
		m.flat(t, from, to)
		return
	}
	src := uint32(from[0])
	caller.Area(src, t.Size, t.Align)
	dst := callee.Realloc(0, 0, t.Align, t.Size)
	m.memory(t, src, dst)
	to[0] = uint64(dst)
}

// TransferResult passes the result of a call between two components: from is
// the callee's stack, to the caller's, which still holds the address of its
// return area where the result has one.
func TransferResult(callee, caller *Frame, ft *types.Func, from, to []uint64) {
	t := ft.Result
	if t == nil {
		return
	}
	caller.lifted = 0
	m := mover{from: callee, to: caller}
	if !ft.SpillResult {
		m.flat(t, from, to)
		return
	}
	n := ft.ParamTuple.FlatCount
	if ft.SpillParams {
		n = 1
	}
	src, dst := uint32(from[0]), uint32(to[n])
	callee.Area(src, t.Size, t.Align)
	caller.Area(dst, t.Size, t.Align)
	m.memory(t, src, dst)
}

// mover moves values from one component to another. Memory is addressed by
// pointers, not views, wherever realloc may run in between.
type mover struct {
	from, to *Frame
	lent     *Lent
}

// flat moves a value between stacks.
func (m *mover) flat(t *types.Type, from, to []uint64) {
	switch t.Kind {
	case types.String:
		ptr, n := m.str(uint32(from[0]), uint32(from[1]))
		to[0], to[1] = uint64(ptr), uint64(n)
	case types.List:
		ptr, n := m.list(t.Elem, uint32(from[0]), uint32(from[1]))
		to[0], to[1] = uint64(ptr), uint64(n)
	case types.Record, types.Tuple:
		for i := range t.Fields {
			f := t.Fields[i].Type
			m.flat(f, from, to)
			from, to = from[f.FlatCount:], to[f.FlatCount:]
		}
	case types.Variant, types.Enum, types.Option, types.Result:
		disc := m.from.Case(uint32(from[0]), uint32(len(t.Cases)))
		to[0] = uint64(disc)
		used := 1
		if p := t.Cases[disc].Type; p != nil {
			m.flat(p, from[1:], to[1:])
			used += p.FlatCount
		}
		clear(to[used:t.FlatCount])
	case types.Bool:
		to[0] = 0
		if uint32(from[0]) != 0 {
			to[0] = 1
		}
	default:
		n := m.leaf(t, from[0])
		if t.Size < 8 {
			n = uint64(uint32(n)) // see Frame.flat
		}
		to[0] = n
	}
}

// memory moves a value between memories; both areas are in bounds and aligned.
func (m *mover) memory(t *types.Type, src, dst uint32) {
	if !t.Dynamic {
		m.fixed(t, m.from.view(src, t.Size), m.to.view(dst, t.Size))
		return
	}
	switch t.Kind {
	case types.String, types.List:
		b := m.from.view(src, 8)
		ptr, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if t.Kind == types.String {
			ptr, n = m.str(ptr, n)
		} else {
			ptr, n = m.list(t.Elem, ptr, n)
		}
		b = m.to.view(dst, 8)
		binary.LittleEndian.PutUint32(b, ptr)
		binary.LittleEndian.PutUint32(b[4:], n)
	case types.Record, types.Tuple:
		for i := range t.Fields {
			f := &t.Fields[i]
			m.memory(f.Type, src+f.Offset, dst+f.Offset)
		}
	default:
		disc := m.from.Case(uint32(loadInt(m.from.view(src, t.DiscSize), t.DiscSize)), uint32(len(t.Cases)))
		putInt(m.to.view(dst, t.DiscSize), t.DiscSize, uint64(disc))
		if p := t.Cases[disc].Type; p != nil {
			m.memory(p, src+t.PayloadOffset, dst+t.PayloadOffset)
		}
	}
}

// fixed moves a value that needs no realloc between views.
func (m *mover) fixed(t *types.Type, src, dst []byte) {
	switch t.Kind {
	case types.Record, types.Tuple:
		for i := range t.Fields {
			f := &t.Fields[i]
			m.fixed(f.Type, src[f.Offset:], dst[f.Offset:])
		}
	case types.Variant, types.Enum, types.Option, types.Result:
		disc := m.from.Case(uint32(loadInt(src, t.DiscSize)), uint32(len(t.Cases)))
		putInt(dst, t.DiscSize, uint64(disc))
		if p := t.Cases[disc].Type; p != nil {
			m.fixed(p, src[t.PayloadOffset:], dst[t.PayloadOffset:])
		}
	default:
		putInt(dst, t.Size, m.leaf(t, loadInt(src, t.Size)))
	}
}

// leaf moves a value that is one number or handle.
func (m *mover) leaf(t *types.Type, raw uint64) uint64 {
	switch t.Kind {
	case types.Char:
		return uint64(uint32(m.from.Char(uint32(raw))))
	case types.Flags:
		return raw & (1<<len(t.Labels) - 1)
	case types.Own:
		return uint64(m.own(t.Resource, uint32(raw)))
	case types.Borrow:
		return uint64(m.borrow(t.Resource, uint32(raw)))
	}
	return scalar(t.Kind, raw).bits
}

func (m *mover) own(r *types.Resource, h uint32) uint32 {
	e := m.from.instance.take(r, h)
	h, to := m.to.instance.add(r, e.object)
	to.rep = e.rep
	return h
}

func (m *mover) borrow(r *types.Resource, h uint32) uint32 {
	e := m.from.instance.lend(r, h, m.lent)
	if m.to.instance.Defines(r) {
		return e.rep
	}
	return m.to.instance.NewBorrow(r, e.rep, e.object)
}

func (m *mover) str(ptr, n uint32) (uint32, uint32) {
	if m.from.encoding != UTF8 || m.to.encoding != UTF8 {
		v := (&lifter{frame: m.from}).str(ptr, n)
		return m.to.storeString(v.text, v.form, uint32(v.bits))
	}
	m.from.Charge(uint64(n))
	m.from.String(ptr, n)
	return m.bytes(ptr, n, 1), n
}

// bytes copies n bytes to a new allocation; the source is looked at again after
// realloc, since the two components may share a memory that moved.
func (m *mover) bytes(ptr, n, align uint32) uint32 {
	dst := m.to.Realloc(0, 0, align, n)
	copy(m.to.view(dst, n), m.from.view(ptr, n))
	return dst
}

func (m *mover) list(elem *types.Type, ptr, n uint32) (uint32, uint32) {
	b := m.from.List(ptr, n, elem.Size, elem.Align)
	m.from.Charge(uint64(len(b)))
	if elem.Kind >= types.S8 && elem.Kind <= types.U64 {
		return m.bytes(ptr, uint32(len(b)), elem.Align), n
	}
	// Elements without bytes still take a step each.
	m.from.Charge(uint64(n))
	size := uint32(len(b))
	dst := m.to.Realloc(0, 0, elem.Align, size)
	if !elem.Dynamic {
		src, to := m.from.view(ptr, size), m.to.view(dst, size)
		for i := uint32(0); i < n; i++ {
			m.fixed(elem, src[i*elem.Size:], to[i*elem.Size:])
		}
		return dst, n
	}
	for i := uint32(0); i < n; i++ {
		m.memory(elem, ptr+i*elem.Size, dst+i*elem.Size)
	}
	return dst, n
}
