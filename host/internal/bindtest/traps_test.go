package bindtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/inline"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/shapes"
)

const (
	scalarsFace = "corpus:awkward/scalars@0.3.1"
	shapesFace  = "corpus:awkward/shapes@0.3.1"
	listsFace   = "corpus:awkward/lists@0.3.1"
	wideFace    = "corpus:awkward/wide@0.3.1"
)

// Arguments that no guest may pass, by the number in the list of what must
// trap.
func TestArgumentTraps(t *testing.T) {
	const (
		mib  = 1 << 20
		huge = 1 << 28
	)
	text := func(g *guest, s string) uint64 {
		p, _ := g.text(s)
		return p
	}
	for _, c := range []struct {
		number     string
		face, name string
		want       string
		args       func(g *guest) []uint64
	}{
		{"1", scalarsFace, "echo-string", "out of bounds", func(g *guest) []uint64 { return []uint64{uint64(len(g.arena.Bytes)), 1, 0} }},
		{"1", scalarsFace, "echo-string", "out of bounds", func(g *guest) []uint64 { return []uint64{0xffffffff, 0xfffffff, 0} }},
		{"3", scalarsFace, "echo-string", "exceeds", func(g *guest) []uint64 { return []uint64{0, huge, 0} }},
		{"4", scalarsFace, "echo-string", "UTF-8", func(g *guest) []uint64 { return []uint64{text(g, "\xff\xfe"), 2, 0} }},
		{"4", scalarsFace, "echo-string", "UTF-8", func(g *guest) []uint64 { return []uint64{text(g, "é"), 1, 0} }},
		{"4", scalarsFace, "echo-string", "UTF-8", func(g *guest) []uint64 { return []uint64{text(g, "\xed\xa0\x80"), 3, 0} }},
		{"5", listsFace, "echo-u64s", "exceeds", func(g *guest) []uint64 { return []uint64{0, huge / 8, 0} }},
		{"5", listsFace, "echo-strings", "exceeds", func(g *guest) []uint64 { return []uint64{0, 0xffffffff, 0} }},
		{"6", listsFace, "echo-u32s", "not aligned", func(g *guest) []uint64 { return []uint64{2, 1, 0} }},
		{"6", listsFace, "echo-strings", "not aligned", func(g *guest) []uint64 { return []uint64{6, 1, 0} }},
		{"7", listsFace, "echo-u16s", "out of bounds", func(g *guest) []uint64 { return []uint64{mib, 1, 0} }},
		{"7", listsFace, "echo-lists", "out of bounds", func(g *guest) []uint64 { return []uint64{g.words(mib, 1), 1, 0} }},
		{"7", scalarsFace, "echo-bytes", "out of bounds", func(g *guest) []uint64 { return []uint64{mib, 1, 0} }},
		{"8", scalarsFace, "echo-char", "scalar value", func(g *guest) []uint64 { return []uint64{0x110000} }},
		{"8", scalarsFace, "echo-char", "scalar value", func(g *guest) []uint64 { return []uint64{0xdfff} }},
		{"8", listsFace, "echo-chars", "scalar value", func(g *guest) []uint64 { return []uint64{g.words('a', 0xd800), 2, 0} }},
		{"9", shapesFace, "echo-bare", "discriminant 3", func(g *guest) []uint64 { return []uint64{3} }},
		{"9", shapesFace, "echo-lone", "discriminant 1", func(g *guest) []uint64 { return []uint64{1} }},
		{"9", shapesFace, "echo-byte-sized", "discriminant 256", func(g *guest) []uint64 { return []uint64{256} }},
		{"9", shapesFace, "echo-word-sized", "discriminant 257", func(g *guest) []uint64 { return []uint64{257} }},
		{"9", shapesFace, "echo-joined", "discriminant 10", func(g *guest) []uint64 { return []uint64{10, 0, 0, 0} }},
		{"9", shapesFace, "echo-option", "discriminant 2", func(g *guest) []uint64 { return []uint64{2, 0, 0} }},
		{"9", shapesFace, "echo-result", "discriminant 2", func(g *guest) []uint64 { return []uint64{2, 0, 0, 0} }},
		{"9", shapesFace, "echo-result-bare", "discriminant 2", func(g *guest) []uint64 { return []uint64{2} }},
		{"9", shapesFace, "echo-nested", "discriminant 7", func(g *guest) []uint64 { return []uint64{3, 1, 7, 0, 0, 0} }},
		{"9", listsFace, "echo-options", "discriminant 2", func(g *guest) []uint64 { return []uint64{g.words(2, 0, 0), 1, 0} }},
		{"9", listsFace, "echo-enums", "discriminant 257", func(g *guest) []uint64 { return []uint64{g.words(257), 1, 0} }},
		{"10", wideFace, "seventeen", "not aligned", func(g *guest) []uint64 { return []uint64{4, 0} }},
		{"10", wideFace, "seventeen", "out of bounds", func(g *guest) []uint64 { return []uint64{mib, 0} }},
		{"10", scalarsFace, "echo-string", "not aligned", func(g *guest) []uint64 { return []uint64{0, 0, 2} }},
		{"10", shapesFace, "echo-option", "not aligned", func(g *guest) []uint64 { return []uint64{0, 0, 2} }},
		{"10", shapesFace, "echo-option", "out of bounds", func(g *guest) []uint64 { return []uint64{1, 5, uint64(len(g.arena.Bytes)) - 4} }},
		{"10", shapesFace, "echo-padded", "not aligned", func(g *guest) []uint64 { return []uint64{0, 0, 0, 0, 0, 12} }},
		{"10", shapesFace, "echo-result", "out of bounds", func(g *guest) []uint64 { return []uint64{1, 0, 0, 0xfffffffc} }},
	} {
		g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{})
		g.alloc(512, 8) // so that small addresses are in bounds
		t.Run(fmt.Sprintf("%s %s %s", c.number, c.name, c.want), func(t *testing.T) {
			g.t = t
			g.wantTrap(c.want, c.face, c.name, c.args(g)...)
		})
	}
}

