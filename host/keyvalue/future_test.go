package keyvalue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestBehaviour01AbsentKey(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		began := time.Now()
		f, err := g.kv.Get(g.ctx, "absent")
		g.must(err)
		if d := time.Since(began); d != 0 {
			t.Fatalf("get took %v", d)
		}
		if !g.store.Immediate() {
			none(g, f.FutureGetResultGet)
			none(g, f.FutureGetResultGet)
		}
		g.wait(f.ListenToFutureGetResult)
		if r, trace := outcome(g, f.FutureGetResultGet); trace != "" || r.Some {
			t.Fatalf("got %v, %q; want some(ok(none))", r, trace)
		}
		g.drop(f)
	})
}

// started is a future of any of the four kinds.
type started struct {
	future any
	listen func(context.Context) (poll.Pollable, error)
	has    func() bool   // whether *-get gives some; it takes the outcome
	trace  func() string // of the outcome, where it is an error
}

func adopt[T any](g *guest, future any, err error, listen listener, take func(context.Context) (component.Option[component.Result[T, wasikeyvalueerror.Error]], error)) started {
	g.t.Helper()
	g.must(err)
	return started{
		future: future,
		listen: listen,
		has: func() bool {
			r, err := take(g.ctx)
			g.must(err)
			return r.Some
		},
		trace: func() string {
			_, trace := outcome(g, take)
			return trace
		},
	}
}

// kinds start an operation of each kind of future.
var kinds = []struct {
	name  string
	start func(g *guest, k string) started
}{
	{"get", func(g *guest, k string) started {
		f, err := g.kv.Get(g.ctx, k)
		return adopt(g, f, err, f.ListenToFutureGetResult, f.FutureGetResultGet)
	}},
	{"exists", func(g *guest, k string) started {
		f, err := g.kv.Exists(g.ctx, k)
		return adopt(g, f, err, f.ListenToFutureExistsResult, f.FutureExistsResultGet)
	}},
	{"set", func(g *guest, k string) started {
		v := g.value("value of " + k)
		defer g.drop(v)
		f, err := g.kv.Set(g.ctx, k, v, noTTL)
		return adopt(g, f, err, f.ListenToFutureResult, f.FutureResultGet)
	}},
	{"delete", func(g *guest, k string) started {
		f, err := g.kv.Delete(g.ctx, k)
		return adopt(g, f, err, f.ListenToFutureResult, f.FutureResultGet)
	}},
	{"get-or-set", func(g *guest, k string) started {
		f, err := g.kv.GetOrSet(g.ctx, k)
		return adopt(g, f, err, f.ListenToFutureGetOrSetResult, f.FutureGetOrSetResultGet)
	}},
}

// eachKind runs a test over each kind of future.
func eachKind(t *testing.T, test func(t *testing.T, g *guest, start func(k string) started)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			over(t, backends.Config{}, func(t *testing.T, g *guest) {
				test(t, g, func(key string) started { return k.start(g, key) })
			})
		})
	}
}

func TestBehaviour02SomeOnceReady(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		f := start("k")
		p, err := f.listen(g.ctx)
		g.must(err)
		if got, want := g.ready(p), g.store.Immediate(); got != want {
			t.Fatalf("ready = %v at once, want %v", got, want)
		}
		g.must(p.Block(g.ctx))
		if !g.ready(p) {
			t.Fatal("not ready after block")
		}
		if !f.has() {
			t.Fatal("no outcome after ready")
		}
		if !g.ready(p) {
			t.Fatal("not ready any more once the outcome was taken")
		}
		g.drop(p, f.future)
	})
}

func TestBehaviour03CompletesWithoutPolling(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		f := start("k")
		time.Sleep(2 * latency)
		settled()
		if !f.has() {
			t.Fatal("no outcome, though nothing was in the way")
		}
		g.drop(f.future)
	})
}

func TestBehaviour04SecondTakeIsAnError(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		f := start("k")
		g.wait(f.listen)
		if trace := f.trace(); trace != "" {
			t.Fatal(trace)
		}
		for range 2 {
			if trace := f.trace(); trace == "" {
				t.Fatal("the outcome was given twice")
			}
		}
		g.drop(f.future)
	})
}

