package validate_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/validate"
)

// Short forms of definitions.

func component(defs ...binary.Def) *binary.Component { return &binary.Component{Defs: defs} }

func prim(p binary.Primitive) binary.ValType { return binary.ValType{Primitive: p} }

func index(i uint32) binary.ValType { return binary.ValType{Index: i} }

func ptr[T any](v T) *T { return &v }

func field(name string, t binary.ValType) binary.Field { return binary.Field{Name: name, Type: &t} }

func record(fields ...binary.Field) *binary.Type {
	return &binary.Type{Kind: binary.TypeRecord, Fields: fields}
}

func list(t binary.ValType) *binary.Type { return &binary.Type{Kind: binary.TypeList, Elem: t} }

func funcType(result *binary.ValType, params ...binary.Field) *binary.Type {
	return &binary.Type{Kind: binary.TypeFunc, Params: params, Result: result}
}

func resourceType() *binary.Type { return &binary.Type{Kind: binary.TypeResource} }

func own(i uint32) *binary.Type { return &binary.Type{Kind: binary.TypeOwn, Resource: i} }

func borrow(i uint32) *binary.Type { return &binary.Type{Kind: binary.TypeBorrow, Resource: i} }

func instanceType(decls ...binary.Def) *binary.Type {
	return &binary.Type{Kind: binary.TypeInstance, Decls: decls}
}

func componentType(decls ...binary.Def) *binary.Type {
	return &binary.Type{Kind: binary.TypeComponent, Decls: decls}
}

func imported(name string, s binary.Sort, i uint32) *binary.Import {
	return &binary.Import{Name: name, Desc: binary.ExternDesc{Sort: s, Index: i}}
}

func newResource(name string) *binary.Import {
	return &binary.Import{Name: name, Desc: binary.ExternDesc{Sort: binary.TypeSort, Bound: binary.SubResource}}
}

func exported(name string, s binary.Sort, i uint32) *binary.Export {
	return &binary.Export{Name: name, Sort: s, Index: i}
}

func exportDecl(name string, s binary.Sort, i uint32) *binary.ExportDecl {
	return &binary.ExportDecl{Name: name, Desc: binary.ExternDesc{Sort: s, Index: i}}
}

func resourceDecl(name string) *binary.ExportDecl {
	return &binary.ExportDecl{Name: name, Desc: binary.ExternDesc{Sort: binary.TypeSort, Bound: binary.SubResource}}
}

func nested(defs ...binary.Def) *binary.Nested { return &binary.Nested{Component: component(defs...)} }

func instantiate(c uint32, args ...binary.Arg) *binary.Instance {
	return &binary.Instance{Instantiate: true, Component: c, Args: args}
}

func aliasExport(s binary.Sort, instance uint32, name string) *binary.Alias {
	return &binary.Alias{Sort: s, Target: binary.AliasExport, Instance: instance, Name: name}
}

func aliasOuter(s binary.Sort, count, i uint32) *binary.Alias {
	return &binary.Alias{Sort: s, Target: binary.AliasOuter, Count: count, Index: i}
}

