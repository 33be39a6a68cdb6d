package keyvalue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/host/component"
)

func TestBehaviour42OccupiedOrVacant(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "v", noTTL)
		g.wantOccupied(g.ask("k"), "v")
		g.drop(g.vacant("other"))
	})
}

// A fill of each kind, to the point where it is committed.
var fills = []struct {
	name string
	fill func(g *guest, o types.OutgoingValue, body string)
}{
	{"sync", func(g *guest, o types.OutgoingValue, body string) {
		g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte(body)))
	}},
	{"async", func(g *guest, o types.OutgoingValue, body string) {
		s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.write(s, body)
		g.drop(s)
	}},
	{"value dropped before its stream", func(g *guest, o types.OutgoingValue, body string) {
		s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.write(s, body[:1])
		g.drop(o)
		g.write(s, body[1:])
		g.drop(s)
	}},
}

// eachFill runs a test over each kind of fill.
func eachFill(t *testing.T, cfg backends.Config, test func(t *testing.T, g *guest, fill func(g *guest, v cache.Vacancy, body string, ttl component.Option[uint32]))) {
	for _, f := range fills {
		t.Run(f.name, func(t *testing.T) {
			over(t, cfg, func(t *testing.T, g *guest) {
				test(t, g, func(g *guest, v cache.Vacancy, body string, ttl component.Option[uint32]) {
					t.Helper()
					o, err := v.VacancyFill(g.ctx, ttl)
					g.must(err)
					f.fill(g, o, body)
					if f.name != "value dropped before its stream" {
						defer g.drop(o)
					}
				})
			})
		})
	}
}

func TestBehaviour43FillStores(t *testing.T) {
	eachFill(t, backends.Config{}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		v := g.vacant("k")
		time.Sleep(5 * time.Second)
		fill(g, v, "filled", ttl(10*time.Second))
		g.drop(v)
		time.Sleep(9 * time.Second) // the TTL counts from the fill
		g.wantOccupied(g.ask("k"), "filled")
		time.Sleep(time.Second)
		g.wantAbsent("k")
	})
}

func TestBehaviour44And45WaitersGetTheValue(t *testing.T) {
	eachFill(t, backends.Config{}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		v := g.vacant("k")
		var others []*guest
		var waits []cache.FutureGetOrSetResult
		for range 20 {
			other := g.another()
			others, waits = append(others, other), append(waits, other.ask("k"))
		}
		for i, w := range waits {
			others[i].pending(w)
		}
		fill(g, v, "filled", noTTL)
		for i, w := range waits {
			if r := others[i]; g.store.Immediate() {
				p, err := w.ListenToFutureGetOrSetResult(r.ctx)
				r.must(err)
				if !r.ready(p) {
					t.Error("a waiter was not woken by the fill itself")
				}
				r.drop(p)
			}
			others[i].wantOccupied(w, "filled")
			others[i].end()
		}
		if s := g.store.Stats(); s.Computations != 1 || s.Filled != 1 || s.Waits != 20 {
			t.Errorf("%+v", s)
		}
		g.drop(v)
	})
}

func TestBehaviour46DroppedVacancyPromotesOne(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		const n = 5
		v := g.vacant("k")
		var others []*guest
		var waits []cache.FutureGetOrSetResult
		for range n {
			other := g.another()
			others, waits = append(others, other), append(waits, other.ask("k"))
			settled()
			time.Sleep(2 * latency) // in line, in this order
		}
		holder := g
		for i := range n {
			holder.drop(v)
			settled()
			for k := i + 1; k < n; k++ {
				others[k].pending(waits[k])
			}
			v = others[i].wantVacant(waits[i])
			holder = others[i]
		}
		holder.fill(v, "last", noTTL)
		g.want("k", "last")
		for _, o := range others {
			o.end()
		}
	})
}