func TestBehaviour05BlockAndGetInEitherOrder(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "v", noTTL)
		g.want("k", "v") // blocks, then takes

		f, err := g.kv.Get(g.ctx, "k")
		g.must(err)
		r, err := f.FutureGetResultGet(g.ctx)
		g.must(err)
		if r.Some != g.store.Immediate() {
			t.Fatalf("before block: %v", r)
		}
		if r.Some {
			g.drop(r.Value.Ok.Value)
		}
		g.wait(f.ListenToFutureGetResult)
		g.drop(f)
	})
}

func TestBehaviour06SeveralPollables(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		f := start("k")
		var ps []poll.Pollable
		for range 3 {
			p, err := f.listen(g.ctx)
			g.must(err)
			ps = append(ps, p)
		}
		g.drop(ps[1])
		g.must(ps[2].Block(g.ctx))
		if !g.ready(ps[0]) || !f.has() {
			t.Fatal("the pollables of one future disagree")
		}
		again, err := f.listen(g.ctx)
		g.must(err)
		if !g.ready(again) {
			t.Fatal("a later pollable is not ready")
		}
		g.drop(ps[0], f.future)
		if !g.ready(ps[2]) || !g.ready(again) {
			t.Fatal("the pollables do not outlive their future")
		}
		g.drop(ps[2], again)
	})
}

func TestBehaviour07PollMany(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		const each = 20
		var futures []started
		var in []poll.Pollable
		for i := range each {
			for _, k := range kinds {
				f := k.start(g, fmt.Sprintf("key-%d-%s", i, k.name))
				p, err := f.listen(g.ctx)
				g.must(err)
				futures, in = append(futures, f), append(in, p)
			}
		}
		clock := clocks.NewMonotonic(clocks.System())
		timer, err := clock.SubscribeDuration(g.ctx, uint64(time.Hour))
		g.must(err)
		in = append(in, timer)

		began := time.Now()
		left := in
		index := make([]int, len(in)) // of left in in
		for i := range index {
			index[i] = i
		}
		for len(left) > 1 {
			out, err := g.poll.Poll(g.ctx, left)
			g.must(err)
			if len(out) == 0 {
				t.Fatal("poll returned nothing")
			}
			done := map[int]bool{}
			for _, i := range out {
				n := index[i]
				if n == len(futures) {
					t.Fatal("the clock is ready an hour early")
				}
				if !futures[n].has() {
					t.Fatalf("poll said %d, whose future has no outcome", n)
				}
				done[n] = true
			}
			var next []poll.Pollable
			var at []int
			for i, p := range left {
				if !done[index[i]] {
					next, at = append(next, p), append(at, index[i])
				}
			}
			left, index = next, at
		}
		if d := time.Since(began); d > 3*latency {
			t.Errorf("%d operations started together took %v", len(futures), d)
		}
		for i, f := range futures {
			g.drop(in[i], f.future)
		}
		g.drop(timer)
	})
}

func TestBehaviour08DuplicatePollables(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		f, err := g.kv.Exists(g.ctx, "k")
		g.must(err)
		p, err := f.ListenToFutureExistsResult(g.ctx)
		g.must(err)
		out, err := g.poll.Poll(g.ctx, []poll.Pollable{p, p, p})
		g.must(err)
		if len(out) != 3 {
			t.Fatalf("poll of one pollable three times: %v", out)
		}
		g.drop(p, f)
	})
}

func TestBehaviour09EmptyPollTraps(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		if _, err := g.poll.Poll(g.ctx, nil); !trapped(err) {
			t.Fatalf("got %v, want a trap", err)
		}
	})
}

func TestBehaviour10And11DropOrder(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		for _, wait := range []bool{false, true} {
			for _, reversed := range []bool{false, true} {
				f := start(fmt.Sprint("k", wait, reversed))
				p, err := f.listen(g.ctx)
				g.must(err)
				if wait {
					g.must(p.Block(g.ctx))
				}
				if !reversed {
					g.drop(p, f.future)
					continue
				}
				g.drop(f.future)
				if !g.ready(p) {
					t.Fatal("the pollable of a dropped future is not ready")
				}
				g.must(p.Block(g.ctx))
				g.drop(p)
			}
		}
		g.set("healthy", "yes", noTTL)
		g.want("healthy", "yes")
	})
}

