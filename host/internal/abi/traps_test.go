package abi_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

func must(t *types.Type, err error) *types.Type {
	if err != nil {
		panic(err)
	}
	return t
}

func prim(k types.Kind) *types.Type { return types.Primitive(k) }

func listOf(t *types.Type) *types.Type { return must(types.NewList(t)) }

func tupleOf(ts ...*types.Type) *types.Type { return must(types.NewTuple(ts)) }

// words is a memory of little-endian u32s.
func words(ws ...uint32) (b []byte) {
	for _, w := range ws {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

const memorySize = 1 << 16

// liftBoth lifts a value that is two words or less, once from memory and once
// from core values, and gives the reasons of the traps, "" for none.
func liftBoth(t *testing.T, enc abi.Encoding, typ *types.Type, slots []uint32, memory []byte) [2]string {
	t.Helper()
	var reasons [2]string
	for i, run := range []func(f *abi.Frame){
		func(f *abi.Frame) { abi.LiftResult(f, spilled(typ), []uint64{64}) },
		func(f *abi.Frame) {
			stack := make([]uint64, types.MaxFlat)
			for i, s := range slots {
				stack[i] = uint64(s)
			}
			abi.LiftParams(f, mustFunc(nil, typ), stack, nil)
		},
	} {
		in, end := abitest.Guest(abi.Limits{LiftBytes: 1 << 30})
		arena := &abitest.Arena{Bytes: make([]byte, memorySize)}
		copy(arena.Bytes[64:], words(slots...))
		copy(arena.Bytes[128:], memory)
		f := arena.Frame(in, enc)
		if trap := abitest.Trap(func() { run(&f) }); trap != nil {
			reasons[i] = trap.Reason
		}
		end()
	}
	return reasons
}

func TestLiftTraps(t *testing.T) {
	enum3 := must(types.NewEnum([]string{"a", "b", "c"}))
	enum300 := must(types.NewEnum(make([]string, 300)))
	variant := must(types.NewVariant([]types.Case{{Name: "a"}, {Name: "b", Type: prim(types.U8)}}))
	option := must(types.NewOption(prim(types.U8)))
	result := must(types.NewResult(nil, nil))
	for _, c := range []struct {
		name   string // with the number of SAFETY.md's list
		enc    abi.Encoding
		typ    *types.Type
		slots  []uint32
		memory string
		want   string // part of the reason; "" for no trap
	}{
		{"1 string ends beyond memory", abi.UTF8, prim(types.String), []uint32{memorySize - 3, 4}, "", "out of bounds"},
		{"1 string ends at the end of memory", abi.UTF8, prim(types.String), []uint32{memorySize - 4, 4}, "", ""},
		{"1 string wraps around", abi.UTF8, prim(types.String), []uint32{0xffffffff, 2}, "", "out of bounds"},
		{"1 empty string beyond memory", abi.UTF8, prim(types.String), []uint32{memorySize + 1, 0}, "", "out of bounds"},
		{"1 empty string at the end", abi.UTF8, prim(types.String), []uint32{memorySize, 0}, "", ""},
		{"1 utf16 wraps around", abi.UTF16, prim(types.String), []uint32{0xfffffffe, 2}, "", "out of bounds"},
		{"1 latin1 out of bounds", abi.Latin1UTF16, prim(types.String), []uint32{memorySize - 2, 3}, "", "out of bounds"},
		{"1 tagged out of bounds", abi.Latin1UTF16, prim(types.String), []uint32{memorySize - 2, 2 | 1<<31}, "", "out of bounds"},
		{"2 utf8 needs no alignment", abi.UTF8, prim(types.String), []uint32{129, 1}, "ab", ""},
		{"2 utf16 misaligned", abi.UTF16, prim(types.String), []uint32{129, 1}, "", "not aligned"},
		{"2 utf16 misaligned, empty", abi.UTF16, prim(types.String), []uint32{1, 0}, "", "not aligned"},
		{"2 latin1 misaligned", abi.Latin1UTF16, prim(types.String), []uint32{129, 1}, "", "not aligned"},
		{"2 tagged misaligned", abi.Latin1UTF16, prim(types.String), []uint32{129, 1 | 1<<31}, "", "not aligned"},
		{"3 utf8 too long", abi.UTF8, prim(types.String), []uint32{0, 1 << 28}, "", "exceeds 268435455"},
		{"3 utf8 of the greatest length", abi.UTF8, prim(types.String), []uint32{0, 1<<28 - 1}, "", "out of bounds"},
		{"3 utf16 too long", abi.UTF16, prim(types.String), []uint32{0, 1 << 27}, "", "exceeds 268435455"},
		{"3 utf16 of the greatest length", abi.UTF16, prim(types.String), []uint32{0, 1<<27 - 1}, "", "out of bounds"},
		{"3 utf16 whose size overflows", abi.UTF16, prim(types.String), []uint32{0, 1<<31 + 1}, "", "exceeds 268435455"},
		{"3 latin1 too long", abi.Latin1UTF16, prim(types.String), []uint32{0, 1 << 28}, "", "exceeds 268435455"},
		{"3 tagged too long", abi.Latin1UTF16, prim(types.String), []uint32{0, 1<<27 | 1<<31}, "", "exceeds 268435455"},
		{"3 all bits set", abi.Latin1UTF16, prim(types.String), []uint32{0, 0xffffffff}, "", "exceeds 268435455"},
		{"4 stray continuation", abi.UTF8, prim(types.String), []uint32{128, 1}, "\x80", "UTF-8"},
		{"4 truncated sequence", abi.UTF8, prim(types.String), []uint32{128, 2}, "\xe2\x82\xac", "UTF-8"},
		{"4 overlong", abi.UTF8, prim(types.String), []uint32{128, 2}, "\xc0\x80", "UTF-8"},
		{"4 surrogate in UTF-8", abi.UTF8, prim(types.String), []uint32{128, 3}, "\xed\xa0\x80", "UTF-8"},
		{"4 beyond Unicode", abi.UTF8, prim(types.String), []uint32{128, 4}, "\xf4\x90\x80\x80", "UTF-8"},
		{"4 lone high surrogate", abi.UTF16, prim(types.String), []uint32{128, 2}, "\x00\xd8a\x00", "surrogate"},
		{"4 high surrogate at the end", abi.UTF16, prim(types.String), []uint32{128, 1}, "\x00\xd8\x00\xdc", "surrogate"},
		{"4 lone low surrogate", abi.UTF16, prim(types.String), []uint32{128, 1}, "\x00\xdc", "surrogate"},
		{"4 surrogates swapped", abi.Latin1UTF16, prim(types.String), []uint32{128, 2 | 1<<31}, "\x00\xdc\x00\xd8", "surrogate"},
		{"4 a surrogate pair", abi.UTF16, prim(types.String), []uint32{128, 2}, "\x00\xd8\x00\xdc", ""},
		{"5 list too large", abi.UTF8, listOf(prim(types.U64)), []uint32{0, 1 << 25}, "", "exceeds 268435455"},
		{"5 list whose size overflows", abi.UTF8, listOf(prim(types.U32)), []uint32{0, 1 << 30}, "", "exceeds 268435455"},
		{"5 list with a huge length", abi.UTF8, listOf(prim(types.String)), []uint32{0, 0xffffffff}, "", "exceeds 268435455"},
		{"6 list misaligned", abi.UTF8, listOf(prim(types.U32)), []uint32{130, 1}, "", "not aligned"},
		{"6 empty list misaligned", abi.UTF8, listOf(prim(types.U16)), []uint32{1, 0}, "", "not aligned"},
		{"7 list out of bounds", abi.UTF8, listOf(prim(types.U32)), []uint32{memorySize - 4, 2}, "", "out of bounds"},
		{"7 list wraps around", abi.UTF8, listOf(prim(types.U32)), []uint32{0xfffffffc, 2}, "", "out of bounds"},
		{"7 empty list beyond memory", abi.UTF8, listOf(prim(types.U8)), []uint32{memorySize + 1, 0}, "", "out of bounds"},
		{"8 surrogate", abi.UTF8, prim(types.Char), []uint32{0xd800}, "", "scalar value"},
		{"8 last surrogate", abi.UTF8, prim(types.Char), []uint32{0xdfff}, "", "scalar value"},
		{"8 beyond Unicode", abi.UTF8, prim(types.Char), []uint32{0x110000}, "", "scalar value"},
		{"8 last char", abi.UTF8, prim(types.Char), []uint32{0x10ffff}, "", ""},
		{"8 in a list", abi.UTF8, listOf(prim(types.Char)), []uint32{128, 1}, "\x00\xd8\x00\x00", "scalar value"},
		{"9 enum", abi.UTF8, enum3, []uint32{3}, "", "discriminant"},
		{"9 enum of two bytes", abi.UTF8, enum300, []uint32{300}, "", "discriminant"},
		{"9 variant", abi.UTF8, variant, []uint32{2}, "", "discriminant"},
		{"9 option", abi.UTF8, option, []uint32{2}, "", "discriminant"},
		{"9 result", abi.UTF8, result, []uint32{255}, "", "discriminant"},
		{"24 bool of any value", abi.UTF8, prim(types.Bool), []uint32{2}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, got := range liftBoth(t, c.enc, c.typ, c.slots, []byte(c.memory)) {
				where := [2]string{"memory", "core values"}[i]
				if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
					t.Errorf("from %s: trap %q, want %q", where, got, c.want)
				}
			}
		})
	}
}