// promoted runs a test in which the first in line becomes vacant by what lose
// does.
func promoted(t *testing.T, cfg backends.Config, lose func(t *testing.T, g *guest, f cache.FutureGetOrSetResult)) {
	t.Helper()
	over(t, cfg, func(t *testing.T, g *guest) {
		f := g.ask("k")
		g.wait(f.ListenToFutureGetOrSetResult)
		next, last := g.another(), g.another()
		defer next.end()
		defer last.end()
		first := next.ask("k")
		settled()
		time.Sleep(2 * latency)
		second := last.ask("k")
		next.pending(first)
		last.pending(second)
		lose(t, g, f)
		v := next.wantVacant(first)
		last.pending(second)
		next.fill(v, "by the next", noTTL)
		last.wantOccupied(second, "by the next")
		last.want("k", "by the next")
	})
}

func TestBehaviour47DroppedUnwrittenPromotes(t *testing.T) {
	promoted(t, backends.Config{}, func(t *testing.T, g *guest, f cache.FutureGetOrSetResult) {
		v := g.wantVacant(f)
		o, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.drop(v)
		settled()
		g.drop(o)
	})
}

// A write that fails commits nothing, and leaves the vacancy to be filled or
// dropped.
func TestFailedFillPromotes(t *testing.T) {
	cfg := backends.Config{MaxValueBytes: 100}
	promoted(t, cfg, func(t *testing.T, g *guest, f cache.FutureGetOrSetResult) {
		v := g.wantVacant(f)
		o, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.failed(o.OutgoingValueWriteBodySync(g.ctx, make([]byte, 101)))
		g.drop(v, o)
	})
	for _, valueFirst := range []bool{false, true} {
		promoted(t, cfg, func(t *testing.T, g *guest, f cache.FutureGetOrSetResult) {
			v := g.wantVacant(f)
			o, err := v.VacancyFill(g.ctx, noTTL)
			g.must(err)
			s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
			g.must(err)
			if err := s.BlockingWriteAndFlush(g.ctx, make([]byte, 101)); streamError(err) != streams.StreamErrorTagLastOperationFailed {
				t.Fatalf("got %v", err)
			}
			if valueFirst {
				g.drop(v, o, s)
			} else {
				g.drop(s, o, v)
			}
		})
	}
}

func TestFailedFillCanBeRepeated(t *testing.T) {
	over(t, backends.Config{MaxValueBytes: 100}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		o, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.failed(o.OutgoingValueWriteBodySync(g.ctx, make([]byte, 101)))
		g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte("smaller")))
		g.want("k", "smaller")
		g.drop(o, v)
	})
}

func TestBehaviour48ExplicitEmptyFill(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.fill(g.vacant("sync"), "", noTTL)
		g.wantOccupied(g.ask("sync"), "")

		o, err := g.vacant("async").VacancyFill(g.ctx, noTTL)
		g.must(err)
		s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.drop(s)
		g.wantOccupied(g.ask("async"), "")
		g.drop(o)
	})
}

func TestBehaviour49UntakenVacancyPromotes(t *testing.T) {
	promoted(t, backends.Config{}, func(t *testing.T, g *guest, f cache.FutureGetOrSetResult) {
		g.drop(f)
	})
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		// Granted to a waiter rather than at once.
		v := g.vacant("k")
		other := g.another()
		defer other.end()
		f := other.ask("k")
		other.pending(f)
		g.drop(v)
		settled()
		other.drop(f)
		g.drop(g.vacant("k"))
	})
}

func TestBehaviour50DroppedWaiterIsSkipped(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		first := g.ask("k")
		g.pending(first)
		second := g.ask("k")
		g.pending(second)
		p, err := first.ListenToFutureGetOrSetResult(g.ctx)
		g.must(err)
		g.drop(first)
		if !g.ready(p) {
			t.Error("the pollable of a dropped future is not ready")
		}
		g.drop(p, v)
		g.drop(g.wantVacant(second))
	})
}

