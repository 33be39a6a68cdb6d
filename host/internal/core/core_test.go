package core

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// cat joins bytes, strings and byte slices.
func cat(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func name(s string) []byte { return appendName(nil, s) }

func section(id int, parts ...any) []byte { return appendSection(nil, byte(id), cat(parts...)) }

// module encodes a module of sections.
func module(sections ...any) []byte { return cat(preamble, cat(sections...)) }

// sample imports from two sources under one name, and from an empty one, as
// wit-component's modules do; its exports use all of them.
var sample = module(
	section(sectionType, 3, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f, 0x60, 0, 0),
	section(sectionImport, 4,
		name(""), name("0"), 0, 0, // (i32) -> i32
		name(""), name("$imports"), 1, 0x70, 0x00, 1, // table 1 funcref
		name("env"), name("mem"), 2, 0x01, 1, 4,
		name("env"), name("g"), 3, 0x7f, 1),
	section(sectionFunc, 2, 1, 2),
	section(sectionTable, 2, 0x70, 0x00, 2, 0x6f, 0x01, 0, 9),
	section(sectionGlobal, 1, 0x7e, 0, 0x42, 5, 0x0b),
	section(sectionExport, 5, name("run"), 0, 1, name("again"), 0, 0, name("t"), 1, 1, name("m"), 2, 0, name("five"), 3, 1),
	section(sectionStart, 2),
	section(sectionElement, 1, 1, 0x00, 1, 0),
	section(sectionDataCount, 1),
	section(sectionCode, 2, len(runBody), runBody, len(startBody), startBody),
	section(sectionData, 1, 0, 0x41, 8, 0x0b, 2, 7, 0),
)

var (
	// runBody calls function 0 with the global, and adds what memory has at 8.
	runBody   = cat(0, 0x23, 0, 0x10, 0, 0x41, 8, 0x28, 2, 0, 0x6a, 0x0b)
	startBody = cat(1, 1, 0x7f, 0x0b)
)

func ptr(n uint32) *uint32 { return &n }

func parse(t *testing.T, wasm []byte) *Module {
	t.Helper()
	m, err := Parse(wasm, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParse(t *testing.T) {
	unary := &FuncType{[]ValueType{I32}, []ValueType{I32}}
	want := &Module{
		Imports: []Import{
			{Module: "", Name: "0", Extern: Extern{Kind: Func, Func: unary}},
			{Module: "", Name: "$imports", Extern: Extern{Kind: Table, Table: TableType{Elem: FuncRef, Min: 1}}},
			{Module: "env", Name: "mem", Extern: Extern{Kind: Memory, Memory: MemoryType{1, ptr(4)}}},
			{Module: "env", Name: "g", Extern: Extern{Kind: Global, Global: GlobalType{I32, true}}},
		},
		Exports: []Export{
			{"run", 1, Extern{Kind: Func, Func: &FuncType{Results: []ValueType{I32}}}},
			{"again", 0, Extern{Kind: Func, Func: unary}},
			{"t", 1, Extern{Kind: Table, Table: TableType{Elem: FuncRef, Min: 2}}},
			{"m", 0, Extern{Kind: Memory, Memory: MemoryType{1, ptr(4)}}},
			{"five", 1, Extern{Kind: Global, Global: GlobalType{I64, false}}},
		},
		Tables:   []TableType{{FuncRef, 2, nil}, {ExternRef, 0, ptr(9)}},
		Globals:  []GlobalType{{I64, false}},
		Funcs:    2,
		HasStart: true,
	}
	got := parse(t, sample)
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Module{}, Import{}), cmpopts.IgnoreFields(Module{}, "Types"))
	if diff != "" {
		t.Errorf("module (-want +got):\n%s", diff)
	}
	if e := got.Export("five"); e == nil || e.Index != 1 {
		t.Errorf("Export(five) = %+v", e)
	}
	if e := got.Export("six"); e != nil {
		t.Errorf("Export(six) = %+v", e)
	}
}

func TestParseErrors(t *testing.T) {
	empty := section(sectionType, 1, 0x60, 0, 0)
	tests := []struct {
		name string
		wasm []byte
		text string
	}{
		{"empty", nil, "begins with 00 61 73 6d"},
		{"order", module(section(3, 0), section(1, 0)), "section out of order"},
		{"twice", module(section(1, 0), section(1, 0)), "section out of order"},
		{"data count after code", module(empty, section(10, 0), section(12, 0)), "section out of order"},
		{"unknown section", module(section(15)), "0x0f is no section"},
		{"trailing bytes", module(section(1, 0, 0)), "unexpected bytes"},
		{"import count", module(section(2, 0xff, 0xff, 0xff, 0xff, 0x0f)), "cannot fit"},
		{"function count", module(empty, section(3, 0xff, 0xff, 0xff, 0x7f)), "cannot fit"},
		{"parameter count", module(section(1, 1, 0x60, 0xff, 0xff, 0xff, 0xff, 0x0f, 0)), "cannot fit"},
		{"many parameters", module(section(1, 1, 0x60, 0xe9, 0x07, strings.Repeat("\x7f", 1001), 0)), "the limit is 1000"},
		{"element count", module(section(4, 1, 0x70, 0, 1), section(9, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)), "cannot fit"},
		{"data size", module(section(5, 1, 0, 1), section(11, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f)), "only 0 follow"},
		{"locals", module(empty, section(3, 1, 0), section(10, 1, 8, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b)), "more than 50000 locals"},
		{"body too few", module(empty, section(3, 1, 0)), "1 functions are declared, and 0 have a body"},
		{"data count", module(section(12, 2)), "2 data segments are announced, and 0 follow"},
		{"unknown type", module(empty, section(3, 1, 1)), "unknown type 1"},
		{"unknown export", module(section(7, 1, name("f"), 0, 0)), "unknown function 0"},
		{"duplicate export", module(section(5, 1, 0, 1), section(7, 2, name("m"), 2, 0, name("m"), 2, 0)), "exported twice"},
		{"big memory", module(section(5, 1, 0, 0x81, 0x80, 0x04)), "at most 65536 pages"},
		{"limits", module(section(5, 1, 1, 2, 1)), "the maximum 1 is less"},
		{"long constant", module(section(6, 1, 0x7f, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b)), "longer than 32 bits"},
		{"constant", module(section(6, 1, 0x7f, 0, 0x20, 0, 0x0b)), "0x20 is no constant instruction"},
		{"table of numbers", module(section(4, 1, 0x7f, 0, 1)), "references"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const offset = 1000
			_, err := Parse(test.wasm, offset, Limits{})
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("Parse: %v; want an *Error with %q", err, test.text)
			}
			if e.Offset < offset || e.Offset > offset+int64(len(test.wasm)) {
				t.Errorf("offset %d in a module of %d bytes at %d", e.Offset, len(test.wasm), offset)
			}
		})
	}
}

