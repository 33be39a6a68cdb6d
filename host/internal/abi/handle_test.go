package abi_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

// pair is a guest of two component instances: the first calls the second.
type pair struct {
	caller, callee             *abi.Instance
	callerFrame, calleeFrame   abi.Frame
	callerArena, calleeArena   *abitest.Arena
	direct                     bool            // no host values in between
	hostRes, firstRes, lastRes *types.Resource // defined by the host, the caller, the callee
}

// bothWays runs a test with calls through host values, and with direct ones.
func bothWays(t *testing.T, test func(t *testing.T, p *pair)) {
	t.Run("through values", func(t *testing.T) { test(t, newPair(t)) })
	t.Run("direct", func(t *testing.T) {
		p := newPair(t)
		p.direct = true
		test(t, p)
	})
}

func newPair(t *testing.T) *pair {
	caller, end := abitest.Guest(abi.Limits{})
	t.Cleanup(end)
	p := &pair{caller: caller, callee: caller.Guest().NewInstance(nil)}
	p.callerArena = &abitest.Arena{Bytes: make([]byte, 256), Next: 64}
	p.calleeArena = &abitest.Arena{Bytes: make([]byte, 256), Next: 64}
	p.callerFrame = p.callerArena.Frame(p.caller, abi.UTF8)
	p.calleeFrame = p.calleeArena.Frame(p.callee, abi.UTF8)
	p.hostRes = &types.Resource{Name: "host", Definer: -1}
	p.firstRes = &types.Resource{Name: "first", Definer: 0}
	p.lastRes = &types.Resource{Name: "last", Definer: 1}
	return p
}

// call passes core values from the caller to the callee, and runs body as the
// callee.
func (p *pair) call(ft *types.Func, stack []uint64, body func(stack []uint64)) *abi.Trap {
	return abitest.Trap(func() {
		var lent abi.Lent
		var task abi.Task
		p.callee.Enter(&task, p.caller)
		defer task.Leave()
		in := make([]uint64, types.MaxFlat)
		if p.direct {
			abi.TransferParams(&p.callerFrame, &p.calleeFrame, ft, stack, in, &lent)
		} else {
			args := abi.LiftParams(&p.callerFrame, ft, stack, &lent)
			if err := abi.LowerParams(&p.calleeFrame, ft, args, in); err != nil {
				p.calleeFrame.Trap(err)
			}
		}
		body(in)
		task.Returned()
		lent.Return()
	})
}

func wantTrap(t *testing.T, trap *abi.Trap, want string) {
	t.Helper()
	if trap == nil || !strings.Contains(trap.Error(), want) {
		t.Errorf("trap %v, want one for %q", trap, want)
	}
}

func TestOwnMovesBetweenComponents(t *testing.T) { bothWays(t, testOwnMovesBetweenComponents) }

func testOwnMovesBetweenComponents(t *testing.T, p *pair) {
	object := new(int)
	host := p.caller.NewOwn(p.hostRes, object)
	first := p.caller.NewRep(p.firstRes, 77)
	ft := mustFunc(nil, types.NewOwn(p.hostRes), listOf(types.NewOwn(p.firstRes)))
	copy(p.callerArena.Bytes[16:], words(first))
	trap := p.call(ft, []uint64{uint64(host), 16, 1}, func(stack []uint64) {
		if got := p.calleeFrame.Take(p.hostRes, uint32(stack[0])); got != object {
			t.Errorf("the callee got object %v", got)
		}
		handle := binary.LittleEndian.Uint32(p.calleeArena.Bytes[stack[1]:])
		if rep := p.callee.Rep(p.firstRes, handle); rep != 77 {
			t.Errorf("the callee got representation %d", rep)
		}
	})
	if trap != nil {
		t.Fatal(trap)
	}
	if n := p.caller.Guest().Handles(); n != 1 {
		t.Errorf("%d handles after the call, want the one that the callee keeps", n)
	}
	wantTrap(t, abitest.Trap(func() { p.caller.Rep(p.firstRes, first) }), "unknown handle")
}

func TestBorrowBetweenComponents(t *testing.T) { bothWays(t, testBorrowBetweenComponents) }

func testBorrowBetweenComponents(t *testing.T, p *pair) {
	host := p.caller.NewOwn(p.hostRes, "object")
	last := p.caller.NewRep(p.lastRes, 5)
	ft := mustFunc(nil, types.NewBorrow(p.hostRes), types.NewBorrow(p.lastRes))
	stack := []uint64{uint64(host), uint64(last)}

	trap := p.call(ft, stack, func(got []uint64) {
		if got[1] != 5 {
			t.Errorf("the definer of the resource got %d, want the representation 5", got[1])
		}
		if o := p.calleeFrame.Borrow(p.hostRes, uint32(got[0])); o != "object" {
			t.Errorf("the callee borrowed %v", o)
		}
		wantTrap(t, abitest.Trap(func() { p.caller.Drop(p.hostRes, host) }), "lent")
		wantTrap(t, abitest.Trap(func() { p.callerFrame.Take(p.lastRes, last) }), "lent")
		wantTrap(t, abitest.Trap(func() { p.calleeFrame.Take(p.hostRes, uint32(got[0])) }), "borrow")
		p.callee.Drop(p.hostRes, uint32(got[0]))
	})
	if trap != nil {
		t.Fatal(trap)
	}
	p.caller.Drop(p.hostRes, host) // given back
	p.caller.Drop(p.lastRes, last)

	host = p.caller.NewOwn(p.hostRes, "object")
	last = p.caller.NewRep(p.lastRes, 5)
	wantTrap(t, p.call(ft, []uint64{uint64(host), uint64(last)}, func([]uint64) {}), "borrow handles still remain")
}

