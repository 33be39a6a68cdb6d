package keyvalue_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/host/component"
)

func TestBehaviour30ExpiredIsAMiss(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "v", ttl(time.Second))
		time.Sleep(time.Second)
		g.wantAbsent("k")
		v := g.vacant("k")
		g.drop(v)
	})
}

func TestBehaviour31HitWithinTTL(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "v", ttl(time.Second))
		time.Sleep(time.Second - 5*latency)
		g.want("k", "v")
		if !g.exists("k") {
			t.Error("exists = false")
		}
		g.wantOccupied(g.ask("k"), "v")
	})
}

func TestBehaviour32ZeroTTLDeletes(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "v", noTTL)
		g.set("k", "w", ttl(0))
		g.wantAbsent("k")
		g.set("new", "v", ttl(0))
		g.wantAbsent("new")
	})
}

func TestBehaviour33And34LongTTLs(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("max", "v", component.Some[uint32](math.MaxUint32))
		g.set("none", "v", noTTL)
		time.Sleep(time.Hour)
		g.want("max", "v")
		g.want("none", "v")
		ns, err := g.store.Namespace("tenant")
		g.must(err)
		left := func(k string) time.Duration {
			item, err := ns.GetWithTTL(g.ctx, k)
			g.must(err)
			if !item.Found {
				t.Errorf("%s is gone", k)
			}
			return item.TTL
		}
		if got, want := left("max"), math.MaxUint32*time.Millisecond-time.Hour; got > want || got < want-time.Second {
			t.Errorf("the longest TTL has %v left, want %v", got, want)
		}
		if got := left("none"); got != 0 {
			t.Errorf("no TTL has %v left", got)
		}
	})
}

func TestBehaviour35OverwriteReplacesTTL(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		for _, k := range []string{"longer", "shorter", "none"} {
			g.set(k, "old", ttl(10*time.Second))
		}
		g.set("longer", "new", ttl(time.Minute))
		g.set("shorter", "new", ttl(time.Second))
		g.set("none", "new", noTTL)
		time.Sleep(2 * time.Second)
		g.want("longer", "new")
		g.wantAbsent("shorter")
		time.Sleep(10 * time.Second)
		g.want("longer", "new")
		g.want("none", "new")
		time.Sleep(time.Minute)
		g.wantAbsent("longer")
		g.want("none", "new")
	})
}

func TestBehaviour36NothingPastItsTTL(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		const life = 100 * time.Millisecond
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				g := g.another()
				defer g.end()
				k := fmt.Sprint("k", i%2)
				for n := range 100 {
					if (n+i)%3 == 0 {
						g.set(k, fmt.Sprint(time.Now().UnixNano()), ttl(life))
					} else if got, ok := g.get(k); ok {
						var began int64
						fmt.Sscan(got, &began)
						// A value is written some time after it was made up, and
						// read some time before it is looked at.
						if age := time.Since(time.Unix(0, began)); age > life+2*latency {
							t.Errorf("a value is served at an age of %v", age)
						}
					}
					time.Sleep(time.Duration(7*(i+1)) * time.Millisecond)
				}
			})
		}
		wg.Wait()
	})
}

func TestBehaviour37DeleteSucceeds(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.delete("k")
		g.set("k", "v", noTTL)
		g.delete("k")
		g.wantAbsent("k")
		g.delete("k")
	})
}

func TestBehaviour38ExistsTracks(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		want := func(k string, want bool) {
			t.Helper()
			if got := g.exists(k); got != want {
				t.Errorf("exists(%q) = %v", k, got)
			}
		}
		want("k", false)
		g.set("k", "v", noTTL)
		want("k", true)
		g.delete("k")
		want("k", false)
		g.set("k", "", ttl(time.Minute))
		want("k", true)
		time.Sleep(time.Minute)
		want("k", false)
	})
}

func TestBehaviour40NamespacesAreIsolated(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		names := []string{"", "a", "a:b", "a\x00", "{a}", "A"}
		var guests []*guest
		for _, n := range names {
			guests = append(guests, newGuest(t, g.store, n, component.Limits{}))
		}
		for i, h := range guests {
			h.wantAbsent("b:c")
			h.set("b:c", names[i], noTTL)
			h.set("c", "c of "+names[i], noTTL)
		}
		var vacancies []cache.Vacancy
		for i, h := range guests {
			h.want("b:c", names[i])
			h.want("c", "c of "+names[i])
			vacancies = append(vacancies, h.vacant("absent"))
		}
		guests[0].delete("c")
		guests[1].want("c", "c of a")
		for i, h := range guests {
			h.drop(vacancies[i])
			h.end()
		}
	})
}

func TestBehaviour41InvisibleUntilCommit(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		reader := g.another()
		defer reader.end()
		v, s := g.openValue()
		g.write(s, "half")
		reader.wantAbsent("k")
		g.drop(s)
		reader.wantAbsent("k")
		g.setValue("k", v)
		reader.want("k", "half")
		g.drop(v)

		o, err := g.vacant("filled").VacancyFill(g.ctx, noTTL)
		g.must(err)
		s, err = o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.write(s, "half")
		reader.wantAbsent("filled")
		g.drop(s)
		reader.want("filled", "half")
		g.drop(o)
	})
}
