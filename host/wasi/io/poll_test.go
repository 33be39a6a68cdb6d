package io_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// alarm is a Source that time makes ready.
type alarm struct{ at time.Time }

func (a alarm) Ready() bool         { return !time.Now().Before(a.at) }
func (a alarm) Watch(w *io.Waker)   { w.WakeAfter(time.Until(a.at)) }
func (a alarm) Unwatch(w *io.Waker) {}

func TestPollTrapsOnNoPollables(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	_, err := io.NewPoll(g).Poll(ctx, nil)
	wantTrap(t, err, "poll of no pollables")
}

func TestPollTrapsOverTheLimit(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	list := make([]poll.Pollable, 5000)
	for i := range list {
		list[i] = io.NewPollable(io.Always) // the same source 5,000 times
	}
	p := io.NewPoll(g)
	_, err := p.Poll(ctx, list)
	wantTrap(t, err, "poll of 5000 pollables, the limit is 1024 (Limits.PollList)")
	if got, err := p.Poll(ctx, list[:1024]); err != nil || len(got) != 1024 {
		t.Fatalf("at the limit: %d ready, error %v", len(got), err)
	}
}

func TestPollGivesTheIndicesOfReadyOnes(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	var pending, done io.Event
	done.Set()
	same := io.NewPollable(&done)
	in := append(pollables(&pending, &done, &pending), same, io.NewPollable(&pending), same)
	got, err := io.NewPoll(g).Poll(ctx, in)
	if diff := cmp.Diff([]uint32{1, 3, 5}, got); diff != "" || err != nil {
		t.Fatalf("error %v, indices differ:\n%s", err, diff)
	}
}

func TestPollWaitsForAnyGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, g := newGuest(t, component.Limits{})
		events := make([]io.Event, 100)
		var in []poll.Pollable
		for i := range events {
			in = append(in, io.NewPollable(&events[i]), io.NewPollable(&events[i])) // duplicates
		}
		in = append(in, io.NewPollable(alarm{time.Now().Add(time.Hour)}))
		p := io.NewPoll(g)
		for i := range events {
			start := time.Now()
			time.AfterFunc(time.Second, events[i].Set)
			got, err := p.Poll(ctx, in[2*i:])
			if diff := cmp.Diff([]uint32{0, 1}, got); diff != "" || err != nil {
				t.Fatalf("error %v, indices differ:\n%s", err, diff)
			}
			if d := time.Since(start); d != time.Second {
				t.Fatalf("poll took %v", d)
			}
		}
		got, err := p.Poll(ctx, in[len(in)-1:])
		if diff := cmp.Diff([]uint32{0}, got); diff != "" || err != nil {
			t.Fatalf("error %v, indices differ:\n%s", err, diff)
		}
	})
}

func TestPollRunsOneTimerForTheEarliest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, g := newGuest(t, component.Limits{})
		start := time.Now()
		in := pollables(&never{}, alarm{start.Add(3 * time.Second)}, alarm{start.Add(2 * time.Second)}, alarm{start.Add(time.Hour)})
		p := io.NewPoll(g)
		for range 3 { // the timer is used again
			got, err := p.Poll(ctx, in)
			if len(got) == 0 || err != nil {
				t.Fatalf("poll gave %v, error %v", got, err)
			}
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Fatalf("polls took %v", d)
		}
	})
}

func TestPollSurvivesWakersThatLie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, g := newGuest(t, component.Limits{})
		liar := &never{}
		end := alarm{time.Now().Add(time.Second)}
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					liar.Wake()
				}
			}
		}()
		got, err := io.NewPoll(g).Poll(ctx, pollables(liar, end))
		if diff := cmp.Diff([]uint32{1}, got); diff != "" || err != nil {
			t.Fatalf("error %v, indices differ:\n%s", err, diff)
		}
		close(stop)
	})
}

func TestWaitsHonourTheContext(t *testing.T) {
	waits := map[string]func(ctx context.Context, g *component.Guest) error{
		"poll": func(ctx context.Context, g *component.Guest) error {
			_, err := io.NewPoll(g).Poll(ctx, pollables(&never{}, new(io.Event)))
			return err
		},
		"block": func(ctx context.Context, _ *component.Guest) error {
			return io.NewPollable(new(io.Event)).Block(ctx)
		},
		"blocking-read": func(ctx context.Context, _ *component.Guest) error {
			_, err := io.NewInput(stuck{}).BlockingRead(ctx, 1)
			return err
		},
		"blocking-skip": func(ctx context.Context, _ *component.Guest) error {
			_, err := io.NewInput(stuck{}).BlockingSkip(ctx, 1)
			return err
		},
		"blocking-flush": func(ctx context.Context, _ *component.Guest) error {
			return io.NewOutput(stuck{}).BlockingFlush(ctx)
		},
		"blocking-write-and-flush": func(ctx context.Context, _ *component.Guest) error {
			return io.NewOutput(stuck{}).BlockingWriteAndFlush(ctx, []byte("x"))
		},
		"blocking-splice": func(ctx context.Context, _ *component.Guest) error {
			_, err := io.NewOutput(stuck{}).BlockingSplice(ctx, io.NewBytes([]byte("x")), 1)
			return err
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, g := newGuest(t, component.Limits{})
				limited, cancel := context.WithTimeout(ctx, time.Minute)
				defer cancel()
				start := time.Now()
				if err := wait(limited, g); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("got error %v, want the deadline's", err)
				}
				if d := time.Since(start); d != time.Minute {
					t.Fatalf("it took %v", d)
				}
				time.AfterFunc(time.Minute, func() { g.Close(ctx) })
				if err := wait(ctx, g); !errors.Is(err, context.Canceled) {
					t.Fatalf("got error %v at the end of the guest, want context.Canceled", err)
				}
			})
		})
	}
}