// 10: pointers to spilled parameters, return areas and results.
func TestPointerTraps(t *testing.T) {
	wide := make([]*types.Type, types.MaxFlat+1)
	for i := range wide {
		wide[i] = prim(types.U32)
	}
	params := mustFunc(nil, wide...)
	pair := tupleOf(prim(types.U32), prim(types.U64))
	result := mustFunc(pair)
	both := mustFunc(pair, wide...)
	value := abi.Tuple(abi.U32(1), abi.U64(2))
	for _, c := range []struct {
		ptr  uint32
		want string
	}{
		{8, ""}, {12, "not aligned"}, {memorySize - 16, ""}, {memorySize - 8, "out of bounds"}, {0xfffffff8, "out of bounds"},
	} {
		for name, run := range map[string]func(f *abi.Frame){
			"result of an export": func(f *abi.Frame) { abi.LiftResult(f, result, []uint64{uint64(c.ptr)}) },
			"return area":         func(f *abi.Frame) { abi.LowerResult(f, result, value, []uint64{uint64(c.ptr)}) },
			"return area after spilled parameters": func(f *abi.Frame) {
				abi.LowerResult(f, both, value, []uint64{0, uint64(c.ptr)})
			},
		} {
			checkTrap(t, name, c.want, run)
		}
	}
	size := uint32(4 * len(wide))
	for _, c := range []struct {
		ptr  uint32
		want string
	}{
		{4, ""}, {2, "not aligned"}, {memorySize - size, ""}, {memorySize - size + 4, "out of bounds"}, {0xfffffffc, "out of bounds"},
	} {
		checkTrap(t, "spilled parameters", c.want, func(f *abi.Frame) {
			abi.LiftParams(f, params, []uint64{uint64(c.ptr)}, nil)
		})
	}
}

