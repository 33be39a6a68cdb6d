// Package abitest stands in for a guest in tests of the canonical ABI: a linear
// memory with an allocator, without WebAssembly.
package abitest

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// Arena is a linear memory whose allocator hands out one address after the
// other, shrinks in place and moves what grows. It records each call.
type Arena struct {
	api.Memory // of which the canonical ABI uses Read alone
	Bytes      []byte
	Next       uint32 // where the next allocation begins, before alignment
	Reallocs   []Realloc
	// Answer, where set, replaces the address that an allocation returns: for
	// allocators that misbehave.
	Answer func(call int, ptr uint32) uint32
}

// Realloc is a call of the allocator, with what it returned.
type Realloc struct{ Old, OldSize, Align, Size, Returned uint32 }

// Read implements api.Memory.
func (a *Arena) Read(offset, n uint32) ([]byte, bool) {
	end := uint64(offset) + uint64(n)
	if end > uint64(len(a.Bytes)) {
		return nil, false
	}
	return a.Bytes[offset:end:end], true
}

// Frame gives canonical options with this memory and its allocator, on behalf
// of an instance.
func (a *Arena) Frame(in *abi.Instance, enc abi.Encoding) abi.Frame {
	return abi.NewFrame(in, a, abi.NewCallable(module{arena: a}, "realloc"), enc)
}

// Guest makes a guest with one component instance and given limits, and ends
// it by close.
func Guest(limits abi.Limits) (in *abi.Instance, end func()) {
	g := abi.NewGuest(context.Background(), limits, 0)
	return g.NewInstance(nil), func() { g.Close(context.Background()) }
}

func (a *Arena) realloc(old, oldSize, align, size uint32) uint32 {
	ptr := (a.Next + align - 1) &^ (align - 1)
	if old != 0 && size <= oldSize {
		ptr = old
	} else {
		a.Next = ptr + size
		if need := int(a.Next) - len(a.Bytes); need > 0 {
			a.Bytes = append(a.Bytes, make([]byte, need)...)
		}
		copy(a.Bytes[ptr:ptr+size], a.Bytes[old:old+min(oldSize, size)])
	}
	if a.Answer != nil {
		ptr = a.Answer(len(a.Reallocs), ptr)
	}
	a.Reallocs = append(a.Reallocs, Realloc{old, oldSize, align, size, ptr})
	return ptr
}

// module is the guest's core module: it exports realloc.
type module struct {
	api.Module
	arena *Arena
}

// ExportedFunction implements api.Module.
func (m module) ExportedFunction(string) api.Function { return function{arena: m.arena} }

type function struct {
	api.Function
	arena *Arena
}

// CallWithStack implements api.Function.
func (f function) CallWithStack(_ context.Context, stack []uint64) error {
	stack[0] = uint64(f.arena.realloc(uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])))
	return nil
}

// Trap runs f and gives the trap that it raised, nil for none. Any other panic
// goes on.
func Trap(f func()) (t *abi.Trap) {
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if t, ok = r.(*abi.Trap); !ok {
				panic(r)
			}
		}
	}()
	f()
	return nil
}