func TestParseUnsupported(t *testing.T) {
	tests := []struct {
		wasm    []byte
		feature Feature
	}{
		{module(section(1, 1, 0x5f, 0)), FeatureGC},
		{module(section(1, 1, 0x4e, 1, 0x60, 0, 0)), FeatureGC},
		{module(section(1, 1, 0x60, 1, 0x64, 0x70, 0)), FeatureTypedRefs},
		{module(section(1, 1, 0x60, 1, 0x6e, 0)), FeatureTypedRefs},
		{module(section(1, 1, 0x60, 1, 0x69, 0)), FeatureExnRef},
		{module(section(4, 1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b)), FeatureTableInit},
		{module(section(4, 1, 0x70, 0x04, 1)), FeatureMemory64},
		{module(section(5, 1, 0x04, 1)), FeatureMemory64},
		{module(section(5, 1, 0x03, 1, 1)), FeatureThreads},
		{module(section(5, 1, 0x08, 1, 0)), FeaturePageSize},
		{module(section(5, 2, 0, 1, 0, 1)), FeatureMultiMemory},
		{module(section(2, 1, name("a"), name("m"), 2, 0, 1), section(5, 1, 0, 1)), FeatureMultiMemory},
		{module(section(13, 1, 0, 0)), FeatureTags},
		{module(section(2, 1, name("a"), name("t"), 4, 0, 0)), FeatureTags},
	}
	for _, test := range tests {
		_, err := Parse(test.wasm, 0, Limits{})
		var e *UnsupportedError
		if !errors.As(err, &e) || e.Feature != test.feature {
			t.Errorf("Parse(% x): %v; want it refused for %q", test.wasm, err, test.feature.Name)
		}
	}
}

func TestRewriteNothing(t *testing.T) {
	m := parse(t, sample)
	got, err := m.Rewrite(Edits{})
	if err != nil || string(got) != string(sample) {
		t.Errorf("Rewrite without edits changed the module, or failed: %v", err)
	}
	// Names as they are, encoded anew, are the same bytes, too.
	var names []ImportName
	for _, i := range m.Imports {
		names = append(names, ImportName{i.Module, i.Name})
	}
	got, err = m.Rewrite(Edits{Imports: names})
	if diff := cmp.Diff(sample, got); diff != "" || err != nil {
		t.Errorf("Rewrite to the same names: %v (-want +got)\n%s", err, diff)
	}
}

