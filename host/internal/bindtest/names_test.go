package bindtest

import (
	"context"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/foreign"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/names"
	awkwardtype "github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/type"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/shared/v1/things"
)

const namesFace = "corpus:awkward/names@0.3.1"

// speller implements names.Host: that it does is half of the test, since it
// uses each name as it is to be spelled in Go.
type speller struct{}

func (speller) Keywords(_ context.Context, a, b, c, d, e, f, g, h uint8) (uint32, error) {
	return uint32(a) + 10*uint32(b) + 100*uint32(c) + 1000*uint32(d) + 10000*uint32(e) + 100000*uint32(f) + 1000000*uint32(g) + 10000000*uint32(h), nil
}

func (speller) Locals(_ context.Context, ctx, f uint8, stack []string, a, ret, r, err, fail, ok uint8, m string, p, n uint8, v component.Option[string]) (string, error) {
	if sum := ctx + f + a + ret + r + err + fail + ok + p + n; sum != 55 {
		return "", component.Fail(sum)
	}
	return strings.Join(append(stack, m, v.Value), " "), nil
}

func (speller) Packages(_ context.Context, context component.Option[float32], component rune, binary uint16, math float64, errors, state, adapters uint8) (uint32, error) {
	return uint32(context.Value) + uint32(component) + uint32(binary) + uint32(math) + uint32(errors+state+adapters), nil
}

func (speller) HTTPGetURL(_ context.Context, ttlMs uint32, url string) (uint32, error) {
	return ttlMs + uint32(len(url)), nil
}

func (speller) Func(_ context.Context, func_ uint8) (uint8, error) { return func_ + 1, nil }

func (speller) Import(context.Context) (uint8, error) { return 7, nil }

func (speller) EchoAlike(_ context.Context, v names.Alike) (names.Alike, error) {
	return names.Alike{ABC: v.ABC, ABC_: v.ABC_, Type: v.Type, Record: v.Record}, nil
}

func (speller) EchoTagged(_ context.Context, v names.Tagged) (names.Tagged, error) {
	switch v.Tag {
	case names.TaggedTagTag:
		return names.Tagged{Tag: names.TaggedTagTag, Tag_: v.Tag_}, nil
	case names.TaggedTagTagTag:
		return names.Tagged{Tag: names.TaggedTagTagTag, TagTag: v.TagTag}, nil
	case names.TaggedTagNone:
		return names.Tagged{Tag: names.TaggedTagNone}, nil
	}
	return names.Tagged{Tag: names.TaggedTagSome, Some: v.Some}, nil
}

func (speller) EchoHost(_ context.Context, v names.Host_) (names.Host_, error) { return v, nil }

func (speller) EchoRegister(_ context.Context, v names.Register_) (names.Register_, error) {
	return names.Register_{Host: v.Host}, nil
}

func (speller) NewThing(context.Context) (names.Thing, error) { return &thing{1, 0}, nil }

func (speller) NewThing_(context.Context) (names.Thing, error) { return &thing{2, 0}, nil }

func (speller) ThingResourceType(context.Context) (names.ThingResource, error) { return 0, nil }

// thing is a names.Thing; WIT's drop and abandon are not the runtime's.
type thing struct{ id, drops uint8 }

func (t *thing) Drop_(context.Context) (uint8, error) { return 10 + t.id, nil }

func (t *thing) Abandon_(context.Context) (uint8, error) { return 20 + t.id, nil }

func (t *thing) Drop(context.Context) { t.drops++ }

func TestNames(t *testing.T) {
	l := component.NewLinker()
	if err := names.Register(l, speller{}); err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, l, abi.UTF8, component.Limits{})
	u8 := func(ns ...uint8) []abi.Value {
		vs := make([]abi.Value, len(ns))
		for i, n := range ns {
			vs[i] = abi.U8(n)
		}
		return vs
	}
	record := func(fields ...abi.Field) abi.Value { return abi.Record(fields...) }
	alike := record(abi.Field{Name: "a-b-c", Value: abi.U8(1)}, abi.Field{Name: "ABC", Value: abi.U16(2)},
		abi.Field{Name: "type", Value: abi.U32(3)}, abi.Field{Name: "record", Value: abi.U64(4)})
	for _, c := range []struct {
		name string
		args []abi.Value
		want abi.Value
	}{
		{"keywords", u8(1, 2, 3, 4, 5, 6, 7, 8), abi.U32(87654321)},
		{"locals", []abi.Value{abi.U8(1), abi.U8(2), abi.List(abi.String("a"), abi.String("b")), abi.U8(3), abi.U8(4), abi.U8(5), abi.U8(6), abi.U8(7), abi.U8(8), abi.String("c"), abi.U8(9), abi.U8(10), abi.Some(abi.String("d"))}, abi.OkValue(abi.String("a b c d"))},
		{"locals", []abi.Value{abi.U8(1), abi.U8(2), abi.List(), abi.U8(3), abi.U8(4), abi.U8(5), abi.U8(6), abi.U8(7), abi.U8(8), abi.String(""), abi.U8(9), abi.U8(0), abi.None()}, abi.ErrValue(abi.U8(45))},
		{"packages", append([]abi.Value{abi.Some(abi.F32(1)), abi.Char(2), abi.U16(3), abi.F64(4)}, u8(5, 6, 7)...), abi.U32(28)},
		{"HTTP-get-URL", []abi.Value{abi.U32(10), abi.String("url")}, abi.U32(13)},
		{"func", u8(1), abi.U8(2)},
		{"import", nil, abi.U8(7)},
		{"echo-alike", []abi.Value{alike}, alike},
		{"echo-tagged", []abi.Value{abi.Variant("tag", abi.U8(1))}, abi.Variant("tag", abi.U8(1))},
		{"echo-tagged", []abi.Value{abi.Variant("tag-tag", abi.U16(1))}, abi.Variant("tag-tag", abi.U16(1))},
		{"echo-tagged", []abi.Value{abi.Variant("none", abi.Value{})}, abi.Variant("none", abi.Value{})},
		{"echo-tagged", []abi.Value{abi.Variant("some", alike)}, abi.Variant("some", alike)},
		{"echo-host", []abi.Value{abi.Enum("string")}, abi.Enum("string")},
		{"echo-register", []abi.Value{record(abi.Field{Name: "host", Value: abi.Enum("register-each")})}, record(abi.Field{Name: "host", Value: abi.Enum("register-each")})},
	} {
		got, trap := g.call(namesFace, c.name, c.args...)
		if trap != nil {
			t.Errorf("%s: %v", c.name, trap)
			continue
		}
		if !got.Equal(c.want) {
			t.Errorf("%s%v gives %v, want %v", c.name, c.args, got, c.want)
		}
	}
	free, constructed := g.mustInvoke(namesFace, "new-thing"), g.mustInvoke(namesFace, "[constructor]thing")
	if a, b := g.mustInvoke(namesFace, "[method]thing.drop", free), g.mustInvoke(namesFace, "[method]thing.abandon", constructed); a != 11 || b != 22 {
		t.Errorf("the methods drop and abandon give %d and %d, want 11 and 22", a, b)
	}
	object := g.frame.Borrow(names.ThingResource_, uint32(free)).(*thing)
	g.frame.Drop(context.Background(), names.ThingResource_, uint32(free))
	if object.drops != 1 {
		t.Errorf("the thing heard of its drop %d times", object.drops)
	}
}

