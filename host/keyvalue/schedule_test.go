package keyvalue_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
)

// erratic is a guest that does whatever is allowed, in any order. Every value
// that it writes names its key and says how long it is.
type erratic struct {
	*guest
	rng     *rand.Rand
	keys    []string
	held    []any // resources
	written int
}

func (e *erratic) body(k string) string {
	e.written++
	return fmt.Sprintf("%s;%s", k, strings.Repeat("x", e.rng.IntN(300)))
}

// check asserts that a value was written for the key.
func (e *erratic) check(k, body string) {
	if body != "" && !strings.HasPrefix(body, k+";") {
		e.t.Errorf("%q holds %.20q", k, body)
	}
}

func pick[T any](e *erratic, from []T) (T, bool) {
	if len(from) == 0 {
		var none T
		return none, false
	}
	return from[e.rng.IntN(len(from))], true
}

func (e *erratic) hold(o any) { e.held = append(e.held, o) }

// resource picks what the guest holds of one kind.
func resource[T any](e *erratic) (T, bool) {
	var of []T
	for _, o := range e.held {
		if x, ok := o.(T); ok {
			of = append(of, x)
		}
	}
	return pick(e, of)
}

func (e *erratic) step() {
	k := e.keys[e.rng.IntN(len(e.keys))]
	switch e.rng.IntN(16) {
	case 0, 1: // start something
		kind := kinds[e.rng.IntN(len(kinds))]
		if kind.name == "set" {
			v, err := e.types.OutgoingValueNewOutgoingValue(e.ctx)
			e.must(err)
			if v.OutgoingValueWriteBodySync(e.ctx, []byte(e.body(k))) == nil {
				f, err := e.kv.Set(e.ctx, k, v, component.Option[uint32]{Some: e.rng.IntN(2) == 0, Value: uint32(e.rng.IntN(50))})
				e.must(err)
				e.hold(f)
			}
			e.drop(v)
			return
		}
		e.hold(kind.start(e.guest, k).future)
	case 2, 3:
		f, err := e.kv.GetOrSet(e.ctx, k)
		e.must(err)
		e.hold(f)
	case 4: // listen
		var p poll.Pollable
		switch f, _ := pick(e, e.held); f := f.(type) {
		case cache.FutureGetResult:
			p, _ = f.ListenToFutureGetResult(e.ctx)
		case cache.FutureExistsResult:
			p, _ = f.ListenToFutureExistsResult(e.ctx)
		case cache.FutureResult:
			p, _ = f.ListenToFutureResult(e.ctx)
		case cache.FutureGetOrSetResult:
			p, _ = f.ListenToFutureGetOrSetResult(e.ctx)
		}
		if p != nil {
			e.hold(p)
		}
	case 5: // take
		if f, ok := resource[cache.FutureGetOrSetResult](e); ok {
			r, err := f.FutureGetOrSetResultGet(e.ctx)
			e.must(err)
			switch {
			case !r.Some || r.Value.IsErr:
			case r.Value.Ok.Tag == cache.GetOrSetEntryTagVacant:
				e.hold(r.Value.Ok.Vacant)
			default:
				e.hold(r.Value.Ok.Occupied)
			}
		}
	case 6:
		if f, ok := resource[cache.FutureGetResult](e); ok {
			r, err := f.FutureGetResultGet(e.ctx)
			e.must(err)
			if r.Some && !r.Value.IsErr && r.Value.Ok.Some {
				e.hold(r.Value.Ok.Value)
			}
		}
	case 7:
		if f, ok := resource[cache.FutureResult](e); ok {
			_, err := f.FutureResultGet(e.ctx)
			e.must(err)
		}
	case 8: // fill
		if v, ok := resource[cache.Vacancy](e); ok {
			o, err := v.VacancyFill(e.ctx, component.Option[uint32]{Some: e.rng.IntN(2) == 0, Value: uint32(e.rng.IntN(50))})
			e.must(err)
			e.hold(o)
		}
	case 9:
		if o, ok := resource[types.OutgoingValue](e); ok {
			// Of which key a vacancy is the guest does not know: write what
			// fits all.
			_ = o.OutgoingValueWriteBodySync(e.ctx, nil)
		}
	case 10:
		if o, ok := resource[types.OutgoingValue](e); ok {
			if s, err := o.OutgoingValueWriteBodyAsync(e.ctx); err == nil {
				e.hold(s)
			}
		}
	case 11: // read
		if v, ok := resource[types.IncomingValue](e); ok {
			if e.rng.IntN(2) == 0 {
				_, _ = v.IncomingValueConsumeSync(e.ctx)
			} else if s, err := v.IncomingValueConsumeAsync(e.ctx); err == nil {
				e.hold(s)
			}
		}
	case 12:
		if s, ok := resource[streams.InputStream](e); ok {
			_, _ = s.Read(e.ctx, e.rng.Uint64N(200))
		}
	case 13, 14: // drop
		if len(e.held) > 0 {
			i := e.rng.IntN(len(e.held))
			e.drop(e.held[i])
			e.held = append(e.held[:i], e.held[i+1:]...)
		}
	case 15:
		time.Sleep(time.Duration(e.rng.IntN(20)) * time.Millisecond)
	}
}