// A borrow that was borrowed: the chain keeps each link until its call is over.
func TestBorrowOfBorrow(t *testing.T) { bothWays(t, testBorrowOfBorrow) }

func testBorrowOfBorrow(t *testing.T, p *pair) {
	host := p.caller.NewOwn(p.hostRes, "object")
	ft := mustFunc(nil, types.NewBorrow(p.hostRes))
	trap := p.call(ft, []uint64{uint64(host)}, func(got []uint64) {
		var lent abi.Lent
		args := abi.LiftParams(&p.calleeFrame, ft, got, &lent)
		h, _ := args[0].Handle()
		if h.Object() != "object" || h.Owned() {
			t.Errorf("a borrow of a borrow is %v, owned %v", h.Object(), h.Owned())
		}
		wantTrap(t, abitest.Trap(func() { p.callee.Drop(p.hostRes, uint32(got[0])) }), "lent")
		lent.Return()
		if h.Held() {
			t.Error("the borrow outlives the call")
		}
		if err := abi.CheckArgs(p.callee.Guest(), ft, args); err == nil {
			t.Error("an expired borrow can be passed")
		}
		p.callee.Drop(p.hostRes, uint32(got[0]))
	})
	if trap != nil {
		t.Fatal(trap)
	}
}

func TestHandleTraps(t *testing.T) { bothWays(t, testHandleTraps) }

func testHandleTraps(t *testing.T, p *pair) {
	host := uint64(p.caller.NewOwn(p.hostRes, "object"))
	dropped := p.caller.NewOwn(p.hostRes, "object")
	p.caller.Drop(p.hostRes, dropped)
	for name, r := range map[string]*types.Type{
		"own": types.NewOwn(p.hostRes), "borrow": types.NewBorrow(p.hostRes),
	} {
		for _, c := range []struct {
			typ    *types.Type
			handle uint64
			want   string
		}{
			{r, 0, "unknown handle"}, {r, 99, "unknown handle"}, {r, 0xffffffff, "unknown handle"}, {r, uint64(dropped), "unknown handle"},
			{types.NewOwn(p.firstRes), host, "a first was expected"}, {types.NewBorrow(p.firstRes), host, "a first was expected"},
		} {
			trap := p.call(mustFunc(nil, c.typ), []uint64{c.handle}, func([]uint64) {})
			if trap == nil || !strings.Contains(trap.Reason, c.want) {
				t.Errorf("%s of handle %#x: trap %v, want %q", name, c.handle, trap, c.want)
			}
		}
	}
	both := mustFunc(nil, types.NewBorrow(p.hostRes), types.NewOwn(p.hostRes))
	wantTrap(t, p.call(both, []uint64{host, host}, func([]uint64) {}), "lent")
	twice := mustFunc(nil, types.NewOwn(p.firstRes), types.NewOwn(p.firstRes))
	first := uint64(p.caller.NewRep(p.firstRes, 1))
	wantTrap(t, p.call(twice, []uint64{first, first}, func([]uint64) {}), "unknown handle")
}

// The host's own resources: what it passes it no longer has, and it passes
// nothing twice.
func TestHostHandles(t *testing.T) {
	p := newPair(t)
	ft := mustFunc(nil, types.NewOwn(p.hostRes), types.NewBorrow(p.hostRes))
	a, b := abi.Own(p.hostRes, "a"), abi.Own(p.hostRes, "b")
	stack := make([]uint64, 2)
	for name, args := range map[string][]abi.Value{
		"the same handle twice":  {a, a},
		"a borrow for an own":    {abi.Borrow(p.hostRes, "c"), b},
		"another resource":       {abi.Own(p.firstRes, "c"), b},
		"not a handle":           {abi.U32(1), b},
		"an own and no argument": {a},
	} {
		err := abi.LowerParams(&p.calleeFrame, ft, args, stack)
		var wrong *abi.TypeError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: error %v, want a *TypeError", name, err)
		}
	}
	trap := abitest.Trap(func() {
		var task abi.Task
		p.callee.Enter(&task, nil)
		defer task.Leave()
		if err := abi.LowerParams(&p.calleeFrame, ft, []abi.Value{a, b}, stack); err != nil {
			t.Fatal(err)
		}
		if o := p.calleeFrame.Take(p.hostRes, uint32(stack[0])); o != "a" {
			t.Errorf("own passes %v", o)
		}
		if o := p.calleeFrame.Borrow(p.hostRes, uint32(stack[1])); o != "b" {
			t.Errorf("borrow passes %v", o)
		}
		p.callee.Drop(p.hostRes, uint32(stack[1]))
		task.Returned()
	})
	if trap != nil {
		t.Fatal(trap)
	}
	ha, _ := a.Handle()
	hb, _ := b.Handle()
	if ha.Held() || ha.Object() != nil || !hb.Held() {
		t.Errorf("after the call the own is held: %v, the borrowed: %v", ha.Held(), hb.Held())
	}
	if o, err := hb.Take(); o != "b" || err != nil {
		t.Errorf("Take gives %v, %v", o, err)
	}
	if _, err := hb.Take(); !errors.Is(err, abi.ErrHandle) {
		t.Errorf("a second Take gives %v", err)
	}
	if err := hb.Drop(context.Background()); !errors.Is(err, abi.ErrHandle) {
		t.Errorf("Drop after Take gives %v", err)
	}
}