func TestBehaviour12DropPending(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		g.drop(start("k").future)
		settled()
		g.set("healthy", "yes", noTTL)
		g.want("healthy", "yes")
	})
}

// A dropped lookup is cancelled: its goroutine ends before the store answers.
func TestDropPendingCancels(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		if g.store.Immediate() {
			return
		}
		f := start("k")
		settled()
		before := keyvalue.Running(g.inner, g.store)
		g.drop(f.future)
		settled()
		after := keyvalue.Running(g.inner, g.store)
		switch f.future.(type) {
		case interface {
			FutureResultGet(context.Context) (component.Option[component.Result[component.Unit, wasikeyvalueerror.Error]], error)
		}:
			if before != 1 || after != 1 {
				t.Errorf("%d, then %d goroutines; a write runs to its end", before, after)
			}
		default:
			if after != 0 {
				t.Errorf("%d goroutines after the drop", after)
			}
		}
	})
}

func TestBehaviour13DroppedSetStores(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.value("v")
		f, err := g.kv.Set(g.ctx, "k", v, noTTL)
		g.must(err)
		g.drop(f, v)
		time.Sleep(2 * latency)
		g.want("k", "v")

		d, err := g.kv.Delete(g.ctx, "k")
		g.must(err)
		g.drop(d)
		time.Sleep(2 * latency)
		g.wantAbsent("k")
	})
}

// The pollable of one operation never tells of another one, however they are
// pooled.
func TestPooledFuturesStayApart(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("a", "of a", noTTL)
		g.set("b", "of b", noTTL)
		first, err := g.kv.Get(g.ctx, "a")
		g.must(err)
		p, err := first.ListenToFutureGetResult(g.ctx)
		g.must(err)
		g.must(p.Block(g.ctx))
		g.drop(first) // its pollable lives on
		second, err := g.kv.Get(g.ctx, "b")
		g.must(err)
		if first == second {
			t.Fatal("a future is used again while its pollable lives")
		}
		g.drop(p)
		third, err := g.kv.Get(g.ctx, "a")
		g.must(err)
		g.wait(second.ListenToFutureGetResult)
		g.wait(third.ListenToFutureGetResult)
		b, _ := outcome(g, second.FutureGetResultGet)
		a, _ := outcome(g, third.FutureGetResultGet)
		if got := g.consume(b.Value); got != "of b" {
			t.Errorf("got %q", got)
		}
		if got := g.consume(a.Value); got != "of a" {
			t.Errorf("got %q", got)
		}
		g.drop(second, third)
	})
}

// A block ends with the context of the call, and with the guest.
func TestBlockEndsWithContext(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		holder := g.another()
		defer holder.end()
		v := holder.vacant("k")
		f := g.ask("k")
		p, err := f.ListenToFutureGetOrSetResult(g.ctx)
		g.must(err)
		ctx, cancel := context.WithTimeout(g.ctx, time.Second)
		defer cancel()
		if err := p.Block(ctx); err != context.DeadlineExceeded {
			t.Fatalf("got %v", err)
		}
		g.drop(p, f)
		holder.drop(v)
	})
}

// A guest may embed any Source in its poll beside futures.
func TestPollMixesSources(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		holder := g.another()
		defer holder.end()
		v := holder.vacant("k")
		f := g.ask("k")
		p, err := f.ListenToFutureGetOrSetResult(g.ctx)
		g.must(err)
		var event io.Event
		time.AfterFunc(time.Second, event.Set)
		out, err := g.poll.Poll(g.ctx, []poll.Pollable{p, io.NewPollable(&event)})
		g.must(err)
		if len(out) != 1 || out[0] != 1 {
			t.Fatalf("got %v, want [1]", out)
		}
		time.AfterFunc(time.Second, func() { holder.fill(v, "filled", noTTL) })
		out, err = g.poll.Poll(g.ctx, []poll.Pollable{p})
		g.must(err)
		if len(out) != 1 {
			t.Fatalf("got %v", out)
		}
		g.drop(p)
		g.wantOccupied(f, "filled")
	})
}
