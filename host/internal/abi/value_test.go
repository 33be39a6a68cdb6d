package abi_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

func sample() map[string]abi.Value {
	res := &types.Resource{Name: "ns:p/i#r", Definer: -1}
	return map[string]abi.Value{
		"":                     {},
		"true":                 abi.Bool(true),
		"-128":                 abi.S8(-128),
		"255":                  abi.U8(255),
		"-32768":               abi.S16(math.MinInt16),
		"65535":                abi.U16(math.MaxUint16),
		"-2147483648":          abi.S32(math.MinInt32),
		"4294967295":           abi.U32(math.MaxUint32),
		"-1":                   abi.S64(-1),
		"18446744073709551615": abi.U64(math.MaxUint64),
		"1.5":                  abi.F32(1.5),
		"nan":                  abi.F64(math.NaN()),
		"-inf":                 abi.F64(math.Inf(-1)),
		"inf":                  abi.F32(float32(math.Inf(1))),
		"1e-7":                 abi.F64(1e-7),
		"1.25e+30":             abi.F64(1.25e30),
		"-0":                   abi.F64(math.Copysign(0, -1)),
		`'\''`:                 abi.Char('\''),
		`'\u{202e}'`:           abi.Char('\u202e'),
		`'"'`:                  abi.Char('"'),
		`"a\"\\\n\t\r'\u{0}é"`: abi.String("a\"\\\n\t\r'\x00é"),
		"[1, 2]":               abi.List(abi.U8(1), abi.U8(2)),
		"[3, 4]":               abi.Bytes([]byte{3, 4}),
		"[]":                   abi.List(),
		"(1, ())":              abi.Tuple(abi.U8(1), abi.Tuple()),
		"{b: 1, a: \"x\"}":     abi.Record(abi.Field{Name: "b", Value: abi.U8(1)}, abi.Field{Name: "a", Value: abi.String("x")}, abi.Field{Name: "c", Value: abi.None()}),
		"{:}":                  abi.Record(abi.Field{Name: "c", Value: abi.None()}),
		"days(3)":              abi.Variant("days", abi.U8(3)),
		"never":                abi.Variant("never", abi.Value{}),
		"%none":                abi.Enum("none"),
		"some(none)":           abi.Some(abi.None()),
		"none":                 abi.None(),
		"ok":                   abi.OkValue(abi.Value{}),
		`err("no")`:            abi.ErrValue(abi.String("no")),
		"{r, w}":               abi.Flags("r", "w", "r"),
		"{}":                   abi.Flags(),
		"own<ns:p/i#r>":        abi.Own(res, 1),
		"borrow<ns:p/i#r>":     abi.Borrow(res, 1),
	}
}

func TestValueText(t *testing.T) {
	for want, v := range sample() {
		if got := v.String(); got != want {
			t.Errorf("spelled %s, want %s", got, want)
		}
	}
}

func TestValueEqual(t *testing.T) {
	all := sample()
	for a, v := range all {
		for b, w := range all {
			if v.Equal(w) != (a == b) {
				t.Errorf("%s equals %s: %v", a, b, v.Equal(w))
			}
		}
	}
	field := func(name string, v abi.Value) abi.Field { return abi.Field{Name: name, Value: v} }
	for _, c := range []struct {
		a, b abi.Value
		want bool
	}{
		{abi.Bytes([]byte{1, 2}), abi.List(abi.U8(1), abi.U8(2)), true},
		{abi.Bytes(nil), abi.List(), true},
		{abi.Bytes([]byte{1}), abi.List(abi.S8(1)), false},
		{abi.Bytes([]byte{1}), abi.Bytes([]byte{1, 2}), false},
		{abi.Record(field("a", abi.U8(1)), field("b", abi.U8(2))), abi.Record(field("b", abi.U8(2)), field("a", abi.U8(1))), true},
		{abi.Record(field("a", abi.U8(1))), abi.Record(field("b", abi.U8(1))), false},
		{abi.Record(field("a", abi.U8(1))), abi.Record(field("a", abi.U8(1)), field("b", abi.U8(1))), false},
		{abi.Flags("a", "b"), abi.Flags("b", "a"), true},
		{abi.Flags("a"), abi.Flags("a", "b"), false},
		{abi.F32(float32(math.NaN())), abi.F32(math.Float32frombits(0xffffffff)), true},
		{abi.F64(0), abi.F64(math.Copysign(0, -1)), false},
		{abi.Variant("a", abi.Value{}), abi.Enum("a"), false},
		{abi.Variant("a", abi.Value{}), abi.Variant("a", abi.U8(0)), false},
	} {
		if got := c.a.Equal(c.b); got != c.want || c.b.Equal(c.a) != c.want {
			t.Errorf("%v equals %v: %v", c.a, c.b, got)
		}
	}
}