func checkTrap(t *testing.T, name, want string, run func(f *abi.Frame)) {
	t.Helper()
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, memorySize)}
	f := arena.Frame(in, abi.UTF8)
	var got string
	if trap := abitest.Trap(func() { run(&f) }); trap != nil {
		got = trap.Reason
	}
	if (got == "") != (want == "") || !strings.Contains(got, want) {
		t.Errorf("%s: trap %q, want %q", name, got, want)
	}
}

// 11: what realloc returns is checked on every call, also for size 0; 12: the
// memory may have moved.
func TestReallocMisbehaves(t *testing.T) {
	wide := make([]*types.Type, types.MaxFlat+1)
	args := make([]abi.Value, len(wide))
	for i := range wide {
		wide[i], args[i] = prim(types.U64), abi.U64(uint64(i))
	}
	for _, c := range []struct {
		name string
		ft   *types.Func
		args []abi.Value
	}{
		{"empty string", stringFunc, []abi.Value{abi.String("")}},
		{"empty list", mustFunc(nil, listOf(prim(types.U32))), []abi.Value{abi.List()}},
		{"list", mustFunc(nil, listOf(prim(types.U32))), []abi.Value{abi.List(abi.U32(1))}},
		{"list of lists", mustFunc(nil, listOf(listOf(prim(types.U32)))), []abi.Value{abi.List(abi.List(abi.U32(1)), abi.List())}},
		{"spilled parameters", mustFunc(nil, wide...), args},
	} {
		calls := func() int {
			g := newGuest(t, abi.UTF8)
			g.pass(t, c.ft, c.args)
			return len(g.arena.Reallocs)
		}()
		for call := range calls {
			for _, bad := range []uint32{1, 1 << 30, 0xffffffff, 0xfffffff8} {
				in, end := abitest.Guest(abi.Limits{})
				arena := &abitest.Arena{Bytes: make([]byte, memorySize), Next: 8}
				arena.Answer = func(n int, ptr uint32) uint32 {
					if n == call {
						return bad
					}
					return ptr
				}
				f := arena.Frame(in, abi.UTF8)
				trap := abitest.Trap(func() { _ = abi.LowerParams(&f, c.ft, c.args, make([]uint64, types.MaxFlat)) })
				if trap == nil && (bad != 1 || c.name != "empty string") {
					t.Errorf("%s: allocation %d of %d returned %#x: no trap", c.name, call, calls, bad)
				}
				end()
			}
		}
	}
}

// 19: realloc may not call imports.
func TestReallocMayNotLeave(t *testing.T) {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, 64), Next: 8}
	f := arena.Frame(in, abi.UTF8)
	imported := f
	arena.Answer = func(_ int, ptr uint32) uint32 {
		imported.Enter()
		return ptr
	}
	trap := abitest.Trap(func() {
		_ = abi.LowerParams(&f, stringFunc, []abi.Value{abi.String("a")}, make([]uint64, 2))
	})
	if trap == nil || !strings.Contains(trap.Reason, "cannot leave") {
		t.Errorf("trap %v, want one for leaving", trap)
	}
}

