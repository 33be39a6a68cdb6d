package bindtest

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/handles"
)

const handlesFace = "corpus:awkward/handles@0.3.1"

// item is a handles.Item that counts what becomes of it.
type item struct {
	name               string
	dropped, abandoned int
	absorbed           []handles.Item
}

func (i *item) Name(context.Context) (string, error) { return i.name, nil }

func (i *item) Same(_ context.Context, other handles.Item) (bool, error) { return other == i, nil }

func (i *item) Absorb(_ context.Context, other handles.Item) error {
	i.absorbed = append(i.absorbed, other)
	return nil
}

func (i *item) Drop(context.Context) { i.dropped++ }

func (i *item) Abandon() { i.abandoned++ }

// failure is a handles.Failure.
type failure string

func (f failure) Why(context.Context) (string, error) { return string(f), nil }

// keeper implements handles.Host.
type keeper struct{ nothing bool }

func (k keeper) NewItem(_ context.Context, name string) (handles.Item, error) {
	if k.nothing {
		return nil, nil
	}
	return &item{name: strings.Clone(name)}, nil
}

func (keeper) ItemJoin(_ context.Context, a, b handles.Item) (handles.Item, error) {
	return &item{name: a.(*item).name + b.(*item).name}, nil
}

func (keeper) ItemFind(_ context.Context, name string) (component.Option[handles.Item], error) {
	switch name {
	case "":
		return component.Option[handles.Item]{}, nil
	case "broken":
		return component.Option[handles.Item]{}, component.Fail[handles.Failure](failure("it is broken"))
	}
	return component.Some[handles.Item](&item{name: strings.Clone(name)}), nil
}

func (keeper) Pass(_ context.Context, v handles.Item) (handles.Item, error) { return v, nil }

func (keeper) PassOption(_ context.Context, v component.Option[handles.Item]) (component.Option[handles.Item], error) {
	return v, nil
}

func (keeper) PassList(_ context.Context, v []handles.Item) ([]handles.Item, error) {
	return append([]handles.Item(nil), v...), nil
}

func (keeper) PassPick(_ context.Context, v handles.Pick) (handles.Pick, error) {
	return clonePick(v), nil
}

func clonePick(v handles.Pick) handles.Pick {
	v.Several = append([]handles.Item(nil), v.Several...)
	v.Named.F0 = strings.Clone(v.Named.F0)
	return v
}

func (keeper) PassRecord(_ context.Context, v component.Tuple3[string, handles.Item, []component.Tuple2[string, handles.Item]]) (component.Tuple3[string, handles.Item, []component.Tuple2[string, handles.Item]], error) {
	v.F0 = strings.Clone(v.F0)
	for i := range v.F2 {
		v.F2[i].F0 = strings.Clone(v.F2[i].F0)
	}
	return v, nil
}

func (keeper) PassResult(_ context.Context, v component.Result[handles.Item, handles.Failure]) (handles.Item, error) {
	if v.IsErr {
		return nil, component.Fail(v.Err)
	}
	return v.Ok, nil
}

func (keeper) Names(_ context.Context, v []handles.Item) ([]string, error) {
	var names []string
	for _, i := range v {
		names = append(names, i.(*item).name)
	}
	return names, nil
}

func (keeper) Pairs(_ context.Context, v []component.Tuple2[handles.Item, string]) (uint32, error) {
	n := uint32(0)
	for _, p := range v {
		if p.F0.(*item).name == p.F1 {
			n++
		}
	}
	return n, nil
}

func (keeper) Maybe(_ context.Context, v component.Option[handles.Item]) (bool, error) {
	return v.Some && v.Value.(*item).name != "", nil
}

func (keeper) BorrowThenOwn(_ context.Context, a, b handles.Item) (bool, error) { return a == b, nil }

func (keeper) OwnThenBorrow(_ context.Context, a, b handles.Item) (bool, error) { return a == b, nil }

func (keeper) BorrowsThenOwns(_ context.Context, a, b []handles.Item) (uint32, error) {
	return uint32(len(a)<<8 | len(b)), nil
}

func (keeper) OwnThenChar(context.Context, handles.Item, rune) error { return nil }

func handlesGuest(t testing.TB, limits component.Limits) *guest {
	l := component.NewLinker()
	if err := handles.Register(l, keeper{}); err != nil {
		t.Fatal(err)
	}
	return newGuest(t, l, abi.UTF8, limits)
}

