package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.bytecodealliance.org/wit"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

func parse(t *testing.T, text string) *wit.Resolve {
	t.Helper()
	r, err := wit.DecodeWIT(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Sizes and alignments agree with those of the package that parses WIT, which
// computes them on its own.
func TestLayoutAgreesWithPackageWIT(t *testing.T) {
	for dir, world := range map[string]string{hostWIT: "wasikv:host/imports", corpusWIT: "everything"} {
		ours := map[string]*model.Type{}
		for _, i := range load(t, dir, world) {
			for _, d := range i.Defs {
				if !d.Resource() {
					ours[i.ID()+" "+d.Name] = d.Type
				}
			}
		}
		compared := 0
		for _, td := range resolve(t, dir).TypeDefs {
			owner, ok := td.Owner.(*wit.Interface)
			if td.Name == nil || !ok || owner.Name == nil {
				continue
			}
			id := owner.Package.Name
			id.Extension = *owner.Name
			typ := ours[id.String()+" "+*td.Name]
			if typ == nil {
				continue
			}
			compared++
			if uint32(td.Size()) != typ.Size || uint32(td.Align()) != typ.Align || wit.HasPointer(td) != typ.Dynamic {
				t.Errorf("%s of %s: size %d align %d dynamic %v, want %d %d %v", *td.Name, id.String(),
					typ.Size, typ.Align, typ.Dynamic, td.Size(), td.Align(), wit.HasPointer(td))
			}
		}
		if compared < 15 {
			t.Errorf("%s: only %d types compared", dir, compared)
		}
	}
}

func TestOffsets(t *testing.T) {
	r := parse(t, `package a:b;
interface i {
  record r { a: u8, b: u64, c: u8, d: u16, e: string, f: bool }
  variant v { a(u8), b(tuple<u8, u32>) }
  f: func(a: r, b: v);
}`)
	faces, err := model.Load(r, model.Selection{Interfaces: []string{"i"}})
	if err != nil {
		t.Fatal(err)
	}
	var offsets []uint32
	for _, f := range faces[0].Def("r").Type.Fields {
		offsets = append(offsets, f.Offset)
	}
	if diff := cmp.Diff([]uint32{0, 8, 16, 18, 20, 28}, offsets); diff != "" {
		t.Errorf("offsets of a record (-want +got):\n%s", diff)
	}
	if v := faces[0].Def("v").Type; v.DiscSize != 1 || v.PayloadOffset != 4 || v.Size != 12 {
		t.Errorf("the variant has a discriminant of %d, a payload at %d and size %d", v.DiscSize, v.PayloadOffset, v.Size)
	}
	fn := faces[0].Funcs[0]
	if fn.SpillParams || fn.Tuple.FlatCount != 10 || fn.Params[1].Offset != 32 {
		t.Errorf("the function spills: %v, has %d core values, and its second parameter at %d", fn.SpillParams, fn.Tuple.FlatCount, fn.Params[1].Offset)
	}
}

// What has a world or interface, and what is in the way of bindings, is said.
func TestLoadErrors(t *testing.T) {
	manyFlags := "flags f { "
	for i := range 33 {
		manyFlags += "a" + strings.Repeat("b", i) + ", "
	}
	for _, c := range []struct {
		name, text string
		selection  model.Selection
		want       string
		beyond     bool
	}{
		{name: "nothing selected", text: `interface i {}`, want: "name a world or an interface"},
		{name: "no such world", text: `world w { import i; } interface i {}`, selection: model.Selection{Worlds: []string{"x"}}, want: "no world x; there are a:b/w@1.0.0"},
		{name: "no such interface", text: `interface i {}`, selection: model.Selection{Interfaces: []string{"x"}}, want: "no interface x; there are a:b/i@1.0.0"},
		{name: "empty world", text: `world w {}`, selection: model.Selection{Worlds: []string{"w"}}, want: "world w imports nothing"},
		{name: "bare function", text: `world w { import f: func(); }`, selection: model.Selection{Worlds: []string{"w"}}, want: "imports the function f directly"},
		{name: "33 flags", text: `interface i { ` + manyFlags + `} }`, selection: model.Selection{Interfaces: []string{"i"}}, want: "type f: flags with 33 labels: the component model allows 32"},
		{name: "future", text: `interface i { f: func() -> future<u8>; }`, selection: model.Selection{Interfaces: []string{"i"}}, want: "a:b/i@1.0.0: f: result: beyond", beyond: true},
		{name: "stream", text: `interface i { f: func(s: stream<u8>); }`, selection: model.Selection{Interfaces: []string{"i"}}, want: "f: parameter s: beyond", beyond: true},
		{name: "error-context", text: `interface i { f: func(s: error-context); }`, selection: model.Selection{Interfaces: []string{"i"}}, want: "f: parameter s: beyond", beyond: true},
		{name: "borrow in a result", text: `interface i { resource r; f: func() -> option<borrow<r>>; }`, selection: model.Selection{Interfaces: []string{"i"}}, want: "borrow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := wit.DecodeWIT(strings.NewReader("package a:b@1.0.0;\n" + c.text))
			if err == nil {
				_, err = model.Load(r, c.selection)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if got := errors.Is(err, model.ErrUnsupported); got != c.beyond {
				t.Errorf("error %v: ErrUnsupported is %v, want %v", err, got, c.beyond)
			}
		})
	}
}

// Unstable items come with their feature only; stable ones always.
func TestStability(t *testing.T) {
	r := parse(t, `package a:b@1.0.0;
world w { import i; @unstable(feature = x) import j; }
interface i {
  @since(version = 0.9.0) f: func();
  @unstable(feature = x) g: func(v: t) -> t;
  @unstable(feature = y) h: func();
  @unstable(feature = x) type t = u8;
}
@unstable(feature = x) interface j { k: func(); }`)
	for feature, want := range map[string]string{"": "f", "x": "f g k", "y": "f h"} {
		faces, err := model.Load(r, model.Selection{Worlds: []string{"w"}, Features: []string{feature}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range faces {
			for _, f := range i.Funcs {
				got = append(got, f.Name)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("with feature %q: functions %s, want %s", feature, g, want)
		}
	}
}

// Compatible versions of one interface are one, the newest; incompatible ones
// are several.
func TestTracks(t *testing.T) {
	r := parse(t, `package a:user;
interface u {
  use dep:d/i@1.0.0.{r};
  use dep:d/i@1.2.0.{r as s};
  use dep:d/i@2.0.0.{r as o};
  f: func(a: r, b: s, c: o);
}
package dep:d@1.0.0 { interface i { resource r; } }
package dep:d@1.2.0 { interface i { resource r; g: func(); } }
package dep:d@2.0.0 { interface i { resource r; } }`)
	faces, err := model.Load(r, model.Selection{Interfaces: []string{"u"}})
	if err != nil {
		t.Fatal(err)
	}
	var ids, resources []string
	for _, i := range faces {
		ids = append(ids, i.ID())
	}
	if diff := cmp.Diff([]string{"dep:d/i@1.2.0", "dep:d/i@2.0.0", "a:user/u"}, ids); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
	for _, p := range faces[2].Funcs[0].Params {
		resources = append(resources, p.Type.Resource.ID())
	}
	if diff := cmp.Diff([]string{"dep:d/i@1.2.0#r", "dep:d/i@1.2.0#r", "dep:d/i@2.0.0#r"}, resources); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	for version, want := range map[string]string{
		"": "", "1.2.3": "1", "0.2.12": "0.2", "0.0.4": "0.0.4", "0.2.0-draft": "0.2.0-draft", "1.0.0-rc.1": "1.0.0-rc.1",
	} {
		if got := model.Track(version); got != want {
			t.Errorf("version %s is of track %q, want %q", version, got, want)
		}
	}
}
