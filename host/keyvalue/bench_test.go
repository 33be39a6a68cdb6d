package keyvalue_test

import (
	"testing"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/host/component"
)

// getOnce is what a guest does to get a value: eight calls.
func getOnce(tb testing.TB, g *guest, key string, want int) {
	f, err := g.kv.Get(g.ctx, key)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := f.ListenToFutureGetResult(g.ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.Block(g.ctx); err != nil {
		tb.Fatal(err)
	}
	component.DropObject(g.ctx, p)
	r, err := f.FutureGetResultGet(g.ctx)
	if err != nil || !r.Value.Ok.Some {
		tb.Fatal(r, err)
	}
	component.DropObject(g.ctx, f)
	v := r.Value.Ok.Value
	body, err := v.IncomingValueConsumeSync(g.ctx)
	if err != nil || len(body) != want {
		tb.Fatal(err)
	}
	component.DropObject(g.ctx, v)
}

// setOnce is what a guest does to set a value.
func setOnce(tb testing.TB, g *guest, key string, body []byte) {
	v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if err := v.OutgoingValueWriteBodySync(g.ctx, body); err != nil {
		tb.Fatal(err)
	}
	f, err := g.kv.Set(g.ctx, key, v, noTTL)
	if err != nil {
		tb.Fatal(err)
	}
	component.DropObject(g.ctx, v)
	p, err := f.ListenToFutureResult(g.ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.Block(g.ctx); err != nil {
		tb.Fatal(err)
	}
	component.DropObject(g.ctx, p)
	if r, err := f.FutureResultGet(g.ctx); err != nil || !r.Some || r.Value.IsErr {
		tb.Fatal(r, err)
	}
	component.DropObject(g.ctx, f)
}

// getOrSetOnce is a get-or-set that hits.
func getOrSetOnce(tb testing.TB, g *guest, key string) {
	f, err := g.kv.GetOrSet(g.ctx, key)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := f.FutureGetOrSetResultGet(g.ctx)
	if err != nil || !r.Some || r.Value.IsErr {
		tb.Fatal(r, err)
	}
	component.DropObject(g.ctx, f)
	component.DropObject(g.ctx, r.Value.Ok.Occupied)
}

func benchGuest(tb testing.TB) *guest {
	c := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	g := newGuest(tb, c, "tenant", component.Limits{})
	tb.Cleanup(func() {
		g.end()
		c.Close()
	})
	setOnce(tb, g, "the-key", make([]byte, 16))
	return g
}

func BenchmarkGet16(b *testing.B) {
	g := benchGuest(b)
	b.ReportAllocs()
	for b.Loop() {
		getOnce(b, g, "the-key", 16)
	}
}

func BenchmarkSet16(b *testing.B) {
	g := benchGuest(b)
	body := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		setOnce(b, g, "the-key", body)
	}
}

func BenchmarkGetOrSetHit16(b *testing.B) {
	g := benchGuest(b)
	b.ReportAllocs()
	for b.Loop() {
		getOrSetOnce(b, g, "the-key")
	}
}

// The path of a hit allocates nothing, and a set what the cache keeps.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	g := benchGuest(t)
	body := make([]byte, 16)
	for _, c := range []struct {
		name string
		most float64
		do   func()
	}{
		{"get", 0, func() { getOnce(t, g, "the-key", 16) }},
		{"get-or-set of a hit", 0, func() { getOrSetOnce(t, g, "the-key") }},
		{"set", 4, func() { setOnce(t, g, "the-key", body) }},
	} {
		if n := testing.AllocsPerRun(1000, c.do); n > c.most {
			t.Errorf("%s allocates %v times, want at most %v", c.name, n, c.most)
		}
	}
}