// own gives the guest an item.
func (g *guest) own(name string) (*item, uint64) {
	i := &item{name: name}
	return i, uint64(g.in.NewOwn(handles.ItemResource, i))
}

// words lays 32-bit words into the guest's memory.
func (g *guest) words(ws ...uint64) uint64 {
	ptr := g.alloc(uint32(4*len(ws)), 4)
	for i, w := range ws {
		for b := range 4 {
			g.arena.Bytes[int(ptr)+4*i+b] = byte(w >> (8 * b))
		}
	}
	return uint64(ptr)
}

// text lays a string into the guest's memory.
func (g *guest) text(s string) (ptr, n uint64) {
	p := g.alloc(uint32(len(s)), 1)
	copy(g.arena.Bytes[p:], s)
	return uint64(p), uint64(len(s))
}

// invoke calls a function on core values.
func (g *guest) invoke(face, name string, stack ...uint64) (result uint64, trap *abi.Trap) {
	fn := g.function(face, name)
	stack = append(stack, 0) // room for a result
	trap = abitest.Trap(func() { g.raw(fn, stack) })
	return stack[0], trap
}

func (g *guest) mustInvoke(face, name string, stack ...uint64) uint64 {
	g.t.Helper()
	r, trap := g.invoke(face, name, stack...)
	if trap != nil {
		g.t.Fatalf("%s: %v", name, trap)
	}
	return r
}

func (g *guest) wantTrap(want string, face, name string, stack ...uint64) {
	g.t.Helper()
	_, trap := g.invoke(face, name, stack...)
	if trap == nil || !strings.Contains(trap.Error(), want) {
		g.t.Errorf("%s%v: trap %v, want one for %q", name, stack, trap, want)
	}
}

func TestMethods(t *testing.T) {
	g := handlesGuest(t, component.Limits{})
	ptr, n := g.text("made")
	made := g.mustInvoke(handlesFace, "[constructor]item", ptr, n)
	if made != 1 {
		t.Errorf("the first handle is %d", made)
	}
	ret := uint64(g.alloc(8, 4))
	g.mustInvoke(handlesFace, "[method]item.name", made, ret)
	name := abi.LiftResult(&g.frame, g.types.function("func() -> string"), []uint64{ret})
	if !name.Equal(abi.String("made")) {
		t.Errorf("the item is called %v", name)
	}
	_, other := g.own("other")
	if got := g.mustInvoke(handlesFace, "[method]item.same", made, other); got != 0 {
		t.Errorf("two items are the same: %d", got)
	}
	if got := g.mustInvoke(handlesFace, "[method]item.same", made, made); got != 1 {
		t.Errorf("an item is not the same as itself: %d", got)
	}
	joined := g.mustInvoke(handlesFace, "[static]item.join", made, other)
	if got := g.frame.Borrow(handles.ItemResource, uint32(joined)).(*item).name; got != "madeother" {
		t.Errorf("the items joined are %q", got)
	}
	if n := g.in.Guest().Handles(); n != 1 {
		t.Errorf("%d handles, want the one of the joined item", n)
	}
}

// Own results of each shape of find's result<option<item>, failure>.
func TestOwnInResult(t *testing.T) {
	for name, want := range map[string][]byte{"": {0, 0}, "found": {0, 1}, "broken": {1}} {
		g := handlesGuest(t, component.Limits{})
		ptr, n := g.text(name)
		ret := uint64(g.alloc(12, 4))
		g.mustInvoke(handlesFace, "[static]item.find", ptr, n, ret)
		area := g.arena.Bytes[ret:][:12]
		got := []byte{area[0]}
		if area[0] == 0 {
			got = append(got, area[4])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("find(%q) gives discriminants (-want +got):\n%s", name, diff)
		}
		switch name {
		case "found":
			if i := g.frame.Borrow(handles.ItemResource, uint32(area[8])).(*item); i.name != "found" {
				t.Errorf("found %q", i.name)
			}
		case "broken":
			if f := g.frame.Borrow(handles.FailureResource, uint32(area[4])).(failure); f != "it is broken" {
				t.Errorf("failed with %q", f)
			}
		}
	}
}