func TestHandleDrop(t *testing.T) {
	ctx := context.Background()
	p := newPair(t)
	g := p.caller.Guest()
	var dropped []any
	p.hostRes.Drop = func(_ context.Context, o any) { dropped = append(dropped, o) }
	h, _ := abi.Own(p.hostRes, "mine").Handle()
	if err := h.Drop(ctx); err != nil || len(dropped) != 1 || dropped[0] != "mine" {
		t.Errorf("dropping a host resource: %v, %v", err, dropped)
	}
	borrowed, _ := abi.Borrow(p.hostRes, "theirs").Handle()
	if err := borrowed.Drop(ctx); err != nil || len(dropped) != 1 {
		t.Errorf("dropping a borrow: %v, %v", err, dropped)
	}

	result := mustFunc(types.NewOwn(p.firstRes))
	index := p.caller.NewRep(p.firstRes, 42)
	v := abi.LiftResult(&p.callerFrame, result, []uint64{uint64(index)})
	h, _ = v.Handle()
	if h.Rep() != 42 || h.Resource() != p.firstRes || !h.Owned() {
		t.Errorf("lifted a handle of %v, representation %d", h.Resource(), h.Rep())
	}
	var destroyed uint32
	g.SetDestroy(func(_ context.Context, r *types.Resource, rep uint32) error {
		destroyed = rep
		return nil
	})
	if err := h.Drop(ctx); err != nil || destroyed != 42 {
		t.Errorf("dropping a guest's resource: %v, destructor of %d", err, destroyed)
	}
	if err := h.Drop(ctx); !errors.Is(err, abi.ErrHandle) {
		t.Errorf("a second Drop gives %v", err)
	}
}

// A handle of one guest means nothing in another of the same component, though
// the resource type is the same.
func TestForeignHandle(t *testing.T) {
	p := newPair(t)
	other, end := abitest.Guest(abi.Limits{})
	defer end()
	ft := mustFunc(types.NewOwn(p.firstRes), types.NewBorrow(p.firstRes))
	v := abi.LiftResult(&p.callerFrame, ft, []uint64{uint64(p.caller.NewRep(p.firstRes, 1))})
	err := abi.CheckArgs(other.Guest(), ft, []abi.Value{v})
	if err == nil || !strings.Contains(err.Error(), "another guest") {
		t.Errorf("error %v", err)
	}
	if err := abi.CheckArgs(p.caller.Guest(), ft, []abi.Value{v}); err != nil {
		t.Errorf("in its own guest: %v", err)
	}
}

// abandoned counts what a trap kept from arriving.
type abandoned int

func (a *abandoned) Abandon() { *a++ }

// A trap between two handles leaves none of them in nobody's hands.
func TestTrapAbandons(t *testing.T) {
	p := newPair(t)
	ft := mustFunc(nil, types.NewOwn(p.hostRes), types.Primitive(types.String), types.NewOwn(p.hostRes))
	var first, second abandoned
	stack := []uint64{uint64(p.caller.NewOwn(p.hostRes, &first)), 1 << 20, 1, 1}
	wantTrap(t, abitest.Trap(func() { abi.LiftParams(&p.callerFrame, ft, stack, nil) }), "out of bounds")
	if first != 1 {
		t.Errorf("lifting: abandoned %d times", first)
	}

	first = 0
	p.calleeArena.Answer = func(int, uint32) uint32 { return 1 << 20 }
	args := []abi.Value{abi.Own(p.hostRes, &first), abi.String("x"), abi.Own(p.hostRes, &second)}
	trap := abitest.Trap(func() { _ = abi.LowerParams(&p.calleeFrame, ft, args, make([]uint64, 4)) })
	wantTrap(t, trap, "out of bounds")
	p.callee.Guest().Close(context.Background())
	if first != 1 || second != 1 {
		t.Errorf("lowering: abandoned %d and %d times", first, second)
	}
}