// A rewritten module runs, with each import taken from a source of its own.
func TestRewriteRuns(t *testing.T) {
	wasm, err := parse(t, sample).Rewrite(Edits{
		Imports:  []ImportName{{"double", "f"}, {"tables", "t"}, {"memories", "m"}, {"globals", "g"}},
		TableMax: ptr(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	_, err = r.NewHostModuleBuilder("double").NewFunctionBuilder().
		WithFunc(func(n uint32) uint32 { return 2 * n }).Export("f").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	instantiate := func(name string, wasm []byte) api.Module {
		m, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithName(name).WithStartFunctions())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	instantiate("tables", module(section(sectionTable, 1, 0x70, 0, 1), section(sectionExport, 1, "\x01t", 1, 0)))
	instantiate("memories", module(section(sectionMemory, 1, 1, 1, 4), section(sectionExport, 1, "\x01m", 2, 0)))
	instantiate("globals", module(section(sectionGlobal, 1, 0x7f, 1, 0x41, 20, 0x0b), section(sectionExport, 1, "\x01g", 3, 0)))
	m := instantiate("sample", wasm)
	got, err := m.ExportedFunction("run").Call(ctx)
	if err != nil || got[0] != 47 {
		t.Errorf("run() = %v, %v; want 47", got, err)
	}
}

func TestRewriteCaps(t *testing.T) {
	// grow(n) grows a table of at least 1 without maximum, and a memory of at
	// least 1 and at most 9 pages; it returns both old sizes.
	grow := cat(0, 0xd0, 0x70, 0x20, 0, 0xfc, 0x0f, 0, 0x20, 0, 0x40, 0, 0x0b)
	wasm := module(
		section(sectionType, 1, 0x60, 1, 0x7f, 2, 0x7f, 0x7f),
		section(sectionFunc, 1, 0),
		section(sectionTable, 1, 0x70, 0, 1),
		section(sectionMemory, 1, 1, 1, 9),
		section(sectionExport, 1, name("grow"), 0, 0),
		section(sectionCode, 1, len(grow), grow),
	)
	m := parse(t, wasm)
	const failed = 0xffffffff
	for _, test := range []struct {
		edits         Edits
		by            uint64
		table, memory uint64 // what grow returns
	}{
		{Edits{}, 8, 1, 1},
		{Edits{TableMax: ptr(5)}, 4, 1, 1},
		{Edits{TableMax: ptr(5)}, 5, failed, 1},
		{Edits{MemoryMax: ptr(3)}, 2, 1, 1},
		{Edits{MemoryMax: ptr(3)}, 3, 1, failed},
		{Edits{MemoryMax: ptr(20)}, 9, 1, failed},
		{Edits{TableMax: ptr(1), MemoryMax: ptr(1)}, 1, failed, failed},
	} {
		rewritten, err := m.Rewrite(test.edits)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
		in, err := r.Instantiate(ctx, rewritten)
		if err != nil {
			t.Fatal(err)
		}
		got, err := in.ExportedFunction("grow").Call(ctx, test.by)
		if want := []uint64{test.table, test.memory}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("%+v: grow(%d) = %d, %v; want %d", test.edits, test.by, got, err, want)
		}
		r.Close(ctx)
	}
	for _, edits := range []Edits{{TableMax: ptr(0)}, {MemoryMax: ptr(0)}} {
		_, err := m.Rewrite(edits)
		var e *CapError
		if !errors.As(err, &e) || e.Min != 1 || e.Cap != 0 {
			t.Errorf("Rewrite(%+v): %v, want a *CapError", edits, err)
		}
	}
}

// A malformed name section, which wazero would fail on, is left out; so is a
// second one.
func TestRewriteDropsNames(t *testing.T) {
	good := section(sectionCustom, name("name"), 0, 2, name("m"))
	for _, bad := range [][]byte{
		section(sectionCustom, name("name"), 1, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0),
		section(sectionCustom, name("name"), 0, 9, name("m")),
		section(sectionCustom, name("name"), 0, 3, name("m"), 0),
		section(sectionCustom, name("name"), 1, 4, 1, 0, 1, 0xff),
	} {
		for _, test := range []struct{ in, want []byte }{
			{module(bad), module()},
			{module(bad, good), module(good)},
			{module(good, good), module(good)},
			{module(good, bad), module(good)},
		} {
			got, err := parse(t, test.in).Rewrite(Edits{})
			if err != nil || string(got) != string(test.want) {
				t.Errorf("Rewrite(% x) = % x, %v; want % x", test.in, got, err, test.want)
			}
		}
	}
	other := module(section(sectionCustom, name("anything"), 0xff))
	if got, err := parse(t, other).Rewrite(Edits{}); err != nil || string(got) != string(other) {
		t.Errorf("another custom section is not kept: % x, %v", got, err)
	}
}