// Own handles pass through values of every shape, and are the same objects
// after.
func TestOwnEverywhere(t *testing.T) {
	g := handlesGuest(t, component.Limits{})
	a, ha := g.own("a")
	b, hb := g.own("b")
	check := func(what string, h uint64, want *item) {
		t.Helper()
		if got := g.frame.Borrow(handles.ItemResource, uint32(h)); got != want {
			t.Errorf("%s: the item is %v", what, got)
		}
		if n := g.in.Guest().Handles(); n != 2 {
			t.Errorf("%s: %d handles, want 2", what, n)
		}
	}
	at := func(ptr uint64, offset int) uint64 {
		b := g.arena.Bytes[int(ptr)+offset:]
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
	}
	ha = g.mustInvoke(handlesFace, "pass", ha)
	check("pass", ha, a)

	ret := uint64(g.alloc(8, 4))
	g.mustInvoke(handlesFace, "pass-option", 1, ha, ret)
	ha = at(ret, 4)
	check("pass-option", ha, a)

	g.mustInvoke(handlesFace, "pass-list", g.words(ha, hb), 2, ret)
	ha, hb = at(at(ret, 0), 0), at(at(ret, 0), 4)
	check("pass-list", ha, a)
	check("pass-list", hb, b)

	area := uint64(g.alloc(16, 4))
	g.mustInvoke(handlesFace, "pass-pick", 1, ha, 0, 0, area)
	ha = at(area, 4)
	check("pass-pick one", ha, a)
	g.mustInvoke(handlesFace, "pass-pick", 2, g.words(ha, hb), 2, 0, area)
	ha, hb = at(at(area, 4), 0), at(at(area, 4), 4)
	check("pass-pick several", ha, a)
	check("pass-pick several", hb, b)
	ptr, n := g.text("name")
	g.mustInvoke(handlesFace, "pass-pick", 3, ptr, n, ha, area)
	ha = at(area, 12)
	check("pass-pick named", ha, a)

	record := uint64(g.alloc(20, 4))
	g.mustInvoke(handlesFace, "pass-record", ptr, n, ha, g.words(ptr, n, hb), 1, record)
	ha, hb = at(record, 8), at(at(record, 12), 8)
	check("pass-record", ha, a)
	check("pass-record", hb, b)

	res := uint64(g.alloc(8, 4))
	g.mustInvoke(handlesFace, "pass-result", 0, ha, res)
	ha = at(res, 4)
	check("pass-result", ha, a)

	if a.dropped+a.abandoned+b.dropped+b.abandoned != 0 {
		t.Errorf("items ended while they were passed: %+v %+v", a, b)
	}
	g.frame.Drop(context.Background(), handles.ItemResource, uint32(ha))
	if a.dropped != 1 {
		t.Errorf("the item heard of its drop %d times", a.dropped)
	}
	g.in.Guest().Close(context.Background())
	if b.abandoned != 1 || a.abandoned != 0 {
		t.Errorf("abandoned %d and %d times, want 1 for the one that was left", b.abandoned, a.abandoned)
	}
}

func TestBorrowsInValues(t *testing.T) {
	g := handlesGuest(t, component.Limits{})
	_, a := g.own("a")
	_, b := g.own("b")
	ret := uint64(g.alloc(8, 4))
	g.mustInvoke(handlesFace, "names", g.words(a, b, a), 3, ret)
	names := abi.LiftResult(&g.frame, g.types.function("func() -> list<string>"), []uint64{ret})
	if want := abi.List(abi.String("a"), abi.String("b"), abi.String("a")); !names.Equal(want) {
		t.Errorf("names gives %v, want %v", names, want)
	}
	ptr, n := g.text("a")
	if got := g.mustInvoke(handlesFace, "pairs", g.words(a, ptr, n, b, ptr, n), 2); got != 1 {
		t.Errorf("pairs gives %d, want 1", got)
	}
	if got := g.mustInvoke(handlesFace, "maybe", 1, a); got != 1 {
		t.Errorf("maybe of an item gives %d", got)
	}
	if got := g.mustInvoke(handlesFace, "maybe", 0, 99); got != 0 {
		t.Errorf("maybe of none gives %d", got)
	}
	if n := g.in.Guest().Handles(); n != 2 {
		t.Errorf("%d handles after borrows, want 2", n)
	}
}