// Every accessor answers for every kind, and only its own.
func TestValueAccessors(t *testing.T) {
	readers := map[string]func(v abi.Value) bool{
		"Bool":   func(v abi.Value) bool { _, ok := v.Bool(); return ok },
		"Int":    func(v abi.Value) bool { _, ok := v.Int(); return ok },
		"Uint":   func(v abi.Value) bool { _, ok := v.Uint(); return ok },
		"Float":  func(v abi.Value) bool { _, ok := v.Float(); return ok },
		"Char":   func(v abi.Value) bool { _, ok := v.Char(); return ok },
		"Text":   func(v abi.Value) bool { _, ok := v.Text(); return ok },
		"Case":   func(v abi.Value) bool { _, _, ok := v.Case(); return ok },
		"Flags":  func(v abi.Value) bool { _, ok := v.FlagNames(); _, also := v.Flag("x"); return ok && also },
		"Handle": func(v abi.Value) bool { _, ok := v.Handle(); return ok },
	}
	reads := map[types.Kind]string{
		types.Bool: "Bool", types.S8: "Int", types.S16: "Int", types.S32: "Int", types.S64: "Int",
		types.U8: "Uint", types.U16: "Uint", types.U32: "Uint", types.U64: "Uint", types.F32: "Float", types.F64: "Float",
		types.Char: "Char", types.String: "Text", types.Variant: "Case", types.Enum: "Case", types.Option: "Case", types.Result: "Case",
		types.Flags: "Flags", types.Own: "Handle", types.Borrow: "Handle",
	}
	for text, v := range sample() {
		for name, read := range readers {
			if got, want := read(v), reads[v.Kind()] == name; got != want {
				t.Errorf("%s reads %s: %v", name, text, got)
			}
		}
		v.Bytes()
		v.Field("a")
		for range v.Fields() {
		}
		n := 0
		for range v.Items() {
			n++
		}
		if n != v.Len() {
			t.Errorf("%s has %d items of %d", text, n, v.Len())
		}
		for _, i := range []int{-1, v.Len()} {
			if _, ok := v.Index(i); ok {
				t.Errorf("%s has an element %d", text, i)
			}
		}
	}
	s := sample()
	if b, ok := s["[1, 2]"].Bytes(); !ok || !bytes.Equal(b, []byte{1, 2}) {
		t.Errorf("Bytes of a list: %v, %v", b, ok)
	}
	if b, ok := abi.List(abi.U16(1)).Bytes(); ok {
		t.Errorf("Bytes of a list<u16>: %v", b)
	}
	if v, ok := s["{b: 1, a: \"x\"}"].Field("a"); !ok || v.String() != `"x"` {
		t.Errorf("field a is %v, %v", v, ok)
	}
	if name, payload, _ := s[`err("no")`].Case(); name != "error" || payload.String() != `"no"` {
		t.Errorf("case %s of %v", name, payload)
	}
	if names, _ := s["{r, w}"].FlagNames(); !slices.Equal(names, []string{"r", "w"}) {
		t.Errorf("flags %v", names)
	}
}