// 24: what must not trap.
func TestLenient(t *testing.T) {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, 256)}
	f := arena.Frame(in, abi.UTF8)
	flags := must(types.NewFlags([]string{"a", "b"}))
	ft := mustFunc(nil, prim(types.Bool), flags, prim(types.U8), prim(types.S8), prim(types.F32), prim(types.F64), listOf(prim(types.Bool)), listOf(prim(types.F32)))
	copy(arena.Bytes[64:], "\x00\x01\x02\xff")
	copy(arena.Bytes[128:], words(0x7fa00001, 0xffc00000, 0x80000000))
	got := abi.LiftParams(&f, ft, []uint64{0xdead_0000_0100, 0xffffffff, 0x1ff, 0x180, 0xffffffff, 0xfff8_0000_0000_0001, 64, 4, 128, 3}, nil)
	want := `true {a, b} 255 -128 nan nan [false, true, true, true] [nan, nan, -0]`
	text := make([]string, len(got))
	for i, v := range got {
		text[i] = v.String()
	}
	if s := strings.Join(text, " "); s != want {
		t.Errorf("lifted %s, want %s", s, want)
	}
	g := newGuest(t, abi.UTF8)
	stack := make([]uint64, types.MaxFlat)
	if err := abi.LowerParams(&g.frame, ft, got, stack); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint64{1, 3, 255, 0xffffff80, 0x7fc00000, 0x7ff8000000000000} {
		if stack[i] != want {
			t.Errorf("core value %d is %#x, want %#x", i, stack[i], want)
		}
	}
}

// 25: element sizes of 2²⁸ bytes are not types.
func TestTypeTooLarge(t *testing.T) {
	typ := prim(types.U64)
	var err error
	for err == nil && typ.Depth < types.MaxDepth {
		typ, err = types.NewTuple([]*types.Type{typ, typ, typ, typ})
	}
	if !errors.Is(err, types.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, types.ErrTooLarge)
	}
}

// What a value takes in the host is bounded by Limits.LiftBytes, however small
// it is in the guest.
func TestLiftCharges(t *testing.T) {
	const limit = 1 << 16
	empty := tupleOf()
	strs := listOf(prim(types.String))
	for _, c := range []struct {
		name   string
		typ    *types.Type
		memory []byte // at 16
		n      uint32
		trap   bool
	}{
		{"list of empty tuples", listOf(empty), nil, 0xffffffff, true},
		{"few empty tuples", listOf(empty), nil, 100, false},
		{"list of units", listOf(must(types.NewEnum([]string{"a"}))), nil, 1 << 15, true},
		{"list of options", listOf(must(types.NewOption(prim(types.U8)))), nil, 1 << 12, true},
		{"list of bytes at the limit", listOf(prim(types.U8)), nil, limit - 256, false},
		{"list of bytes beyond the limit", listOf(prim(types.U8)), nil, limit + 1, true},
		{"strings that share an area", strs, words(64, 1<<15, 64, 1<<15, 64, 1<<15), 3, true},
		{"strings that fit", strs, words(64, 1<<14, 64, 1<<14), 2, false},
	} {
		in, end := abitest.Guest(abi.Limits{LiftBytes: limit})
		arena := &abitest.Arena{Bytes: make([]byte, 2*limit)}
		copy(arena.Bytes[16:], c.memory)
		f := arena.Frame(in, abi.UTF8)
		trap := abitest.Trap(func() { abi.LiftParams(&f, mustFunc(nil, c.typ), []uint64{16, uint64(c.n)}, nil) })
		if (trap != nil) != c.trap {
			t.Errorf("%s: trap %v", c.name, trap)
		}
		if trap != nil && !strings.Contains(trap.Reason, "LiftBytes") {
			t.Errorf("%s: trap %v, want one that names the limit", c.name, trap)
		}
		end()
	}
}

// Options that the call needs and the component does not name.
func TestMissingOptions(t *testing.T) {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	f := abi.NewFrame(in, nil, nil, abi.UTF8)
	for name, run := range map[string]func(){
		"memory":  func() { abi.LiftParams(&f, stringFunc, []uint64{0, 1}, nil) },
		"realloc": func() { _ = abi.LowerParams(&f, stringFunc, []abi.Value{abi.String("a")}, make([]uint64, 2)) },
	} {
		if trap := abitest.Trap(run); trap == nil || !strings.Contains(trap.Reason, name) {
			t.Errorf("without %s: trap %v", name, trap)
		}
	}
}
