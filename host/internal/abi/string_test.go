package abi_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
	"pgregory.net/rapid"
)

// A source is one of the ways a string can come in.
type source struct {
	name     string
	encoding abi.Encoding
	tagged   bool
}

var sources = []source{
	{"utf8", abi.UTF8, false},
	{"utf16", abi.UTF16, false},
	{"latin1", abi.Latin1UTF16, false},
	{"tagged utf16", abi.Latin1UTF16, true},
}

// encode gives the bytes of text in the source's encoding and its length in
// tagged code units; ok is false where the encoding has no such text.
func (s source) encode(text string) (b []byte, units uint32, ok bool) {
	switch {
	case s.encoding == abi.UTF8:
		return []byte(text), uint32(len(text)), true
	case s.encoding == abi.UTF16 || s.tagged:
		u := utf16.Encode([]rune(text))
		for _, c := range u {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		units = uint32(len(u))
		if s.tagged {
			units |= 1 << 31
		}
		return b, units, true
	}
	for _, r := range text {
		if r > 0xff {
			return nil, 0, false
		}
		b = append(b, byte(r))
	}
	return b, uint32(len(b)), true
}

// hold puts text into a guest: the guest, and the text's core values.
func (s source) hold(t testing.TB, text string) (f *abi.Frame, stack []uint64, ok bool) {
	b, units, ok := s.encode(text)
	if !ok {
		return nil, nil, false
	}
	in, end := abitest.Guest(abi.Limits{})
	t.Cleanup(end)
	arena := &abitest.Arena{Bytes: append(make([]byte, 8), b...)}
	frame := arena.Frame(in, s.encoding)
	return &frame, []uint64{8, uint64(units)}, true
}

// lift puts text into a guest and takes it out.
func (s source) lift(t testing.TB, text string) (abi.Value, bool) {
	f, stack, ok := s.hold(t, text)
	if !ok {
		return abi.Value{}, false
	}
	var v abi.Value
	trap := abitest.Trap(func() { v = abi.LiftParams(f, stringFunc, stack, nil)[0] })
	if trap != nil {
		t.Fatalf("lifting %q from %s: %v", text, s.name, trap)
	}
	if got, ok := v.Text(); !ok || got != text {
		t.Fatalf("%q lifts from %s as %v", text, s.name, v)
	}
	return v, true
}

var stringFunc = mustFunc(nil, types.Primitive(types.String))

func mustFunc(result *types.Type, params ...*types.Type) *types.Func {
	fields := make([]types.Field, len(params))
	for i, p := range params {
		fields[i] = types.Field{Name: fmt.Sprintf("p%d", i), Type: p}
	}
	f, err := types.NewFunc(fields, result)
	if err != nil {
		panic(err)
	}
	return f
}

// An allocation that storing a string makes: each is of what the one before
// gave, the first of nothing.
type allocation struct{ align, size uint32 }

// allocations is what the canonical ABI prescribes for text that came from a
// source: sizes follow from three counts alone.
func allocations(s source, to abi.Encoding, text string) []allocation {
	latin1 := !slices.ContainsFunc([]rune(text), func(r rune) bool { return r > 0xff })
	bytes8, units16, runes := uint32(len(text)), uint32(len(utf16.Encode([]rune(text)))), uint32(len([]rune(text)))
	from := s.name
	units := map[string]uint32{"utf8": bytes8, "utf16": units16, "latin1": runes, "tagged utf16": units16}[from]

	var sizes []allocation
	add := func(align, size uint32) { sizes = append(sizes, allocation{align, size}) }
	shrink := func(align, size uint32) {
		if size < sizes[len(sizes)-1].size {
			add(align, size)
		}
	}
	switch to {
	case abi.UTF8:
		add(1, units)
		if bytes8 > units {
			add(1, units*map[string]uint32{"utf16": 3, "tagged utf16": 3, "latin1": 2}[from])
			shrink(1, bytes8)
		}
	case abi.UTF16:
		add(2, 2*units)
		shrink(2, 2*units16)
	case abi.Latin1UTF16:
		switch {
		case from == "latin1":
			add(2, units)
		case from == "tagged utf16":
			add(2, 2*units)
			if latin1 {
				add(1, units)
			}
		case latin1:
			add(2, units)
			shrink(2, runes)
		default:
			add(2, units)
			add(2, 2*units)
			shrink(2, 2*units16)
		}
	}
	return sizes
}

// checkTransfer passes text from a source to a guest with an encoding, through
// a host value and directly.
func checkTransfer(t testing.TB, s source, to abi.Encoding, text string) {
	v, ok := s.lift(t, text)
	if !ok {
		return
	}
	from, source, _ := s.hold(t, text)
	for _, pass := range []func(f *abi.Frame, stack []uint64) error{
		func(f *abi.Frame, stack []uint64) error {
			return abi.LowerParams(f, stringFunc, []abi.Value{v}, stack)
		},
		func(f *abi.Frame, stack []uint64) error {
			abi.TransferParams(from, f, stringFunc, source, stack, nil)
			return nil
		},
	} {
		in, end := abitest.Guest(abi.Limits{})
		arena := &abitest.Arena{Bytes: make([]byte, 24), Next: 21}
		f := arena.Frame(in, to)
		stack := make([]uint64, 2)
		var err error
		trap := abitest.Trap(func() { err = pass(&f, stack) })
		if trap != nil || err != nil {
			t.Fatalf("%s to %v, %q: %v %v", s.name, to, text, trap, err)
		}
		checkStored(t, s, to, text, arena, stack)
		end()
	}
}

// checkStored compares what lowering text did to a guest with what the
// canonical ABI prescribes.
func checkStored(t testing.TB, s source, to abi.Encoding, text string, arena *abitest.Arena, stack []uint64) {
	want := allocations(s, to, text)
	var got []allocation
	var last abitest.Realloc
	for _, r := range arena.Reallocs {
		if r.Old != last.Returned || r.OldSize != last.Size {
			t.Fatalf("%s to %v, %q: allocations are not of one another: %v", s.name, to, text, arena.Reallocs)
		}
		got = append(got, allocation{r.Align, r.Size})
		last = r
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s to %v, %q: allocations {align, size} are %v, want %v", s.name, to, text, got, want)
	}
	form := source{encoding: to}
	if to == abi.Latin1UTF16 {
		_, _, fits := form.encode(text)
		form.tagged = !fits
	}
	wantBytes, wantUnits, _ := form.encode(text)
	if uint32(stack[1]) != wantUnits || stack[0] != uint64(last.Returned) {
		t.Fatalf("%s to %v, %q: passes (%#x, %#x), want (%#x, %#x)", s.name, to, text, stack[0], stack[1], last.Returned, wantUnits)
	}
	if b := arena.Bytes[last.Returned:][:last.Size]; !slices.Equal(b, wantBytes) {
		t.Fatalf("%s to %v, %q: stores % x, want % x", s.name, to, text, b, wantBytes)
	}
}

func TestStringTransfer(t *testing.T) {
	texts := []string{
		"", "a", "hello", "é", "aé", "éa", "naïve café", "€", "a€", "é€", "€é", "日本語", "\U0001f6a9", "a\U0001f6a9", "\x00\x7f\u0080\u00ff\u0100",
		"\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff",
	}
	for _, s := range sources {
		for _, to := range []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16} {
			t.Run(fmt.Sprintf("%s to %v", s.name, to), func(t *testing.T) {
				for _, text := range texts {
					checkTransfer(t, s, to, text)
				}
				rapid.Check(t, func(rt *rapid.T) {
					entropy := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 4, 60).Draw(rt, "entropy"))
					checkTransfer(t, s, to, entropy.Text())
				})
			})
		}
	}
}

