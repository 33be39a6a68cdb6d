package clocks_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/monotonicclock"
	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/wallclock"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func now(t *testing.T, m monotonicclock.Host) uint64 {
	t.Helper()
	n, err := m.Now(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSystemClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clocks.System()
		m, w := clocks.NewMonotonic(c), clocks.NewWall(c)
		before := now(t, m)
		if before < uint64(time.Hour) {
			t.Errorf("a new clock shows %d: a guest cannot subtract an hour", before)
		}
		time.Sleep(1234 * time.Millisecond)
		if d := now(t, m) - before; d != uint64(1234*time.Millisecond) {
			t.Errorf("%d ns passed", d)
		}
		wall, err := w.Now(context.Background())
		want := wallclock.Datetime{Seconds: 946684801, Nanoseconds: 234e6} // synctest begins at 2000-01-01
		if diff := cmp.Diff(want, wall); diff != "" || err != nil {
			t.Errorf("error %v, wall clock differs:\n%s", err, diff)
		}
	})
}

func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		g := component.NewLinker().NewGuest(ctx, component.Limits{})
		defer g.Close(ctx)
		ctx = component.WithGuest(ctx, g)
		m := clocks.NewMonotonic(clocks.System())
		subscribe := func(d time.Duration) poll.Pollable {
			p, err := m.SubscribeDuration(ctx, uint64(d))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		list := []poll.Pollable{subscribe(3 * time.Second), subscribe(2 * time.Second), subscribe(time.Hour)}
		p := io.NewPoll(g)
		start := time.Now()
		got, err := p.Poll(ctx, list)
		if diff := cmp.Diff([]uint32{1}, got); diff != "" || err != nil || time.Since(start) != 2*time.Second {
			t.Fatalf("after %v: error %v, indices differ:\n%s", time.Since(start), err, diff)
		}
		time.Sleep(time.Second)
		got, err = p.Poll(ctx, list)
		if diff := cmp.Diff([]uint32{0, 1}, got); diff != "" || err != nil || time.Since(start) != 3*time.Second {
			t.Fatalf("after %v: error %v, indices differ:\n%s", time.Since(start), err, diff)
		}
		if err := list[2].Block(ctx); err != nil || time.Since(start) != time.Hour {
			t.Fatalf("block took %v, error %v", time.Since(start), err)
		}
	})
}

func TestInstants(t *testing.T) {
	ctx := context.Background()
	m := clocks.NewMonotonic(clocks.System())
	for _, past := range []uint64{0, 1, now(t, m)} {
		p, err := m.SubscribeInstant(ctx, past)
		if err != nil {
			t.Fatal(err)
		}
		if ready, _ := p.Ready(ctx); !ready {
			t.Errorf("instant %d is not ready", past)
		}
	}
	p, err := m.SubscribeDuration(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Block(ctx); err != nil {
		t.Error(err)
	}
}

// TestForever has timers that overflow a sum of nanoseconds, or a Go duration.
func TestForever(t *testing.T) {
	for _, d := range []uint64{math.MaxUint64, math.MaxUint64 - 1, math.MaxInt64, math.MaxInt64 + 1, math.MaxInt64 - uint64(time.Hour)} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 1000*time.Hour)
			defer cancel()
			m := clocks.NewMonotonic(clocks.System())
			for name, subscribe := range map[string]func(context.Context, uint64) (poll.Pollable, error){
				"duration": m.SubscribeDuration, "instant": m.SubscribeInstant,
			} {
				p, err := subscribe(ctx, d)
				if err != nil {
					t.Fatal(err)
				}
				if ready, _ := p.Ready(ctx); ready {
					t.Fatalf("%s %d is ready", name, d)
				}
				if err := p.Block(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("block on %s %d gave %v", name, d, err)
				}
			}
		})
	}
}

func TestTimersAllocateNothing(t *testing.T) {
	ctx := context.Background()
	m := clocks.NewMonotonic(clocks.System())
	if n := testing.AllocsPerRun(1000, func() {
		p, err := m.SubscribeDuration(ctx, uint64(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		p.(interface{ Drop(context.Context) }).Drop(ctx)
	}); n > 0.5 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

func TestManualClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c := clocks.NewManual(time.Unix(1000, 5))
		m, w := clocks.NewMonotonic(c), clocks.NewWall(c)
		p, err := m.SubscribeDuration(ctx, uint64(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		start := now(t, m)
		done := make(chan error)
		go func() { done <- p.Block(ctx) }()
		c.Advance(59 * time.Second)
		time.Sleep(24 * time.Hour) // real time does not count
		select {
		case <-done:
			t.Fatal("the timer was over early")
		default:
		}
		c.Advance(time.Second)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if d := now(t, m) - start; d != uint64(time.Minute) {
			t.Errorf("%d ns passed", d)
		}
		got, err := w.Now(ctx)
		if diff := cmp.Diff(wallclock.Datetime{Seconds: 1060, Nanoseconds: 5}, got); diff != "" || err != nil {
			t.Errorf("error %v, wall clock differs:\n%s", err, diff)
		}
	})
}

func TestWallBefore1970(t *testing.T) {
	got, err := clocks.NewWall(clocks.NewManual(time.Unix(-5, 7))).Now(context.Background())
	if diff := cmp.Diff(wallclock.Datetime{}, got); diff != "" || err != nil {
		t.Errorf("error %v, wall clock differs:\n%s", err, diff)
	}
}

func TestResolution(t *testing.T) {
	ctx := context.Background()
	c := clocks.System()
	mono, err := clocks.NewMonotonic(c).Resolution(ctx)
	wall, err2 := clocks.NewWall(c).Resolution(ctx)
	if mono == 0 || wall == (wallclock.Datetime{}) || errors.Join(err, err2) != nil {
		t.Errorf("resolutions %d, %v, errors %v, %v", mono, wall, err, err2)
	}
}

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	if err := clocks.Register(l); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"wasi:clocks/monotonic-clock@0.2.0", "wasi:clocks/wall-clock@0.2.3"} {
		if l.Lookup(name) == nil {
			t.Errorf("%s is not served", name)
		}
	}
}