func TestStrings(t *testing.T) {
	for got, want := range map[string]string{
		names.Host_RegisterEach.String():             "register-each",
		names.Host_(9).String():                      "host(9)",
		names.TaggedTagTagTag.String():               "tag-tag",
		streams.StreamErrorTagClosed.String():        "closed",
		streams.StreamErrorTag(2).String():           "stream-error(2)",
		awkwardtype.AnyTagError.String():             "error",
		component.Fail(names.Host_String).Error():    "string",
		component.Fail(component.Unit{}).Error():     "{}",
		foreign.EventTagReadable.String():            "readable",
		things.LevelHigh.String() + "/" + lowLevel(): "high/low",
	} {
		if got != want {
			t.Errorf("%q is spelled %q", want, got)
		}
	}
}

func lowLevel() string { return foreign.Level(things.LevelLow).String() }

// relay implements foreign.Host.
type relay struct{ foreign.Host }

func (relay) Wait(_ context.Context, on []foreign.Pollable, also component.Option[foreign.Other]) ([]foreign.Event, error) {
	events := []foreign.Event{{Tag: foreign.EventTagFailed, Failed: streams.StreamError{Tag: streams.StreamErrorTagClosed}}}
	for _, p := range on {
		events = append(events, foreign.Event{Tag: foreign.EventTagReady, Ready: p})
	}
	if also.Some {
		events = append(events, foreign.Event{Tag: foreign.EventTagThing, Thing: also.Value})
	}
	return events, nil
}

// ready is a poll.Pollable.
type ready struct{ poll.Pollable }

// other is a things.Thing.
type other struct{}

func (other) Level(context.Context) (things.Level, error) { return things.LevelHigh, nil }

// Types of other packages are those packages' own: resources keep their
// identity, whatever version they are asked for by.
func TestForeign(t *testing.T) {
	l := component.NewLinker()
	if err := foreign.Register(l, relay{}); err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, l, abi.UTF8, component.Limits{})
	p := uint64(g.in.NewOwn(poll.PollableResource, &ready{}))
	o := uint64(g.in.NewOwn(things.ThingResource, other{}))
	ret := uint64(g.alloc(8, 4))
	g.mustInvoke("corpus:awkward/foreign@0.3.1", "wait", g.words(p), 1, 1, o, ret)
	b := g.arena.Bytes
	at := func(ptr uint64) uint64 {
		return uint64(b[ptr]) | uint64(b[ptr+1])<<8 | uint64(b[ptr+2])<<16 | uint64(b[ptr+3])<<24
	}
	list, n := at(ret), at(ret+4)
	if n != 3 || b[list] != 1 || b[list+4] != 1 || b[list+12] != 2 || b[list+24] != 3 {
		t.Fatalf("%d events %x, want failed(closed), ready, thing", n, b[list:][:12*n])
	}
	if g.frame.Borrow(poll.PollableResource, uint32(at(list+16))) != g.frame.Borrow(poll.PollableResource, uint32(p)) {
		t.Error("the pollable became another")
	}
	if g.frame.Borrow(things.ThingResource, uint32(at(list+28))) != any(other{}) {
		t.Error("the thing became another")
	}
	var names []string
	for _, d := range l.Lookup("corpus:awkward/foreign@0.3.1").Types {
		names = append(names, d.Name+" "+d.Text)
	}
	want := "pollable resource wasi:io/poll@0.2.12#pollable"
	if text := strings.Join(names, "\n"); !strings.Contains(text, want) {
		t.Errorf("types:\n%s\nwant %s among them", text, want)
	}
}
