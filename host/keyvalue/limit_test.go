package keyvalue_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
)

func goroutines() int { return runtime.NumGoroutine() }

func TestFuturesAreBounded(t *testing.T) {
	const limit = 10
	overLimited(t, backends.Config{}, component.Limits{Futures: limit}, func(t *testing.T, g *guest) {
		if g.store.Immediate() {
			// What is over at once is not under way.
			for i := range 3 * limit {
				g.set(fmt.Sprint("k", i), "v", noTTL)
			}
			return
		}
		var fs []started
		for i := range limit {
			fs = append(fs, kinds[i%len(kinds)].start(g, fmt.Sprint("k", i)))
		}
		if n := keyvalue.Running(g.inner, g.store); n > limit {
			t.Errorf("%d goroutines for %d operations", n, limit)
		}
		for _, k := range kinds {
			f := k.start(g, "more")
			g.wait(f.listen)
			if trace := f.trace(); !strings.Contains(trace, "10 operations") {
				t.Errorf("%s: %q", k.name, trace)
			}
			g.drop(f.future)
		}
		// Taking or dropping makes room again.
		for i, f := range fs {
			if i%2 == 0 {
				g.wait(f.listen)
				if trace := f.trace(); trace != "" {
					t.Error(trace)
				}
			}
			g.drop(f.future)
		}
		time.Sleep(2 * latency)
		for range limit {
			g.want("k2", "value of k2")
		}
	})
}

// A get-or-set that waits counts, over any store.
func TestWaitersAreBounded(t *testing.T) {
	overLimited(t, backends.Config{}, component.Limits{Futures: 2}, func(t *testing.T, g *guest) {
		holder := g.another()
		defer holder.end()
		v := holder.vacant("k")
		a, b := g.ask("k"), g.ask("k")
		g.pending(a)
		c := g.ask("k")
		g.wait(c.ListenToFutureGetOrSetResult)
		if _, trace := outcome(g, c.FutureGetOrSetResultGet); !strings.Contains(trace, "2 operations") {
			t.Errorf("trace %q", trace)
		}
		g.drop(a, c)
		c = g.ask("k")
		g.pending(c)
		holder.fill(v, "v", noTTL)
		g.wantOccupied(b, "v")
		g.wantOccupied(c, "v")
	})
}

func TestVacanciesAreBounded(t *testing.T) {
	overLimited(t, backends.Config{}, component.Limits{Vacancies: 3}, func(t *testing.T, g *guest) {
		var held []cache.Vacancy
		for i := range 3 {
			held = append(held, g.vacant(fmt.Sprint("k", i)))
		}
		refused := func() {
			t.Helper()
			f := g.ask("more")
			g.wait(f.ListenToFutureGetOrSetResult)
			if _, trace := outcome(g, f.FutureGetOrSetResultGet); !strings.Contains(trace, "3 vacancies") {
				t.Errorf("trace %q", trace)
			}
			g.drop(f)
		}
		refused()
		other := g.another()
		defer other.end()
		other.drop(other.vacant("more")) // the one refused passed on

		g.set("more", "v", noTTL)
		g.wantOccupied(g.ask("more"), "v") // hits need no vacancy
		g.delete("more")

		o, err := held[0].VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.drop(held[0])
		refused() // still to be written
		g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte("v")))
		v := g.vacant("more")
		refused()
		g.drop(v, held[1], held[2], o)
		g.drop(g.vacant("more"))
	})
}

// broken is a store that fails as it is told.
type broken struct {
	backends.CacheStore
	err func() error
}

func (b *broken) Get(context.Context, string, string) ([]byte, bool, error) {
	return nil, false, b.err()
}

func (b *broken) Set(context.Context, string, string, []byte, time.Duration) error { return b.err() }
func (b *broken) Delete(context.Context, string, string) error                     { return b.err() }

func TestBehaviour61StoreFailures(t *testing.T) {
	secret := "redis://user:hunter2@10.1.2.3:6379"
	failures := map[string]struct {
		err  error
		want string
	}{
		"unavailable": {&backends.OpError{Driver: "redis", Op: "get", Err: fmt.Errorf("dial %s: %w", secret, backends.ErrUnavailable)}, "cannot be reached"},
		"timeout":     {&backends.OpError{Driver: "redis", Op: "get", Err: fmt.Errorf("%s: %w", secret, backends.ErrTimeout)}, "in time"},
		"foreign":     {backends.ErrForeignValue, "no entry of this cache"},
		"closed":      {backends.ErrClosed, "closed"},
		"too large":   {backends.ErrTooLarge, "larger than the store takes"},
		"key":         {backends.ErrInvalidKey, "shorter"},
		"unsupported": {backends.ErrUnsupported, "does not support"},
		"unknown":     {errors.New(secret), "the store failed"},
		"panic":       {nil, "unexpectedly"},
	}
	for name, f := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := func() error { return f.err }
				if f.err == nil {
					err = func() error { panic(secret) }
				}
				memory := inmem.New(inmem.Options{})
				defer memory.Close()
				c := backends.New(&broken{CacheStore: memory, err: err}, backends.Config{})
				defer c.Close()
				g := newGuest(t, c, "tenant", component.Limits{})
				defer g.end()
				for _, k := range kinds {
					if name == "panic" && k.name == "get-or-set" {
						continue // the lookup runs in a goroutine of the cache's
					}
					f0 := k.start(g, "k")
					g.wait(f0.listen)
					trace := f0.trace()
					g.drop(f0.future)
					if !strings.Contains(trace, f.want) || !strings.Contains(trace, k.name+": ") {
						t.Errorf("%s: trace %q, want one with %q", k.name, trace, f.want)
					}
					for _, part := range []string{"hunter2", "10.1.2.3", "redis", "tenant"} {
						if strings.Contains(trace, part) {
							t.Errorf("%s: trace %q contains %q", k.name, trace, part)
						}
					}
				}
			})
		})
	}
}

