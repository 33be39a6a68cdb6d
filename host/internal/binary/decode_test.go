package binary

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leb encodes an unsigned LEB128 integer.
func leb(n int) (b []byte) {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// name encodes a length-prefixed string.
func name(s string) []byte { return append(leb(len(s)), s...) }

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

const preamble = "\x00asm\x0d\x00\x01\x00"
const corePreamble = "\x00asm\x01\x00\x00\x00"

// section encodes a section.
func section(id int, parts ...any) []byte {
	body := cat(parts...)
	return cat(id, leb(len(body)), body)
}

// file encodes a component of sections.
func file(sections ...any) []byte { return cat(preamble, cat(sections...)) }

func TestDecodeDefinitions(t *testing.T) {
	ref := func(n uint32) *uint32 { return &n }
	prim := func(p Primitive) *ValType { return &ValType{Primitive: p} }
	wasm := file(
		section(sectionCoreModule, corePreamble),
		section(sectionCoreInstance, 2, 0x00, 7, 1, name("env"), 0x12, 3, 0x01, 1, name("mem"), 0x02, 4),
		section(sectionCoreType, 2, 0x60, 1, 0x7f, 1, 0x63, 0x70,
			0x50, 3, 0x01, 0x60, 0, 0, 0x00, name("a"), name("b"), 0x02, 0x01, 1, 2, 0x03, name("f"), 0x00, 0),
		section(sectionComponent, preamble),
		section(sectionInstance, 2, 0x00, 5, 1, name("dep"), 0x05, 6, 0x01, 1, 0x00, name("x"), 0x01, 9),
		section(sectionAlias, 3, 0x01, 0x00, 2, name("go"), 0x00, 0x00, 0x01, 1, name("run"), 0x03, 0x02, 1, 8),
		section(sectionType, 6, 0x73,
			0x72, 1, name("a"), 0x7f,
			0x71, 2, name("n"), 0x00, 0x00, name("s"), 0x01, 0x85, 0x00, 0x00,
			0x6a, 0x00, 0x01, 0x79,
			0x40, 1, name("p"), 0x73, 0x00, 0x7f,
			0x3f, 0x7f, 0x01, 9),
		section(sectionCanon, 3,
			0x00, 0x00, 1, 4, 0x01, 0x03, 2, 0x04, 3, 0x05, 4, 6,
			0x01, 0x00, 5, 0,
			0x03, 7),
		section(sectionImport, 2, 0x00, name("f"), 0x01, 4, 0x02, name("r"), 0, 0x03, 0x01),
		section(sectionExport, 2, 0x01, name("g"), 0x01, 3, 0x00, 0x00, name("m"), 0x00, 0x11, 0, 0x01, 0x00, 0x11, 2),
		section(sectionCustom, name("note"), 1, 2, 3),
	)
	got, err := Decode(wasm, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Component{
		Defs: []Def{
			&CoreModule{Bytes: []byte(corePreamble)},
			&CoreInstance{Instantiate: true, Module: 7, Args: []CoreArg{{"env", 3}}},
			&CoreInstance{Exports: []CoreExport{{"mem", CoreMemory, 4}}},
			&CoreType{Func: &CoreFuncType{Params: []CoreVal{{Code: CoreI32}}, Results: []CoreVal{{Code: CoreFuncRef}}}},
			&CoreType{Module: &CoreModuleType{Defs: []CoreModuleDef{
				{Type: &CoreFuncType{Params: []CoreVal{}, Results: []CoreVal{}}},
				{Import: &CoreImport{"a", CoreExternDecl{Name: "b", Sort: CoreMemory, Min: 1, Max: ref(2)}}},
				{Export: &CoreExternDecl{Name: "f", Sort: CoreFunc}},
			}}},
			&Nested{Component: &Component{}},
			&Instance{Instantiate: true, Component: 5, Args: []Arg{{"dep", InstanceSort, 6}}},
			&Instance{Exports: []InlineExport{{"x", Func, 9}}},
			&Alias{Sort: Func, Target: AliasExport, Instance: 2, Name: "go"},
			&Alias{Sort: CoreFunc, Target: AliasCoreExport, Instance: 1, Name: "run"},
			&Alias{Sort: TypeSort, Target: AliasOuter, Count: 1, Index: 8},
			&Type{Kind: TypePrimitive, Primitive: String},
			&Type{Kind: TypeRecord, Fields: []Field{{"a", prim(Bool)}}},
			&Type{Kind: TypeVariant, Fields: []Field{{Name: "n"}, {"s", &ValType{Index: 5}}}},
			&Type{Kind: TypeResult, Err: prim(U32)},
			&Type{Kind: TypeFunc, Params: []Field{{"p", prim(String)}}, Result: prim(Bool)},
			&Type{Kind: TypeResource, Dtor: ref(9)},
			&Canon{Kind: CanonLift, Func: 1, Type: 6, Options: Options{Encoding: UTF16, Memory: ref(2), Realloc: ref(3), PostReturn: ref(4)}},
			&Canon{Kind: CanonLower, Func: 5},
			&Canon{Kind: ResourceDrop, Type: 7},
			&Import{Name: "f", Desc: ExternDesc{Sort: Func, Index: 4}},
			&Import{Name: "r", Desc: ExternDesc{Sort: TypeSort, Bound: SubResource}},
			&Export{Name: "g", Sort: Func, Index: 3},
			&Export{Name: "m", Sort: CoreModuleSort, Desc: &ExternDesc{Sort: CoreModuleSort, Index: 2}},
		},
		Custom: []Custom{{Name: "note", Bytes: []byte{1, 2, 3}}},
	}
	ignoreOffsets := cmp.Comparer(func(At, At) bool { return true })
	if diff := cmp.Diff(want, got, ignoreOffsets); diff != "" {
		t.Errorf("decoded definitions (-want +got):\n%s", diff)
	}
	var last int64
	for _, def := range got.Defs {
		if def.Pos() <= last {
			t.Errorf("%T at offset %d, after one at %d", def, def.Pos(), last)
		}
		last = def.Pos()
	}
	if m := got.Defs[0].(*CoreModule); &m.Bytes[0] != &wasm[m.Pos()] {
		t.Error("the core module does not alias the file")
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name   string
		wasm   []byte
		offset int64
		text   string // part of the message
	}{
		{"empty", nil, 0, "the file is empty"},
		{"truncated header", []byte("\x00asm\x0d"), 0, "truncated"},
		{"core module", []byte(corePreamble), 0, "this is a core module, not a component"},
		{"text format", []byte("  (component)"), 0, "WebAssembly text"},
		{"text", []byte("#!/bin/sh\necho\n"), 0, "a text file"},
		{"foreign", []byte("\x7fELF\x02\x01\x01\x00"), 0, "begins with 7f 45 4c 46"},
		{"old version", []byte("\x00asm\x0a\x00\x01\x00"), 0, "rebuild it with a current toolchain"},
		{"unknown layer", []byte("\x00asm\x0d\x00\x02\x00"), 0, "neither a component nor a core module"},
		{"unknown section", file(13, 0), 8, "0x0d is no section"},
		{"section beyond the file", file(7, 9, 0), 9, "may be truncated"},
		{"section too small", file(7, 3, 1, 0x40, 0, 0x73), 13, "its size is too small"},
		{"section too large", file(section(7, 1, 0x73, 0)), 12, "unexpected bytes at the end of the section"},
		{"integer with 33 bits", file(7, 0x81, 0x80, 0x80, 0x80, 0x70, 0), 9, "does not fit in 32 bits"},
		{"integer with 6 bytes", file(7, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00), 9, "longer than 32 bits need"},
		{"count beyond the section", file(section(7, 0xff, 0xff, 0x03, 0x73)), 10, "cannot fit"},
		{"name not UTF-8", file(section(0, 2, 0xff, 0xfe)), 10, "UTF-8"},
		{"no core module", file(section(1, preamble)), 10, "a component stands where a core module belongs"},
		{"no component", file(section(4, corePreamble)), 10, "component 0: no nested component: this is a core module"},
		{"index as a negative number", file(section(7, 1, 0x70, 0x60)), 12, "neither a primitive value type nor a type index"},
		{"refined case", file(section(7, 1, 0x71, 1, 1, "c", 0, 1)), 16, "must be 0x00, not 0x01"},
		{"second type of the second section", file(section(7, 1, 0x73), section(7, 1, 0x44)), 15, "type 1: 0x44 is no type"},
		{"declaration", file(section(7, 1, 0x42, 2, 1, 0x73, 0x03, 0)), 15, "type 0, declaration 1: an instance type cannot declare an import"},
		{"option twice", file(section(8, 1, 0x01, 0x00, 0, 2, 0x03, 0, 0x03, 0)), 17, "memory is given twice"},
		{"outer alias of a function", file(section(6, 1, 0x01, 0x02, 0, 0)), 11, "function of an enclosing component"},
		{"core function export", file(section(11, 1, 0x00, name("f"), 0x00, 0x00, 0, 0)), 14, "cannot cross a component boundary"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode(test.wasm, Limits{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Decode: %v, want an *Error", err)
			}
			if e.Offset != test.offset || !strings.Contains(err.Error(), test.text) {
				t.Errorf("Decode: %v; want offset %#x and %q", err, test.offset, test.text)
			}
		})
	}
}

func TestDecodeUnsupported(t *testing.T) {
	funcType := section(7, 1, 0x40, 0, 1, 0)
	tests := []struct {
		wasm    []byte
		feature Feature
	}{
		{file(section(7, 1, 0x43, 0, 1, 0)), FeatureAsyncFunc},
		{file(section(7, 1, 0x66, 0)), FeatureStream},
		{file(section(7, 1, 0x65, 0)), FeatureFuture},
		{file(section(7, 1, 0x64)), FeatureErrorContext},
		{file(section(7, 1, 0x70, 0x64)), FeatureErrorContext},
		{file(section(7, 1, 0x67, 0x7d, 3)), FeatureFixedList},
		{file(section(7, 1, 0x63, 0x73, 0x79)), FeatureMap},
		{file(section(7, 1, 0x3f, 0x7e, 0)), FeatureResource64},
		{file(section(8, 1, 0x09, 1, 0, 0)), builtins[0x09]},
		{file(section(8, 1, 0x42, 0)), builtins[0x42]},
		{file(section(8, 1, 0x01, 0x00, 0, 1, 0x06)), FeatureAsyncOption},
		{file(section(8, 1, 0x00, 0x00, 0, 1, 0x07, 0, 0)), FeatureCallback},
		{file(section(8, 1, 0x01, 0x00, 0, 1, 0x08, 0)), FeatureCoreTypeOption},
		{file(section(8, 1, 0x01, 0x00, 0, 1, 0x09)), FeatureGCOption},
		{file(section(9, 0, 0, 0)), FeatureStart},
		{file(section(12, 1, 0x7f, 1, 1)), FeatureValueSection},
		{file(section(10, 1, 0x00, name("v"), 0x02, 0x73)), FeatureValues},
		{file(section(11, 1, 0x00, name("v"), 0x02, 0, 0)), FeatureValues},
		{file(funcType, section(10, 1, 0x02, name("f"), 1, 0x00, name("a:b/c"), 0x01, 0)), FeatureNameAttributes},
		{file(funcType, section(10, 1, 0x00, name("[async]f"), 0x01, 0)), FeatureAsyncName},
		{file(funcType, section(10, 1, 0x00, name("[async method]r.f"), 0x01, 0)), FeatureAsyncName},
		{file(section(3, 1, 0x5f, 0)), FeatureGC},
		{file(section(3, 1, 0x00, 0x50, 0, 0x60, 0, 0)), FeatureGC},
		{file(section(3, 1, 0x50, 1, 0x03, name("t"), 0x04, 0, 0)), FeatureTags},
		{file(section(3, 1, 0x50, 1, 0x03, name("m"), 0x02, 0x04, 0)), FeatureMemory64},
		{file(section(3, 1, 0x50, 1, 0x03, name("m"), 0x02, 0x03, 0, 0)), FeatureThreads},
		{file(section(3, 1, 0x50, 1, 0x03, name("m"), 0x02, 0x08, 0, 0)), FeaturePageSize},
	}
	for _, test := range tests {
		_, err := Decode(test.wasm, Limits{})
		var e *UnsupportedError
		if !errors.As(err, &e) || e.Feature != test.feature {
			t.Errorf("Decode(% x): %v; want it refused for %q", test.wasm, err, test.feature.Name)
		}
	}
}

// A nested component may speak of values, and carry ids for hosts, as long as
// nobody instantiates it.
func TestDecodeNestedComponent(t *testing.T) {
	inner := file(section(10, 1, 0x02, name("v"), 1, 0x02, name("id"), 0x02, 0x73))
	c, err := Decode(file(section(4, inner)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Defs[0].(*Nested).Component.Defs[0].(*Import).Desc
	if want := (ExternDesc{Sort: Value, Value: ValType{Primitive: String}}); got != want {
		t.Errorf("import of a value: %+v, want %+v", got, want)
	}
}

func TestDecodeLimits(t *testing.T) {
	nested := func(n int) []byte {
		wasm := file()
		for range n - 1 {
			wasm = file(section(sectionComponent, wasm))
		}
		return wasm
	}
	nestedType := func(n int) []byte {
		decl := []byte{0x42, 0}
		for range n - 1 {
			decl = cat(0x42, 1, 0x01, decl)
		}
		return file(section(sectionType, 1, decl))
	}
	long := strings.Repeat("a", 100_000)
	tests := []struct {
		name     string
		ok, over []byte
		limits   Limits
	}{
		{"nested components", nested(100), nested(101), Limits{}},
		{"nested types", nestedType(99), nestedType(100), Limits{}},
		{"far too deep", nested(1), nested(2_000), Limits{}},
		{"name", file(section(0, name(long))), file(section(0, name(long+"a"))), Limits{}},
		{"definitions", file(section(7, 3, 0x73, 0x73, 0x73)), file(section(7, 3, 0x73, 0x73, 0x73), section(7, 1, 0x73)), Limits{Defs: 3}},
		{"declarations", file(section(7, 1, 0x42, 2, 1, 0x73, 1, 0x73)), file(section(7, 1, 0x42, 3, 1, 0x73, 1, 0x73, 1, 0x73)), Limits{Defs: 3}},
		{"items", file(section(7, 1, 0x6f, 3, 0x73, 0x73, 0x73)), file(section(7, 1, 0x6f, 4, 0x73, 0x73, 0x73, 0x73)), Limits{Items: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Decode(test.ok, test.limits); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			var e *Error
			if _, err := Decode(test.over, test.limits); !errors.As(err, &e) {
				t.Errorf("over the limit: %v, want an *Error", err)
			}
		})
	}
}

// Every prefix of a component is an error, except where a section ends.
func TestDecodeTruncated(t *testing.T) {
	parts := [][]byte{
		[]byte(preamble),
		section(7, 2, 0x72, 1, name("a"), 0x7f, 0x40, 1, name("p"), 0x00, 0x01, 0x00),
		section(10, 1, 0x00, name("f"), 0x01, 1),
		section(8, 1, 0x01, 0x00, 0, 1, 0x00),
	}
	wasm := bytes.Join(parts, nil)
	ends := map[int]bool{}
	n := 0
	for _, p := range parts {
		n += len(p)
		ends[n] = true
	}
	for n := range wasm {
		_, err := Decode(wasm[:n], Limits{})
		if (err == nil) != ends[n] {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, wasm := range suiteFiles(f) {
		f.Add(wasm)
	}
	f.Add(file())
	f.Fuzz(func(t *testing.T, wasm []byte) {
		c, err := Decode(wasm, Limits{})
		var malformed *Error
		var unsupported *UnsupportedError
		switch {
		case err == nil:
			checkOffsets(t, c, int64(len(wasm)))
		case errors.As(err, &malformed):
			if malformed.Offset < 0 || malformed.Offset > int64(len(wasm)) || malformed.Reason == "" {
				t.Errorf("%#v", malformed)
			}
		case errors.As(err, &unsupported):
			if unsupported.Offset < 0 || unsupported.Offset > int64(len(wasm)) || unsupported.Feature.Name == "" {
				t.Errorf("%#v", unsupported)
			}
		default:
			t.Errorf("error of type %T: %v", err, err)
		}
	})
}

// checkOffsets checks that the definitions lie in the file, in order.
func checkOffsets(t *testing.T, c *Component, size int64) {
	var last int64
	for _, def := range c.Defs {
		if def.Pos() < last || def.Pos() > size {
			t.Errorf("%T at offset %d of %d, after one at %d", def, def.Pos(), size, last)
		}
		last = def.Pos()
		if n, ok := def.(*Nested); ok {
			checkOffsets(t, n.Component, size)
		}
	}
}