// 11: every address that realloc returns is checked, for size 0 as well.
func TestReallocTraps(t *testing.T) {
	for _, c := range []struct {
		face, name string
		answer     uint32
		want       string
		args       []uint64
	}{
		{scalarsFace, "echo-string", 0xffffffff, "out of bounds", []uint64{0, 3, 16}},
		{scalarsFace, "echo-string", 0xffffff00, "out of bounds", []uint64{0, 0, 16}},
		{scalarsFace, "echo-bytes", 1 << 30, "out of bounds", []uint64{0, 0, 16}},
		{listsFace, "echo-u32s", 18, "not aligned", []uint64{0, 0, 16}},
		{listsFace, "echo-strings", 18, "not aligned", []uint64{0, 0, 16}},
	} {
		g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{})
		g.alloc(64, 8)
		g.arena.Answer = func(int, uint32) uint32 { return c.answer }
		g.wantTrap(c.want, c.face, c.name, c.args...)
	}
}

// 24: what looks wrong and is right.
func TestNoTraps(t *testing.T) {
	g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{})
	for _, c := range []struct {
		face, name string
		in, want   uint64
	}{
		{scalarsFace, "echo-bool", 2, 1},
		{scalarsFace, "echo-bool", 1 << 31, 1},
		{scalarsFace, "echo-bool", 1 << 32, 0}, // not part of the core value
		{scalarsFace, "echo-u8", 0x1ff, 0xff},
		{scalarsFace, "echo-s8", 0x80, 0xffffff80},
		{scalarsFace, "echo-s16", 0x18000, 0xffff8000},
		{scalarsFace, "echo-s32", 0x80000000, 0x80000000},
		{scalarsFace, "echo-s64", 1 << 63, 1 << 63},
		{scalarsFace, "echo-f32", 0xfeed0000_3f800000, 0x3f800000},
		{shapesFace, "echo-flags1", 0xffffffff, 1},
		{shapesFace, "echo-flags8", 0xffffffff, 0xff},
		{shapesFace, "echo-flags9", 0xffffffff, 0x1ff},
		{shapesFace, "echo-flags17", 0xffffffff, 0x1ffff},
		{shapesFace, "echo-flags32", 0xffffffff, 0xffffffff},
		{shapesFace, "echo-byte-sized", 255, 255},
		{shapesFace, "echo-word-sized", 256, 256},
	} {
		if got := g.mustInvoke(c.face, c.name, c.in); got != c.want {
			t.Errorf("%s(%#x) gives %#x, want %#x", c.name, c.in, got, c.want)
		}
	}
	// Excess bits of flags and bools in memory.
	list := g.words(0xffff)
	ret := uint64(g.alloc(8, 4))
	g.mustInvoke(listsFace, "echo-flags", list, 1, ret)
	if got := abi.LiftResult(&g.frame, g.types.function("func() -> list<u16>"), []uint64{ret}); !got.Equal(abi.List(abi.U16(0x1ff))) {
		t.Errorf("flags with excess bits come back as %v", got)
	}
	list = g.words(0x00020100)
	g.mustInvoke(listsFace, "echo-bools", list, 3, ret)
	if got := abi.LiftResult(&g.frame, g.types.function("func() -> list<u8>"), []uint64{ret}); !got.Equal(abi.Bytes([]byte{0, 1, 1})) {
		t.Errorf("bools come back as %v", got)
	}
}