// A cache that was closed, or a namespace that does not work, fails each
// operation and traps none.
func TestUnusableCache(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		c := backends.New(inmem.New(inmem.Options{}), backends.Config{})
		for _, g := range []*guest{
			newGuest(t, c, strings.Repeat("n", 10_000), component.Limits{}),
			func() *guest { c.Close(); return newGuest(t, c, "", component.Limits{}) }(),
		} {
			for _, k := range kinds {
				f := k.start(g, "k")
				if !f.has() {
					t.Fatal("no outcome")
				}
				g.drop(f.future)
			}
			if trace := g.getTrace("k"); trace == "" {
				t.Error("no trace")
			}
			g.end()
		}
	})
}

func TestBucketsAreRefused(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		_, err := g.types.BucketOpenBucket(g.ctx, "b")
		if trace := g.failed(err); !strings.Contains(trace, "wasi:keyvalue/cache") {
			t.Errorf("trace %q", trace)
		}
	})
}

// Writes under way when the guest ends are completed.
func TestEndDrainsWrites(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		reader := g.another()
		defer reader.end()
		for i := range 10 {
			v := g.value("v")
			f, err := g.kv.Set(g.ctx, fmt.Sprint("k", i), v, noTTL)
			g.must(err)
			g.drop(v)
			if i%2 == 0 {
				g.drop(f)
			}
		}
		_, err := g.kv.Get(g.ctx, "k0")
		g.must(err)
		g.end()
		for i := range 10 {
			reader.want(fmt.Sprint("k", i), "v")
		}
	})
}

// stuck is a store whose writes end with their context only.
type stuck struct{ backends.CacheStore }

func (stuck) Set(ctx context.Context, _, _ string, _ []byte, _ time.Duration) error {
	<-ctx.Done()
	return &backends.OpError{Driver: "stuck", Op: "set", Err: backends.ContextError(ctx)}
}

func TestEndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := inmem.New(inmem.Options{})
		defer memory.Close()
		c := backends.New(stuck{memory}, backends.Config{})
		defer c.Close()
		start := func() *guest {
			g := newGuest(t, c, "", component.Limits{})
			v := g.value("v")
			_, err := g.kv.Set(g.ctx, "k", v, noTTL)
			g.must(err)
			return g
		}

		g, began := start(), time.Now()
		g.end()
		if d := time.Since(began); d != keyvalue.DrainTimeout {
			t.Errorf("the end took %v, want %v", d, keyvalue.DrainTimeout)
		}

		g, began = start(), time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		g.inner.Close(ctx)
		if d := time.Since(began); d != time.Second {
			t.Errorf("the end took %v, want that of its context", d)
		}
		synctest.Wait()
		if n := keyvalue.Running(g.inner, c); n != 0 {
			t.Errorf("%d goroutines are left", n)
		}
	})
}

// A guest ends with the context it lives under, even where nobody closes it.
func TestContextEndsGuest(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		life, end := context.WithCancel(context.Background())
		inner := component.NewLinker().NewGuest(life, component.Limits{})
		keyvalue.Configure(inner, "tenant")
		kv, ty := keyvalue.Hosts(inner, g.store)
		holder := &guest{t: t, inner: inner, store: g.store, ctx: component.WithGuest(context.Background(), inner), kv: kv, types: ty}
		holder.vacant("k")
		f := g.ask("k")
		g.pending(f)
		end()
		g.drop(g.wantVacant(f))
		holder.end()
	})
}

func TestBehaviour39NothingTornOrInvented(t *testing.T) {
	for name, options := range map[string]inmem.Options{"immediate": {}, "waiting": {Latency: 100 * time.Microsecond}} {
		t.Run(name, func(t *testing.T) {
			c := backends.New(inmem.New(options), backends.Config{})
			defer c.Close()
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					g := newGuest(t, c, "", component.Limits{})
					defer g.end()
					for n := range 200 {
						k := fmt.Sprint("k", n%5)
						if i%2 == 0 {
							g.set(k, strings.Repeat(fmt.Sprint(k, "-", i, "-", n, ";"), 50), noTTL)
						} else if body, ok := g.get(k); ok {
							part, _, _ := strings.Cut(body, ";")
							if !strings.HasPrefix(part, k+"-") || body != strings.Repeat(part+";", 50) {
								t.Errorf("%s holds %q", k, body)
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// 100k operations of all kinds leave nothing behind.
func TestBehaviour14NothingLeaks(t *testing.T) {
	c := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	defer c.Close()
	g := newGuest(t, c, "", component.Limits{})
	defer g.end()
	g.set("k", "v", noTTL) // the store has its goroutines from here on
	before := goroutines()
	for i := range 10_000 {
		for _, k := range kinds {
			f := k.start(g, "k")
			p, err := f.listen(g.ctx)
			g.must(err)
			if i%2 == 0 {
				g.must(p.Block(g.ctx))
			}
			if i%3 == 0 {
				g.drop(f.future, p)
			} else {
				g.drop(p, f.future)
			}
		}
	}
	if n := keyvalue.HeldBytes(g.inner, c); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
	if n := goroutines(); n > before+1 {
		t.Errorf("%d goroutines became %d", before, n)
	}
}