func TestBehaviour51EndedHolderPromotes(t *testing.T) {
	stages := map[string]func(g *guest, f cache.FutureGetOrSetResult){
		"untaken": func(g *guest, f cache.FutureGetOrSetResult) {},
		"vacant":  func(g *guest, f cache.FutureGetOrSetResult) { g.wantVacant(f) },
		"filling": func(g *guest, f cache.FutureGetOrSetResult) {
			_, err := g.wantVacant(f).VacancyFill(g.ctx, noTTL)
			g.must(err)
		},
		"half written": func(g *guest, f cache.FutureGetOrSetResult) {
			o, err := g.wantVacant(f).VacancyFill(g.ctx, noTTL)
			g.must(err)
			s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
			g.must(err)
			g.write(s, "half")
		},
		"half written, value dropped": func(g *guest, f cache.FutureGetOrSetResult) {
			o, err := g.wantVacant(f).VacancyFill(g.ctx, noTTL)
			g.must(err)
			s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
			g.must(err)
			g.write(s, "half")
			g.drop(o)
		},
	}
	for name, reach := range stages {
		t.Run(name, func(t *testing.T) {
			promoted(t, backends.Config{}, func(t *testing.T, g *guest, f cache.FutureGetOrSetResult) {
				reach(g, f)
				g.end()
			})
		})
	}
}

// A guest that ends gives up its place in line.
func TestEndedWaiterIsSkipped(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		first, second := g.another(), g.another()
		defer second.end()
		first.pending(first.ask("k"))
		f := second.ask("k")
		second.pending(f)
		first.end()
		g.drop(v)
		second.drop(second.wantVacant(f))
	})
}

func TestBehaviour52OwnVacancyBlocksUntilTimeout(t *testing.T) {
	const timeout = time.Minute
	over(t, backends.Config{VacancyTimeout: timeout}, func(t *testing.T, g *guest) {
		began := time.Now()
		v := g.vacant("k")
		f := g.ask("k")
		g.wait(f.ListenToFutureGetOrSetResult)
		if d := time.Since(began); d < timeout || d > timeout+3*latency {
			t.Errorf("resolved after %v, want %v", d, timeout)
		}
		g.fill(g.wantVacant(f), "v", noTTL)
		g.drop(v)
		g.want("k", "v")
	})
}

func TestBehaviour53LateFillIsDiscarded(t *testing.T) {
	eachFill(t, backends.Config{VacancyTimeout: time.Second}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		late := g.vacant("k")
		time.Sleep(time.Second + latency)
		v := g.vacant("k")
		fill(g, v, "newer", noTTL)
		fill(g, late, "late", noTTL)
		g.want("k", "newer")
		g.drop(v, late)
		g.want("k", "newer")

		alone := g.vacant("alone")
		time.Sleep(time.Second + latency)
		fill(g, alone, "late", noTTL)
		g.wantAbsent("alone")
		g.drop(alone)
	})
}

func TestBehaviour54SecondFillIsInert(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		first, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		second, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.failed(second.OutgoingValueWriteBodySync(g.ctx, []byte("second")))
		_, err = second.OutgoingValueWriteBodyAsync(g.ctx)
		g.failed(err)
		f, err := g.kv.Set(g.ctx, "other", second, noTTL)
		g.must(err)
		if g.result(f) == "" {
			t.Error("an inert value was stored")
		}
		g.drop(second)
		g.drop(v) // keeps the fill
		waiting := g.ask("k")
		g.pending(waiting)
		g.must(first.OutgoingValueWriteBodySync(g.ctx, []byte("first")))
		g.wantOccupied(waiting, "first")
		third, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.failed(third.OutgoingValueWriteBodySync(g.ctx, []byte("third")))
		g.drop(first, third)
		g.want("k", "first")
	})
}