// Each rule, broken once, is reported with its item.
func TestErrors(t *testing.T) {
	unit := funcType(nil)
	tests := []struct {
		name string
		c    *binary.Component
		rule validate.Rule
		text string
	}{
		{"index", component(list(index(3))), validate.RuleIndex, "type 0: unknown type 3"},
		{"sort", component(unit, list(index(0))), validate.RuleSort, "type 1: type 0 is a function type"},
		{"empty record", component(record()), validate.RuleType, "type 0: record must have at least one field"},
		{"label", component(record(field("A_b", prim(binary.U8)))), validate.RuleName, `field name "A_b"`},
		{"label twice", component(record(field("a", prim(binary.U8)), field("A", prim(binary.U8)))), validate.RuleUnique, `"A" conflicts with "a"`},
		{"borrow in a result", component(resourceType(), borrow(0), list(index(1)), funcType(ptr(index(2)))), validate.RuleType, "type 3: the result of a function cannot contain a borrow"},
		{"resource in a type", component(instanceType(resourceType())), validate.RuleResource, "type 0, type 0: a resource type can be defined in a component only"},
		{"import name", component(unit, imported("Foo", binary.Func, 0)), validate.RuleName, `import "Foo"`},
		{"import twice", component(unit, imported("a", binary.Func, 0), imported("A", binary.Func, 0)), validate.RuleUnique, `"A" conflicts with "a"`},
		{"export of a URL", component(unit, imported("a", binary.Func, 0), exported("url=<a>", binary.Func, 0)), validate.RuleName, "only an import can"},
		{"missing export", component(instanceType(), imported("i", binary.InstanceSort, 0), aliasExport(binary.Func, 0, "f")), validate.RuleAlias, `instance 0 has no export "f"`},
		{"alias of another sort", component(instanceType(unit, exportDecl("f", binary.Func, 0)), imported("i", binary.InstanceSort, 0), aliasExport(binary.TypeSort, 0, "f")), validate.RuleSort, `export "f" of instance 0 is a function, not a type`},
		{"outer count", component(nested(aliasOuter(binary.TypeSort, 2, 0))), validate.RuleAlias, "component 0, alias of a type: invalid outer alias count of 2"},
		{"outer resource", component(resourceType(), nested(aliasOuter(binary.TypeSort, 1, 0))), validate.RuleResource, "not defined in the current component"},
		{"function alias in a type", component(componentType(instanceType(unit, exportDecl("f", binary.Func, 0)), imported("i", binary.InstanceSort, 0), aliasExport(binary.Func, 0, "f"))), validate.RuleAlias, "only refer to types or instances"},
		{"unnamed type", component(record(field("a", prim(binary.U8))), list(index(0)), exported("t", binary.TypeSort, 1)), validate.RuleVisibility, `export "t": the type uses a type`},
		{"unexported resource", component(resourceType(), own(0), funcType(ptr(index(1))), imported("f", binary.Func, 2)), validate.RuleVisibility, `import "f"`},
		{"missing argument", component(unit, nested(unit, imported("f", binary.Func, 0)), instantiate(0)), validate.RuleSubtype, `instance 0: component arguments do not fit: missing import "f"`},
		{"argument of another type", component(funcType(nil, field("p", prim(binary.U8))), imported("f", binary.Func, 0), nested(funcType(nil, field("p", prim(binary.S8))), imported("f", binary.Func, 0)),
			instantiate(0, binary.Arg{Name: "f", Sort: binary.Func, Index: 0})), validate.RuleSubtype, `"p" of function type: expected s8, found u8`},
		{"argument twice", component(nested(), instantiate(0, binary.Arg{Name: "c", Sort: binary.ComponentSort}, binary.Arg{Name: "c", Sort: binary.ComponentSort})), validate.RuleUnique, `"c" is given twice`},
		{"resource.rep of an import", component(newResource("r"), &binary.Canon{Kind: binary.ResourceRep}), validate.RuleResource, "not a local resource"},
		{"lower without memory", component(funcType(nil, field("s", prim(binary.String))), imported("f", binary.Func, 0), &binary.Canon{Kind: binary.CanonLower}), validate.RuleCanon, "memory is required"},
		{"post-return of a lower", component(unit, imported("f", binary.Func, 0), &binary.Canon{Kind: binary.CanonLower, Options: binary.Options{PostReturn: ptr(uint32(0))}}), validate.RuleCanon, "canon lift only"},
		{"constructor", component(newResource("r"), unit, imported("[constructor]r", binary.Func, 1)), validate.RuleName, "must return own<r>"},
		{"method of another resource", component(newResource("r"), newResource("q"), borrow(1), funcType(nil, field("self", index(2))), imported("[method]r.m", binary.Func, 3)), validate.RuleName, `is called "q" here`},
		{"value used twice", component(nested(&binary.Import{Name: "v", Desc: binary.ExternDesc{Sort: binary.Value, Value: prim(binary.U8)}}, exported("a", binary.Value, 0), exported("b", binary.Value, 0))), validate.RuleValue, "used more than once"},
		{"value unused", component(nested(&binary.Import{Name: "v", Desc: binary.ExternDesc{Sort: binary.Value, Value: prim(binary.U8)}})), validate.RuleValue, "never used"},
		{"deep type", component(deepList(101)...), validate.RuleLimit, "nests deeper than 100"},
		{"large type", component(doubled(21)...), validate.RuleLimit, "more than 1000000 types"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := validate.Component(test.c, validate.Options{})
			var e *validate.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v, want an *Error", err)
			}
			if e.Rule != test.rule || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%v; want rule %q and %q", err, test.rule, test.text)
			}
		})
	}
}

// deepList is a list of a list of … n times.
func deepList(n int) []binary.Def {
	defs := []binary.Def{list(prim(binary.U8))}
	for i := range n - 1 {
		defs = append(defs, list(index(uint32(i))))
	}
	return defs
}

// doubled is a tuple of two tuples of two … n times.
func doubled(n int) []binary.Def {
	u8 := prim(binary.U8)
	defs := []binary.Def{&binary.Type{Kind: binary.TypeTuple, Fields: []binary.Field{{Type: &u8}, {Type: &u8}}}}
	for i := range n - 1 {
		t := index(uint32(i))
		defs = append(defs, &binary.Type{Kind: binary.TypeTuple, Fields: []binary.Field{{Type: &t}, {Type: &t}}})
	}
	return defs
}

