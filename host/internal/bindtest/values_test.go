package bindtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/lists"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/scalars"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/shapes"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/wide"
	"github.com/wasikv/wasikv/host/internal/types"
)

var encodings = []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}

func echoLinker(t testing.TB) *component.Linker {
	l := component.NewLinker()
	for _, err := range []error{
		scalars.Register(l, echoScalars{}), shapes.Register(l, echoShapes{}),
		lists.Register(l, echoLists{}), wide.Register(l, echoWide{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// What the adapters say of themselves agrees with package types: the text of
// signatures, and the core types that follow from it.
func TestDescriptors(t *testing.T) {
	l := everyLinker(t)
	s := newSignatures(l)
	for _, i := range l.Interfaces() {
		for _, d := range i.Types {
			if text, ok := strings.CutPrefix(d.Text, "resource "); ok {
				if s.resources[text] == nil {
					t.Errorf("%s: type %s is the unknown resource %s", i.Name, d.Name, text)
				}
				continue
			}
			if got := s.wholeType(d.Text).String(); got != d.Text {
				t.Errorf("%s: type %s is %s, and reads as %s", i.Name, d.Name, d.Text, got)
			}
		}
		for _, fn := range i.Funcs {
			ft := s.function(fn.Signature)
			if got := ft.String(); got != fn.Signature {
				t.Errorf("%s: %s is %s, and reads as %s", i.Name, fn.Name, fn.Signature, got)
			}
			params, results := ft.Core(types.Lower)
			if diff := cmp.Diff(coreTypes(params), append([]component.CoreType{}, fn.Params...)); diff != "" {
				t.Errorf("%s: core parameters of %s (-types +generated):\n%s", i.Name, fn.Name, diff)
			}
			if diff := cmp.Diff(coreTypes(results), append([]component.CoreType{}, fn.Results...)); diff != "" {
				t.Errorf("%s: core results of %s (-types +generated):\n%s", i.Name, fn.Name, diff)
			}
		}
	}
}

func coreTypes(ts []types.CoreType) []component.CoreType {
	out := make([]component.CoreType, len(ts))
	for i, t := range ts {
		out[i] = component.CoreType(t)
	}
	return out
}

// Any value of any type of the corpus comes back from an echo function as it
// went in, in every string encoding.
func TestEcho(t *testing.T) {
	l := echoLinker(t)
	for _, i := range l.Interfaces() {
		for _, fn := range i.Funcs {
			if !strings.HasPrefix(fn.Name, "echo-") {
				continue
			}
			t.Run(fn.Name, func(t *testing.T) {
				ft := newSignatures(l).function(fn.Signature)
				rapid.Check(t, func(rt *rapid.T) {
					e := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "entropy"))
					enc := rapid.SampledFrom(encodings).Draw(rt, "encoding")
					want := e.Value(ft.Params[0].Type)
					got, trap := newGuest(t, l, enc, component.Limits{}).call(i.Name, fn.Name, want)
					if trap != nil {
						rt.Fatalf("%v: %v", want, trap)
					}
					if !got.Equal(want) {
						rt.Fatalf("%v comes back as %v", want, got)
					}
				})
			})
		}
	}
}

// Discriminants where their width changes, among what lies close to them.
func TestDiscriminantWidths(t *testing.T) {
	want := abi.List(
		abi.Tuple(abi.Enum("b255"), abi.U8(0xaa), abi.Enum("w256"), abi.Variant("last", abi.U8(0xbb))),
		abi.Tuple(abi.Enum("b0"), abi.U8(0xcc), abi.Enum("w255"), abi.Variant("m255", abi.Value{})),
		abi.Tuple(abi.Enum("b1"), abi.U8(0xdd), abi.Enum("w0"), abi.Variant("last", abi.U8(0))),
	)
	got, trap := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{}).call(listsFace, "echo-sized", want)
	if trap != nil {
		t.Fatal(trap)
	}
	if !got.Equal(want) {
		t.Errorf("%v comes back as %v", want, got)
	}
}

func big(elements, parts int) abi.Value {
	joined := abi.Variant("both", abi.Tuple(abi.F32(1.5), abi.F64(-2)))
	es := make([]abi.Value, elements)
	for i := range es {
		es[i] = abi.Variant("text", abi.String(strings.Repeat("e", i)))
	}
	fs := make([]abi.Value, parts)
	for i := range fs {
		fs[i] = abi.Record(
			abi.Field{Name: "a", Value: abi.U64(uint64(i))},
			abi.Field{Name: "b", Value: abi.String("part")},
			abi.Field{Name: "c", Value: abi.Variant("letter", abi.Char('ß'))},
		)
	}
	return abi.Record(
		abi.Field{Name: "a", Value: joined},
		abi.Field{Name: "b", Value: abi.Variant("none", abi.Value{})},
		abi.Field{Name: "c", Value: abi.Variant("small", abi.S8(-3))},
		abi.Field{Name: "d", Value: abi.Variant("text", abi.String("déjà"))},
		abi.Field{Name: "e", Value: abi.List(es...)},
		abi.Field{Name: "f", Value: abi.List(fs...)},
	)
}

// Calls that spill: parameters in memory, results in registers and in memory.
func TestSpilled(t *testing.T) {
	const face = "corpus:awkward/wide@0.3.1"
	numbers := []abi.Value{
		abi.U8(255), abi.U16(65535), abi.U32(1 << 31), abi.U64(1 << 63), abi.S8(-128), abi.S16(-32768), abi.S32(-1 << 31), abi.S64(-1 << 63),
		abi.F32(1.5), abi.F64(2.25), abi.Char('é'), abi.Bool(true), abi.U8(3), abi.U16(4),
	}
	for _, c := range []struct {
		name string
		args []abi.Value
		want abi.Value
	}{
		{"sixteen", append(numbers[:14:14], abi.String("end")), abi.String("255 65535 2147483648 9223372036854775808 -128 -32768 -2147483648 -9223372036854775808 1.5 2.25 233 true 3 4 end\n")},
		{"seventeen", append(numbers[:14:14], abi.U32(5), abi.String("six")), abi.Tuple(numbers[:8]...)},
		{"sink", []abi.Value{big(0, 0), big(3, 3)}, abi.Value{}},
		{"count", []abi.Value{big(1, 2), big(3, 4)}, abi.U32(0x01020304)},
		{"check", []abi.Value{big(1, 2), big(3, 4)}, abi.OkValue(big(3, 4))},
		{"check", []abi.Value{big(5, 2), big(3, 4)}, abi.ErrValue(abi.String("5 elements"))},
	} {
		got, trap := newGuest(t, echoLinker(t), abi.UTF8, component.Limits{}).call(face, c.name, c.args...)
		if trap != nil {
			t.Errorf("%s: %v", c.name, trap)
			continue
		}
		if !got.Equal(c.want) {
			t.Errorf("%s gives %v, want %v", c.name, got, c.want)
		}
	}
}