// The value of a fill can be set to other keys as well.
func TestFillValueCanBeSet(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		o, err := g.vacant("k").VacancyFill(g.ctx, noTTL)
		g.must(err)
		g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte("v")))
		g.setValue("copy", o)
		g.drop(o)
		g.want("k", "v")
		g.want("copy", "v")
	})
}

func TestBehaviour55LookupsDoNotWait(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		began := time.Now()
		g.wantAbsent("k")
		if d := time.Since(began); d > 3*latency {
			t.Errorf("get and exists took %v during a vacancy", d)
		}
		g.drop(v)
	})
}

func TestBehaviour56SetSatisfiesWaiters(t *testing.T) {
	eachFill(t, backends.Config{}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		v := g.vacant("k")
		f := g.ask("k")
		g.pending(f)
		g.set("k", "set", noTTL)
		g.wantOccupied(f, "set")
		fill(g, v, "stale", noTTL)
		g.want("k", "set")
		g.drop(v)
	})
}

func TestBehaviour57DeleteDuringVacancy(t *testing.T) {
	eachFill(t, backends.Config{}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		v := g.vacant("k")
		f := g.ask("k")
		g.pending(f)
		g.delete("k")
		next := g.wantVacant(f)
		fill(g, v, "stale", noTTL)
		g.wantAbsent("k")
		fill(g, next, "fresh", noTTL)
		g.want("k", "fresh")
		g.drop(v, next)

		alone := g.vacant("alone")
		g.delete("alone")
		fill(g, alone, "stale", noTTL)
		g.wantAbsent("alone")
		g.drop(alone)
	})
}

func TestBehaviour58ZeroTTLFillServesWaiters(t *testing.T) {
	eachFill(t, backends.Config{}, func(t *testing.T, g *guest, fill func(*guest, cache.Vacancy, string, component.Option[uint32])) {
		v := g.vacant("k")
		first, second := g.ask("k"), g.ask("k")
		g.pending(second)
		fill(g, v, "once", ttl(0))
		g.wantOccupied(first, "once")
		g.wantOccupied(second, "once")
		g.wantAbsent("k")
		g.drop(v)
	})
}

func TestBehaviour59KeysAreIndependent(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		var vacancies []cache.Vacancy
		for i := range 20 {
			vacancies = append(vacancies, g.vacant(fmt.Sprint("k", i)))
		}
		for i, v := range vacancies {
			g.fill(v, fmt.Sprint("v", i), noTTL)
		}
		for i := range 20 {
			g.want(fmt.Sprint("k", i), fmt.Sprint("v", i))
		}
	})
}

// A wait that is capped ends in a vacancy whose fill does not overwrite.
func TestCappedWait(t *testing.T) {
	over(t, backends.Config{MaxWait: time.Second}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		f := g.ask("k")
		g.wait(f.ListenToFutureGetOrSetResult)
		other := g.wantVacant(f)
		g.fill(v, "first", noTTL)
		g.fill(other, "second", noTTL)
		g.want("k", "first")
	})
}

// Waiting takes no goroutine.
func TestWaitingTakesNoGoroutine(t *testing.T) {
	overLimited(t, backends.Config{}, component.Limits{Futures: 300}, func(t *testing.T, g *guest) {
		v := g.vacant("k")
		var waits []cache.FutureGetOrSetResult
		var ps []poll.Pollable
		before := goroutines()
		for range 200 {
			f := g.ask("k")
			p, err := f.ListenToFutureGetOrSetResult(g.ctx)
			g.must(err)
			waits, ps = append(waits, f), append(ps, p)
		}
		time.Sleep(2 * latency)
		settled()
		if n := goroutines(); n > before+2 { // the store's own come and go
			t.Errorf("%d goroutines, and %d while 200 wait", before, n)
		}
		g.fill(v, "v", noTTL)
		for i, f := range waits {
			g.must(ps[i].Block(g.ctx))
			g.drop(ps[i])
			g.wantOccupied(f, "v")
		}
	})
}