// 27: lists that are copied count against the limit before they are made, and
// lists that are viewed do not.
func TestCharge(t *testing.T) {
	g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{LiftBytes: 1 << 10})
	list := uint64(g.alloc(8<<10, 8))
	ret := uint64(g.alloc(8, 4))
	clear(g.arena.Bytes[list:][:8<<10])
	g.mustInvoke(listsFace, "echo-strings", list, 1<<10/16, ret)
	g.wantTrap("Limits.LiftBytes", listsFace, "echo-strings", list, 1<<10/16+1, ret)
	g.wantTrap("Limits.LiftBytes", listsFace, "two", list, 1<<9/16, list, 1<<9/16+1, ret)
	g.wantTrap("Limits.LiftBytes", listsFace, "echo-in-option", 1, list, 65, ret)
	g.mustInvoke(listsFace, "echo-u64s", list, 1<<10, ret)
	g.mustInvoke(scalarsFace, "echo-bytes", list, 8<<10, ret)
	allocated := testing.AllocsPerRun(1, func() {
		if _, trap := g.invoke(listsFace, "echo-strings", list, 0xfffffff/8, ret); trap == nil {
			t.Error("a list far out of bounds passes")
		}
	})
	if allocated > 100 {
		t.Errorf("refusing a list makes %v allocations", allocated)
	}
}

// failing implements inline.Host by an error.
type failing struct{ err error }

func (f failing) Add(context.Context, uint32, uint32) (uint32, error) { return 0, f.err }

// A Go error is a trap that names the function and keeps the cause.
func TestHostErrors(t *testing.T) {
	call := func(err error) (trap *abi.Trap, other any) {
		l := component.NewLinker()
		if err := inline.Register(l, failing{err}); err != nil {
			t.Fatal(err)
		}
		defer func() { other = recover() }()
		_, trap = newGuest(t, l, abi.UTF8, component.Limits{}).invoke("in-line", "add", 1, 2)
		return trap, nil
	}
	trap, _ := call(fmt.Errorf("wrapped: %w", errHost))
	if !errors.Is(trap, errHost) || trap.Func != "in-line#add" {
		t.Errorf("trap %+v, want one in in-line#add with the cause", trap)
	}
	given := &component.Trap{Reason: "a reason of its own"}
	if trap, _ = call(given); trap == nil || trap.Reason != given.Reason || trap.Func != "in-line#add" {
		t.Errorf("trap %+v, want the one that the host function gave", trap)
	}
	if given.Func != "" {
		t.Error("a Trap that the host function gave was written to")
	}
	if _, other := call(&component.Exit{Code: 3}); other == nil {
		t.Error("an Exit does not end the guest")
	} else if e, ok := other.(*component.Exit); !ok || e.Code != 3 {
		t.Errorf("an Exit becomes %v", other)
	}
	// A Failure is an error case only where the function has one.
	if trap, _ = call(component.Fail("text")); trap == nil {
		t.Error("a Failure of a function without a result does not trap")
	}
}

