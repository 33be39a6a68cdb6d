package abi_test

import (
	"slices"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
	"pgregory.net/rapid"
)

// A direct call between components leaves the callee exactly as lifting and
// lowering does: the same core values, allocations and memory.
func TestTransferIsLiftAndLower(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 100, 400).Draw(rt, "entropy"))
		compareTransfer(t, &e)
	})
}

// FuzzTransfer does so with whatever the caller's memory holds: what traps one
// way traps the other.
func FuzzTransfer(f *testing.F) {
	f.Add([]byte{3, 12}, []byte("\x08\x00\x00\x00\x03\x00\x00\x00abc"), uint8(1))
	f.Add([]byte{0, 0, 3, 12}, []byte("\x08\x00\x00\x00\x01\x00\x00\x00\x10\x00\x00\x00\x02\x00\x00\x80a\x00b\x00"), uint8(5))
	f.Fuzz(func(t *testing.T, shape, memory []byte, enc uint8) {
		e := abitest.Entropy(shape)
		from := newGuest(t, encodings[enc%3])
		from.arena.Bytes = memory
		comparePassing(t, from, spilled(e.Type(6)), []uint64{0}, encodings[enc/3%3])
	})
}

func compareTransfer(t testing.TB, e *abitest.Entropy) {
	params := make([]*types.Type, 1+e.Below(4))
	args := make([]abi.Value, len(params))
	for i := range params {
		params[i] = e.Type(1 + e.Below(5))
		args[i] = e.Value(params[i])
	}
	ft := mustFunc(nil, params...)
	from := newGuest(t, encodings[e.Below(3)])
	stack := make([]uint64, types.MaxFlat)
	trap := abitest.Trap(func() {
		if err := abi.LowerParams(&from.frame, ft, args, stack); err != nil {
			t.Fatal(err)
		}
	})
	if trap != nil {
		t.Fatal(trap)
	}
	comparePassing(t, from, ft, stack, encodings[e.Below(3)])
}

// comparePassing passes arguments, or, of a function that returns through
// memory, the result, both ways.
func comparePassing(t testing.TB, from *guest, ft *types.Func, stack []uint64, enc abi.Encoding) {
	var traps [2]*abi.Trap
	var got [2]*guest
	var stacks [2][]uint64
	for i := range got {
		g := newGuest(t, enc)
		out := make([]uint64, types.MaxFlat)
		traps[i] = abitest.Trap(func() {
			from.frame.Enter()
			switch {
			case ft.SpillResult:
				area := uint64(g.area(ft.Result))
				out[ft.ParamTuple.FlatCount] = area
				if i == 0 {
					abi.LowerResult(&g.frame, ft, abi.LiftResult(&from.frame, ft, stack), out)
				} else {
					abi.TransferResult(&from.frame, &g.frame, ft, stack, out)
				}
			case i == 0:
				if err := abi.LowerParams(&g.frame, ft, abi.LiftParams(&from.frame, ft, stack, nil), out); err != nil {
					t.Fatal(err)
				}
			default:
				abi.TransferParams(&from.frame, &g.frame, ft, stack, out, nil)
			}
		})
		got[i], stacks[i] = g, out
	}
	if (traps[0] == nil) != (traps[1] == nil) {
		t.Fatalf("%v: lifted and lowered: trap %v, direct: trap %v", ft, traps[0], traps[1])
	}
	if traps[0] != nil {
		return
	}
	switch {
	case !slices.Equal(stacks[0], stacks[1]):
		t.Fatalf("%v: core values\n%#x, direct\n%#x", ft, stacks[0], stacks[1])
	case !slices.Equal(got[0].arena.Reallocs, got[1].arena.Reallocs):
		t.Fatalf("%v: allocations\n%v, direct\n%v", ft, got[0].arena.Reallocs, got[1].arena.Reallocs)
	case !slices.Equal(got[0].arena.Bytes, got[1].arena.Bytes):
		t.Fatalf("%v: memory\n%x, direct\n%x", ft, got[0].arena.Bytes, got[1].arena.Bytes)
	}
}

// area makes room for a value, as a return area.
func (g *guest) area(t *types.Type) uint32 {
	ptr := (g.arena.Next + 7) &^ 7
	g.arena.Next = ptr + t.Size
	if n := int(g.arena.Next) - len(g.arena.Bytes); n > 0 {
		g.arena.Bytes = append(g.arena.Bytes, make([]byte, n)...)
	}
	return ptr
}