// An error of a core module is given as it is.
func TestModuleError(t *testing.T) {
	want := errors.New("a bad module")
	c := component(&binary.CoreModule{})
	err := validate.Component(c, validate.Options{Module: func(*binary.CoreModule) (*core.Module, error) { return nil, want }})
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestOffset(t *testing.T) {
	inner := list(index(7))
	inner.At = 42
	outer := nested(inner)
	outer.At = 10
	err := validate.Component(component(outer), validate.Options{})
	var e *validate.Error
	if !errors.As(err, &e) || e.Offset != 42 || e.Item != "component 0, type 0" {
		t.Errorf("%#v, want offset 42 of component 0, type 0", err)
	}
}

// Hostile components are judged within a second, on an idle machine, and
// 256 MiB.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	// library exports n types, of which every second mentions a resource.
	library := func(n int) *binary.Nested {
		defs := []binary.Def{resourceType(), exported("r", binary.TypeSort, 0)}
		for i := range n {
			at := uint32(2 + 3*i)
			defs = append(defs, own(1), list(index(at)), exported(fmt.Sprintf("t%d", i), binary.TypeSort, at+1))
		}
		return nested(defs...)
	}
	repeat := func(n int, def func(i int) binary.Def, before ...binary.Def) *binary.Component {
		for i := range n {
			before = append(before, def(i))
		}
		return component(before...)
	}
	resources := func(n int) *binary.Type {
		var decls []binary.Def
		for i := range n {
			decls = append(decls, resourceDecl(fmt.Sprintf("r%d", i)))
		}
		return instanceType(decls...)
	}
	tests := map[string]*binary.Component{
		"a large component, instantiated often": repeat(2_000, func(int) binary.Def { return instantiate(0) }, library(2_000)),
		"a large instance type, imported often": repeat(2_000, func(i int) binary.Def {
			return imported(fmt.Sprintf("i%d", i), binary.InstanceSort, 0)
		}, resources(5_000)),
		"a large instance, exported often": repeat(5_000, func(i int) binary.Def {
			return exported(fmt.Sprintf("i%d", i), binary.InstanceSort, 0)
		}, library(5_000), instantiate(0)),
		"a large type, aliased often": repeat(100_000, func(i int) binary.Def {
			return nested(aliasOuter(binary.TypeSort, 1, 0))
		}, resources(50_000)),
		"many types": repeat(200_000, func(int) binary.Def { return list(prim(binary.String)) }),
		"many records": repeat(100_000, func(int) binary.Def {
			return record(field("a", prim(binary.U8)), field("b", prim(binary.String)))
		}),
		"many imports":          repeat(100_000, func(i int) binary.Def { return imported(fmt.Sprintf("f%d", i), binary.Func, 0) }, funcType(nil)),
		"many empty components": repeat(100_000, func(int) binary.Def { return nested() }),
		"many methods": repeat(100_000, func(i int) binary.Def {
			return imported(fmt.Sprintf("[method]r.m%d", i), binary.Func, 2)
		}, newResource("r"), borrow(0), funcType(nil, field("self", index(1)))),
		"wide functions, lowered often": repeat(50_000, func(int) binary.Def {
			return &binary.Canon{Kind: binary.ResourceDrop}
		}, resourceType()),
		"deep instances": component(deepInstances(98)...),
		"two large types, compared often": repeat(5_000, func(int) binary.Def {
			return instantiate(0, binary.Arg{Name: "t", Sort: binary.TypeSort, Index: 17})
		}, append([]binary.Def{nested(append(doubled(18), imported("t", binary.TypeSort, 17))...)}, doubled(18)...)...),
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			err := validate.Component(c, validate.Options{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%v, %d MiB allocated: %.120v", took.Round(time.Millisecond), allocated, err)
			var e *validate.Error
			if err != nil && (!errors.As(err, &e) || e.Rule != validate.RuleLimit) {
				t.Errorf("%v, want nil or a limit", err)
			}
			if took > 5*time.Second || allocated > 256 {
				t.Errorf("it took %v and allocated %d MiB", took, allocated)
			}
		})
	}
}

// deepInstances are instance types of which each exports the one before.
func deepInstances(n int) []binary.Def {
	defs := []binary.Def{instanceType(resourceDecl("r"))}
	for i := range n - 1 {
		defs = append(defs, instanceType(aliasOuter(binary.TypeSort, 1, uint32(i)), exportDecl("i", binary.InstanceSort, 0)))
	}
	return append(defs, imported("i", binary.InstanceSort, uint32(n-1)))
}

func FuzzComponent(f *testing.F) {
	for _, c := range commands(f) {
		f.Add(c.wasm)
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		c, err := binary.Decode(wasm, binary.Limits{})
		if err != nil {
			return
		}
		first := validate.Component(c, validate.Options{})
		var invalid *validate.Error
		var malformed *binary.Error
		var unsupported *binary.UnsupportedError
		if first != nil && !errors.As(first, &invalid) && !errors.As(first, &malformed) && !errors.As(first, &unsupported) {
			t.Errorf("error of type %T: %v", first, first)
		}
		if invalid != nil && (invalid.Offset < 0 || invalid.Offset > int64(len(wasm)) || invalid.Item == "" || invalid.Reason == "") {
			t.Errorf("%#v", invalid)
		}
		// The verdict does not depend on the order of maps.
		if second := validate.Component(c, validate.Options{}); (first == nil) != (second == nil) {
			t.Errorf("validated twice: %v, then %v", first, second)
		}
	})
}
