package bindtest

import (
	"context"
	"slices"
	"testing"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

// guest calls the adapters of a linker's interfaces as a component would. Its
// memory moves at each allocation, and what it leaves is overwritten: a view
// that was kept for too long shows.
type guest struct {
	t      testing.TB
	linker *component.Linker
	in     *abi.Instance
	arena  *abitest.Arena
	frame  abi.Frame
	types  *signatures
}

func newGuest(t testing.TB, l *component.Linker, enc abi.Encoding, limits component.Limits) *guest {
	state := l.NewGuest(context.Background(), limits)
	t.Cleanup(func() { state.Close(context.Background()) })
	g := &guest{
		t: t, linker: l, in: state.NewInstance(nil), types: newSignatures(l),
		arena: &abitest.Arena{Bytes: make([]byte, 64), Next: 9},
	}
	g.arena.Answer = func(_ int, ptr uint32) uint32 {
		old := g.arena.Bytes
		g.arena.Bytes = slices.Clone(old)
		for i := range old {
			old[i] = 0xa5
		}
		return ptr
	}
	g.frame = g.arena.Frame(g.in, enc)
	return g
}

// alloc makes room in the guest's memory.
func (g *guest) alloc(size, align uint32) uint32 { return g.frame.Realloc(0, 0, align, size) }

// function finds a function of an interface.
func (g *guest) function(face, name string) *component.Func {
	i := g.linker.Lookup(face)
	if i == nil {
		g.t.Fatalf("no interface %s", face)
	}
	for n := range i.Funcs {
		if i.Funcs[n].Name == name {
			return &i.Funcs[n]
		}
	}
	g.t.Fatalf("%s has no function %s", face, name)
	return nil
}

// call calls a function with values, by way of the dynamic canonical ABI on
// the guest's side.
func (g *guest) call(face, name string, args ...abi.Value) (result abi.Value, trap *abi.Trap) {
	g.t.Helper()
	fn := g.function(face, name)
	ft := g.types.function(fn.Signature)
	stack := make([]uint64, types.MaxFlat+1)
	for i := range stack {
		stack[i] = 0xfeedfeedfeedfeed
	}
	if err := abi.LowerParams(&g.frame, ft, args, stack); err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	var ret uint32
	if ft.SpillResult {
		ret = g.alloc(ft.Result.Size, ft.Result.Align)
		area := g.arena.Bytes[ret:][:ft.Result.Size]
		for i := range area {
			area[i] = 0x5a
		}
		stack[len(fn.Params)-1] = uint64(ret)
	}
	// The upper halves of core values of 32 bits are not the guest's to set.
	for i, p := range fn.Params {
		if p == component.CoreI32 || p == component.CoreF32 {
			stack[i] |= 0xfeedfeed << 32
		}
	}
	trap = abitest.Trap(func() { g.raw(fn, stack) })
	if trap != nil {
		return abi.Value{}, trap
	}
	if ft.SpillResult {
		stack[0] = uint64(ret)
	}
	return abi.LiftResult(&g.frame, ft, stack), nil
}

// raw calls an adapter on core values.
func (g *guest) raw(fn *component.Func, stack []uint64) {
	g.frame.Enter()
	fn.Call(context.Background(), &g.frame, stack)
}