// One handle cannot be passed borrowed and owned in one call, in either order.
func TestLending(t *testing.T) {
	g := handlesGuest(t, component.Limits{})
	_, a := g.own("a")
	_, b := g.own("b")
	if got := g.mustInvoke(handlesFace, "borrow-then-own", a, b); got != 0 {
		t.Errorf("two items are one: %d", got)
	}
	// a is no longer lent: it can be owned now.
	_, c := g.own("c")
	g.mustInvoke(handlesFace, "borrow-then-own", c, a)

	g.wantTrap("while it is lent", handlesFace, "borrow-then-own", c, c)
	g = handlesGuest(t, component.Limits{})
	_, a = g.own("a")
	g.wantTrap("unknown handle", handlesFace, "own-then-borrow", a, a)

	g = handlesGuest(t, component.Limits{})
	_, a = g.own("a")
	_, b = g.own("b")
	_, c = g.own("c")
	if got := g.mustInvoke(handlesFace, "borrows-then-owns", g.words(a, a), 2, g.words(b), 1); got != 0x201 {
		t.Errorf("borrows-then-owns gives %#x", got)
	}
	g.wantTrap("while it is lent", handlesFace, "borrows-then-owns", g.words(a, c), 2, g.words(c), 1)
	g.wantTrap("while it is lent", handlesFace, "[method]item.absorb", a, a)
}

// What was claimed from the guest before lifting trapped is abandoned with the
// guest, once.
func TestClaimedIsAbandoned(t *testing.T) {
	for name, args := range map[string]func(g *guest, h uint64) []uint64{
		"own-then-char": func(_ *guest, h uint64) []uint64 { return []uint64{h, 0xd800} },
		"pass-list":     func(g *guest, h uint64) []uint64 { return []uint64{g.words(h, 77), 2, 0} },
	} {
		g := handlesGuest(t, component.Limits{})
		passed, h := g.own("passed")
		g.mustInvoke(handlesFace, "own-then-char", h, 'x')
		taken, h := g.own("taken")
		if _, trap := g.invoke(handlesFace, name, args(g, h)...); trap == nil {
			t.Errorf("%s does not trap", name)
		}
		g.in.Guest().Close(context.Background())
		if taken.abandoned != 1 {
			t.Errorf("%s: what lifting took is abandoned %d times, want once", name, taken.abandoned)
		}
		if passed.abandoned != 0 {
			t.Errorf("%s: what the host function was given is abandoned", name)
		}
	}
}

// An object for which there is no handle, or no memory to put it to, does not
// get lost.
func TestUndeliveredIsAbandoned(t *testing.T) {
	g := handlesGuest(t, component.Limits{Handles: 1})
	i, h := g.own("full")
	g.wantTrap("Limits.Handles", handlesFace, "[constructor]item", 0, 0)
	ret := uint64(len(g.arena.Bytes))
	g.wantTrap("out of bounds", handlesFace, "pass-option", 1, h, ret)
	if n := g.in.Guest().Handles(); n != 1 {
		t.Errorf("%d handles: the item that could not be written has none", n)
	}
	g.in.Guest().Close(context.Background())
	if i.abandoned != 1 {
		t.Errorf("abandoned %d times, want once", i.abandoned)
	}
}

func TestHandleTraps(t *testing.T) {
	g := handlesGuest(t, component.Limits{})
	_, a := g.own("a")
	f := uint64(g.in.NewOwn(handles.FailureResource, failure("f")))
	for _, bad := range []uint64{0, 50, 0xffffffff} {
		g.wantTrap("unknown handle", handlesFace, "[method]item.name", bad, 0)
		g.wantTrap("unknown handle", handlesFace, "pass", bad)
	}
	g.wantTrap("is a "+handles.FailureResource.Name, handlesFace, "pass", f)
	g.wantTrap("is a "+handles.ItemResource.Name, handlesFace, "[method]failure.why", a, 0)
	var task abi.Task
	g.in.Enter(&task, nil)
	defer task.Leave()
	borrowed := uint64(g.in.NewBorrow(handles.ItemResource, 0, &item{}))
	g.wantTrap("own", handlesFace, "pass", borrowed)
}

// A host function that returns no object where WIT promises one ends the guest
// with a message that says so.
func TestNoObject(t *testing.T) {
	l := component.NewLinker()
	if err := handles.Register(l, keeper{nothing: true}); err != nil {
		t.Fatal(err)
	}
	newGuest(t, l, abi.UTF8, component.Limits{}).wantTrap("returned no "+handles.ItemResource.Name, handlesFace, "[constructor]item", 0, 0)
}