func TestTypeErrors(t *testing.T) {
	rec := must(types.NewRecord([]types.Field{{Name: "name", Type: prim(types.String)}, {Name: "ages", Type: listOf(prim(types.U8))}}))
	variant := must(types.NewVariant([]types.Case{{Name: "empty"}, {Name: "full", Type: tupleOf(prim(types.Bool), rec)}}))
	name := func(v abi.Value) abi.Field { return abi.Field{Name: "name", Value: v} }
	ages := func(v abi.Value) abi.Field { return abi.Field{Name: "ages", Value: v} }
	good := abi.Record(ages(abi.Bytes([]byte{1})), name(abi.String("x")))
	for _, c := range []struct {
		typ  *types.Type
		v    abi.Value
		want string
	}{
		{prim(types.U8), abi.U16(1), "args[0]: want u8, got u16"},
		{prim(types.U8), abi.Value{}, "args[0]: want u8, got no value"},
		{prim(types.Char), abi.Char(0xd800), "args[0]: 0xd800 is not a Unicode scalar value"},
		{prim(types.Char), abi.Char(-1), "args[0]: 0xffffffff is not a Unicode scalar value"},
		{prim(types.String), abi.String("\xff"), "args[0]: string is not valid UTF-8"},
		{listOf(prim(types.U8)), abi.List(abi.U8(1), abi.S8(1)), "args[0][1]: want u8, got s8"},
		{listOf(prim(types.S8)), abi.Bytes([]byte{1}), "args[0]: want a list of s8, got a list of u8"},
		{rec, abi.Record(name(abi.String("x"))), `args[0]: the record lacks "ages"`},
		{rec, abi.Record(name(abi.U8(1)), ages(abi.List())), "args[0].name: want string, got u8"},
		{rec, abi.Record(name(abi.String("x")), ages(abi.List(abi.Bool(true)))), "args[0].ages[0]: want u8, got bool"},
		{rec, abi.Record(name(abi.String("x")), ages(abi.List()), abi.Field{Name: "more"}), `args[0]: the record type has no "more"`},
		{rec, abi.Record(name(abi.String("x")), ages(abi.List()), name(abi.String("x"))), "args[0]: the record has a field twice"},
		{variant, abi.Variant("full", abi.Tuple(abi.Bool(true), abi.U8(1))), "args[0].full.1: want record, got u8"},
		{variant, abi.Variant("full", abi.Tuple(good)), "args[0].full: want a tuple of 2, got one of 1"},
		{variant, abi.Variant("full", abi.Value{}), `args[0]: case "full" wants tuple, got no payload`},
		{variant, abi.Variant("empty", abi.U8(1)), `args[0]: case "empty" has no payload, got u8`},
		{variant, abi.Variant("half", abi.U8(1)), `args[0]: the variant type has no case "half"`},
		{must(types.NewFlags([]string{"r"})), abi.Flags("w"), `args[0]: the flags type has no "w"`},
		{must(types.NewEnum([]string{"r"})), abi.Enum("w"), `args[0]: the enum type has no case "w"`},
		{must(types.NewOption(prim(types.U8))), abi.Some(abi.Bool(true)), "args[0].some: want u8, got bool"},
		{must(types.NewResult(nil, prim(types.U8))), abi.ErrValue(abi.Bool(true)), "args[0].error: want u8, got bool"},
		{variant, abi.Variant("full", abi.Tuple(abi.Bool(true), good)), ""},
	} {
		g := newGuest(t, abi.UTF8)
		got := ""
		if err := abi.LowerParams(&g.frame, mustFunc(nil, c.typ), []abi.Value{c.v}, make([]uint64, types.MaxFlat)); err != nil {
			got = err.Error()
			if len(g.arena.Reallocs) != 0 {
				t.Errorf("%v as %v: the guest was touched", c.v, c.typ)
			}
		}
		if got != c.want {
			t.Errorf("%v as %v: error %q, want %q", c.v, c.typ, got, c.want)
		}
	}
	g := newGuest(t, abi.UTF8)
	wantTrap(t, abitest.Trap(func() { abi.LowerResult(&g.frame, mustFunc(prim(types.U8)), abi.U16(1), make([]uint64, 1)) }), "result: want u8, got u16")
	wantTrap(t, abitest.Trap(func() { abi.LowerResult(&g.frame, mustFunc(nil), abi.U16(1), make([]uint64, 1)) }), "result: want no value, got u16")
	if err := abi.LowerParams(&g.frame, stringFunc, nil, nil); err == nil || err.Error() != "args: want 1 arguments, got 0" {
		t.Errorf("error %v", err)
	}
}