// A second or third allocation that the guest gets wrong must trap, not write
// where it points.
func TestStringReallocMisbehaves(t *testing.T) {
	text := "aé€" // not ASCII, not Latin-1, shorter in UTF-16 than in the worst case
	latin := "aé"
	for _, s := range sources {
		for _, to := range []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16} {
			for _, text := range []string{text, latin} {
				v, ok := s.lift(t, text)
				if !ok {
					continue
				}
				for call, a := range allocations(s, to, text) {
					for name, answer := range map[string]func(ptr uint32) uint32{
						"misaligned":    func(ptr uint32) uint32 { return ptr | 1 },
						"out of bounds": func(uint32) uint32 { return 1 << 20 },
						"wraps around":  func(uint32) uint32 { return 0xfffffffe },
					} {
						if name == "misaligned" && a.align == 1 {
							continue
						}
						in, end := abitest.Guest(abi.Limits{})
						arena := &abitest.Arena{Bytes: make([]byte, 16), Next: 16}
						arena.Answer = func(n int, ptr uint32) uint32 {
							if n == call {
								return answer(ptr)
							}
							return ptr
						}
						f := arena.Frame(in, to)
						trap := abitest.Trap(func() {
							_ = abi.LowerParams(&f, stringFunc, []abi.Value{v}, make([]uint64, 2))
						})
						if trap == nil {
							t.Errorf("%s to %v, %q: allocation %d %s: no trap", s.name, to, text, call, name)
						}
						end()
					}
				}
			}
		}
	}
}