// stuck is an Input and an Output that never gets on.
type stuck struct{}

func (stuck) Ready() bool              { return false }
func (stuck) Watch(*io.Waker)          {}
func (stuck) Unwatch(*io.Waker)        {}
func (stuck) Read(int) ([]byte, error) { return nil, nil }
func (stuck) Permit() (int, error)     { return 0, nil }
func (stuck) Write([]byte) error       { return nil }
func (stuck) Flush() error             { return nil }

func TestPollRefusesForeignPollables(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	if _, err := io.NewPoll(g).Poll(ctx, []poll.Pollable{foreign{}}); err == nil {
		t.Fatal("a pollable without a Source was polled")
	}
}

type foreign struct{}

func (foreign) Ready(context.Context) (bool, error) { return true, nil }
func (foreign) Block(context.Context) error         { return nil }

func TestPollablesOfLargerObjects(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	type operation struct {
		io.Pollable
		done io.Event
	}
	var op operation
	op.Init(&op.done)
	if ready, _ := op.Ready(ctx); ready {
		t.Fatal("ready before the event")
	}
	op.done.Set()
	got, err := io.NewPoll(g).Poll(ctx, []poll.Pollable{&op})
	if diff := cmp.Diff([]uint32{0}, got); diff != "" || err != nil {
		t.Fatalf("error %v, indices differ:\n%s", err, diff)
	}
}

func TestIdlePollablesCostNoGoroutine(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	before := runtime.NumGoroutine()
	in := io.NewInput(io.NewReader(blockedReader{}))
	for range 1000 {
		if _, err := in.Subscribe(ctx); err != nil {
			t.Fatal(err)
		}
		io.NewPollable(new(io.Event))
	}
	if after := runtime.NumGoroutine(); after != before {
		t.Fatalf("%d goroutines, %d before", after, before)
	}
}

type blockedReader struct{}

func (blockedReader) Read([]byte) (int, error) { select {} }

func TestReadyPollAllocatesNothing(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	var done io.Event
	done.Set()
	in := pollables(new(io.Event), &done)
	p := io.NewPoll(g)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := p.Poll(ctx, in); err != nil {
			t.Fatal(err)
		}
		if err := in[1].Block(ctx); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestWaitingAllocatesNothing(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	p := io.NewPoll(g)
	in := pollables(&ticker{}, new(io.Event))
	if n := testing.AllocsPerRun(100, func() {
		if _, err := p.Poll(ctx, in); err != nil {
			t.Fatal(err)
		}
		if err := in[0].Block(ctx); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// ticker is ready a microsecond after the first look, once.
type ticker struct{ at time.Time }

func (s *ticker) Ready() bool {
	if s.at.IsZero() {
		s.at = time.Now().Add(time.Microsecond)
	}
	if time.Now().Before(s.at) {
		return false
	}
	s.at = time.Time{}
	return true
}
func (s *ticker) Watch(w *io.Waker) { w.WakeAfter(time.Until(s.at)) }
func (s *ticker) Unwatch(*io.Waker) {}

// TestEventsWakeEachWaiter races setters against waiters: a lost wake-up hangs.
func TestEventsWakeEachWaiter(t *testing.T) {
	for range 500 {
		var e io.Event
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := io.Wait(context.Background(), &e); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(e.Set)
		wg.Go(e.Set)
		wg.Wait()
	}
}

func TestEventCanBeReset(t *testing.T) {
	var e io.Event
	e.Set()
	e.Reset()
	if e.Ready() {
		t.Fatal("ready after Reset")
	}
	e.Set()
	if !e.Ready() {
		t.Fatal("not ready after Set")
	}
}

func BenchmarkPollReady(b *testing.B) {
	ctx, g := newGuest(b, component.Limits{})
	var done io.Event
	done.Set()
	in := pollables(new(io.Event), &done, new(io.Event))
	p := io.NewPoll(g)
	for b.Loop() {
		_, _ = p.Poll(ctx, in)
	}
}

func BenchmarkPollWoken(b *testing.B) {
	ctx, g := newGuest(b, component.Limits{})
	var e io.Event
	in := pollables(&e)
	p := io.NewPoll(g)
	for b.Loop() {
		e.Reset()
		go e.Set()
		_, _ = p.Poll(ctx, in)
	}
}