// odd implements shapes.Host with answers that no guest could be given.
type odd struct {
	shapes.Host
	err error
}

func (o odd) EchoResult(context.Context, component.Result[uint32, string]) (uint32, error) {
	return 0, o.err
}

func (odd) EchoBare(context.Context, shapes.Bare) (shapes.Bare, error) {
	return shapes.Bare{Tag: 9}, nil
}

func (odd) EchoLone(context.Context, shapes.Lone) (shapes.Lone, error) { return 4, nil }

func (odd) EchoJoined(context.Context, shapes.Joined) (shapes.Joined, error) {
	return shapes.Joined{Tag: 77}, nil
}

func (odd) EchoFlags9(context.Context, shapes.Flags9) (shapes.Flags9, error) { return 0xffff, nil }

func (odd) EchoTuple9(context.Context, tuple9) (tuple9, error) { return tuple9{F7: 0xd800}, nil }

// What a host function gets wrong traps as well; a guest never sees it.
func TestHostMistakes(t *testing.T) {
	with := func(o odd) *guest {
		l := component.NewLinker()
		if err := shapes.Register(l, o); err != nil {
			t.Fatal(err)
		}
		g := newGuest(t, l, abi.UTF8, component.Limits{})
		g.alloc(256, 8)
		return g
	}
	with(odd{err: errHost}).wantTrap(errHost.Error(), shapesFace, "echo-result", 0, 0, 0, 16)
	with(odd{err: component.Fail(uint64(1))}).wantTrap("the host function failed", shapesFace, "echo-result", 0, 0, 0, 16)
	with(odd{}).wantTrap("discriminant 9", shapesFace, "echo-bare", 0)
	with(odd{}).wantTrap("discriminant 4", shapesFace, "echo-lone", 0)
	with(odd{}).wantTrap("discriminant 77", shapesFace, "echo-joined", 0, 0, 0, 16)
	with(odd{}).wantTrap("scalar value", shapesFace, "echo-tuple9", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16)
	if got := with(odd{}).mustInvoke(shapesFace, "echo-flags9", 0); got != 0x1ff {
		t.Errorf("flags that do not exist reach the guest: %#x", got)
	}
	// A Failure may be wrapped.
	g := with(odd{err: fmt.Errorf("because: %w", component.Fail("reason"))})
	ret := uint64(g.alloc(12, 4))
	g.mustInvoke(shapesFace, "echo-result", 0, 0, 0, ret)
	if got := abi.LiftResult(&g.frame, g.types.function("func() -> result<u32, string>"), []uint64{ret}); !got.Equal(abi.ErrValue(abi.String("reason"))) {
		t.Errorf("a wrapped Failure gives %v", got)
	}
}

// Only what a value consists of is written to a return area.
func TestReturnAreaIsLeftAlone(t *testing.T) {
	g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{})
	ret := uint64(g.alloc(32, 8))
	for i := range g.arena.Bytes {
		g.arena.Bytes[i] = 0xee
	}
	g.mustInvoke(shapesFace, "echo-option", 0, 0, ret+8)
	want := bytes.Repeat([]byte{0xee}, 32)
	want[8] = 0
	if got := g.arena.Bytes[ret:][:32]; !bytes.Equal(got, want) {
		t.Errorf("the return area of none is\n%x, want\n%x", got, want)
	}
}

// A function without parameters and result does nothing to the stack.
func TestNothing(t *testing.T) {
	g := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{})
	if trap := abitest.Trap(func() { g.raw(g.function(scalarsFace, "nothing"), nil) }); trap != nil {
		t.Error(trap)
	}
}