// verify reads a key to the end, in between.
func (e *erratic) verify() {
	k := e.keys[e.rng.IntN(len(e.keys))]
	f, err := e.kv.Get(e.ctx, k)
	e.must(err)
	e.wait(f.ListenToFutureGetResult)
	r, err := f.FutureGetResultGet(e.ctx)
	e.must(err)
	if !r.Value.IsErr && r.Value.Ok.Some {
		e.check(k, e.consume(r.Value.Ok.Value))
	}
	e.drop(f)
}

// Whatever guests do, nothing of it stays behind, no value turns up under
// another key, and every vacancy ends.
func TestErraticGuests(t *testing.T) {
	for _, s := range []struct {
		name    string
		options inmem.Options
	}{
		{"immediate", inmem.Options{}},
		{"waiting", inmem.Options{Latency: 3 * time.Millisecond}},
	} {
		t.Run(s.name, func(t *testing.T) {
			rounds := 60
			if testing.Short() {
				rounds = 5
			}
			for seed := range rounds {
				synctest.Test(t, func(t *testing.T) { erraticRound(t, s.options, uint64(seed)) })
				if t.Failed() {
					t.Fatalf("with seed %d", seed)
				}
			}
		})
	}
}

func erraticRound(t *testing.T, options inmem.Options, seed uint64) {
	c := backends.New(inmem.New(options), backends.Config{VacancyTimeout: 200 * time.Millisecond})
	defer c.Close()
	limits := component.Limits{Futures: 20, Vacancies: 4}
	rng := rand.New(rand.NewPCG(seed, 0))
	var guests []*erratic
	for range 3 {
		guests = append(guests, &erratic{guest: newGuest(t, c, "", limits), rng: rng, keys: []string{"a", "b", "c"}})
	}
	for i := range 600 {
		g := guests[rng.IntN(len(guests))]
		g.step()
		if i%10 == 0 {
			g.verify()
		}
	}
	guests[0].end() // holding whatever it holds
	for _, g := range guests[1:] {
		for _, o := range g.held {
			g.drop(o)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		operations, waiters, vacancies := keyvalue.Pending(g.inner, c)
		if operations+waiters+vacancies != 0 {
			t.Errorf("left behind: %d operations, %d waiters, %d vacancies", operations, waiters, vacancies)
		}
		if n := keyvalue.HeldBytes(g.inner, c); n != 0 {
			t.Errorf("left behind: %d bytes", n)
		}
		if n := keyvalue.Running(g.inner, c); n != 0 {
			t.Errorf("left behind: %d goroutines", n)
		}
	}
	s := c.Stats()
	if ended := s.Filled + s.Abandoned + s.Expired + s.Superseded; ended != s.Computations {
		t.Errorf("%d of %d vacancies ended", ended, s.Computations)
	}
	for _, k := range guests[1].keys {
		guests[1].set(k, k+";last", noTTL)
		guests[2].wantOccupied(guests[2].ask(k), k+";last")
	}
	for _, g := range guests[1:] {
		g.end()
	}
}
