package abi_test

import (
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
	"pgregory.net/rapid"
)

var encodings = []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}

// guest is a component instance with a memory of its own.
type guest struct {
	in    *abi.Instance
	arena *abitest.Arena
	frame abi.Frame
}

func newGuest(t testing.TB, enc abi.Encoding) *guest {
	in, end := abitest.Guest(abi.Limits{})
	t.Cleanup(end)
	g := &guest{in: in, arena: &abitest.Arena{Bytes: make([]byte, 64), Next: 13}}
	g.frame = g.arena.Frame(in, enc)
	return g
}

// pass sends values to the guest as arguments and back as what it received.
func (g *guest) pass(t testing.TB, ft *types.Func, args []abi.Value) []abi.Value {
	t.Helper()
	stack := make([]uint64, types.MaxFlat)
	for i := range stack {
		stack[i] = 0xdeadbeefdeadbeef
	}
	var err error
	var got []abi.Value
	trap := abitest.Trap(func() {
		if err = abi.LowerParams(&g.frame, ft, args, stack); err == nil {
			g.frame.Enter()
			got = abi.LiftParams(&g.frame, ft, stack, &abi.Lent{})
		}
	})
	if trap != nil || err != nil {
		t.Fatalf("passing %v as %v: %v %v", args, ft, trap, err)
	}
	return got
}

// Values survive the way through three components of different encodings, as
// parameters and as results.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 100, 400).Draw(rt, "entropy"))
		roundTrip(t, &e)
	})
}

func roundTrip(t testing.TB, e *abitest.Entropy) {
	params := make([]*types.Type, 1+e.Below(4))
	for i := range params {
		params[i] = e.Type(1 + e.Below(5))
	}
	ft := mustFunc(nil, params...)
	want := make([]abi.Value, len(params))
	for i, p := range params {
		want[i] = e.Value(p)
	}
	args := want
	for i := range encodings {
		args = newGuest(t, encodings[(i+e.Below(3))%3]).pass(t, ft, args)
		for k := range want {
			if !args[k].Equal(want[k]) {
				t.Fatalf("%v becomes %v through %v", want[k], args[k], params[k])
			}
		}
	}
	for i, p := range params {
		g := newGuest(t, encodings[e.Below(3)])
		if got := g.result(t, p, args[i]); !got.Equal(want[i]) {
			t.Fatalf("%v becomes %v as a result of %v", want[i], got, p)
		}
	}
}

// result hands a value to the guest as the result of an import, and takes it
// back as the result of an export.
func (g *guest) result(t testing.TB, p *types.Type, v abi.Value) (got abi.Value) {
	ft := mustFunc(p)
	stack := []uint64{uint64(g.area(p))}
	trap := abitest.Trap(func() {
		abi.LowerResult(&g.frame, ft, v, stack)
		got = abi.LiftResult(&g.frame, ft, stack)
	})
	if trap != nil {
		t.Fatalf("returning %v as %v: %v", v, p, trap)
	}
	return got
}

// FuzzLift lifts arbitrary memory as arbitrary types: it traps, or gives a
// value that any guest can be given.
func FuzzLift(f *testing.F) {
	f.Add([]byte{3, 12}, []byte("\x08\x00\x00\x00\x03\x00\x00\x00abc"), uint8(0))
	f.Add([]byte{0, 0, 3, 12}, []byte("\x08\x00\x00\x00\x01\x00\x00\x00\x10\x00\x00\x00\x02\x00\x00\x80a\x00b\x00"), uint8(2))
	f.Add([]byte{0, 0, 0, 0, 3, 0}, []byte("\x08\x00\x00\x00\xff\xff\xff\xff"), uint8(1))
	f.Fuzz(func(t *testing.T, shape, memory []byte, enc uint8) {
		e := abitest.Entropy(shape)
		typ := e.Type(6)
		in, end := abitest.Guest(abi.Limits{LiftBytes: 1 << 20})
		defer end()
		arena := &abitest.Arena{Bytes: memory}
		frame := arena.Frame(in, encodings[enc%3])
		var v abi.Value
		if abitest.Trap(func() { v = abi.LiftResult(&frame, spilled(typ), []uint64{0}) }) != nil {
			return
		}
		to := newGuest(t, encodings[enc/3%3])
		if got := to.pass(t, mustFunc(nil, typ), []abi.Value{v}); !got[0].Equal(v) {
			t.Fatalf("%v becomes %v", v, got[0])
		}
	})
}

// spilled makes a function that returns through memory whatever its type.
func spilled(t *types.Type) *types.Func {
	ft := mustFunc(t)
	ft.SpillResult = true
	return ft
}

// FuzzLower passes values as types that they may not be of: a *TypeError, or
// what was passed.
func FuzzLower(f *testing.F) {
	f.Add([]byte{0, 1, 1, 3, 12, 0, 6}, []byte{0, 1, 1, 3, 12, 0, 6}, []byte{1, 2, 3, 4}, uint8(0))
	f.Add([]byte{0, 3, 3, 1, 3, 12}, []byte{0, 3, 2, 1, 3, 12}, []byte{9, 9, 9}, uint8(1))
	f.Fuzz(func(t *testing.T, want, have, content []byte, enc uint8) {
		e, h, c := abitest.Entropy(want), abitest.Entropy(have), abitest.Entropy(content)
		ft := mustFunc(nil, e.Type(6))
		v := c.Value(h.Type(6))
		g := newGuest(t, encodings[enc%3])
		if err := abi.CheckArgs(g.in.Guest(), ft, []abi.Value{v}); err != nil {
			if _, ok := err.(*abi.TypeError); !ok {
				t.Fatalf("%v: not a *TypeError", err)
			}
			var stack [types.MaxFlat]uint64
			if again := abi.LowerParams(&g.frame, ft, []abi.Value{v}, stack[:]); again == nil || len(g.arena.Reallocs) > 0 {
				t.Fatalf("%v was lowered as %v, although %v", v, ft, err)
			}
			return
		}
		if got := g.pass(t, ft, []abi.Value{v}); !got[0].Equal(v) {
			t.Fatalf("%v becomes %v", v, got[0])
		}
	})
}
