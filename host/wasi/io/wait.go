package io

import (
	"context"
	"time"

	"github.com/wasikv/wasikv/host/component"
)

// waiter is how one guest sleeps: a Waker and a timer, used again by each of
// its waits.
type waiter struct {
	Waker
	timer *time.Timer
	life  context.Context // ends with the guest
	busy  bool
}

type waiterKey struct{}

// sleeper gives the waiter of the guest that ctx belongs to; a context outside
// of any guest gets one for the occasion.
func sleeper(ctx context.Context) *waiter {
	g := component.GuestOf(ctx)
	if g == nil {
		return newWaiter(context.Background())
	}
	w, _ := g.Value(waiterKey{}).(*waiter)
	if w == nil {
		w = newWaiter(g.Context())
		g.SetValue(waiterKey{}, w)
	}
	if w.busy { // a Source that waits for another while it is asked
		return newWaiter(g.Context())
	}
	w.busy = true
	return w
}

func newWaiter(life context.Context) *waiter {
	return &waiter{Waker: Waker{c: make(chan struct{}, 1)}, life: life}
}

// arm makes the waiter ready for sources to register with.
func (w *waiter) arm() {
	w.timed = false
	select {
	case <-w.c: // a wake-up that came late for the wait before
	default:
	}
}

// sleep returns when it is worth looking again, or with the error of the
// context.
func (w *waiter) sleep(ctx context.Context) error {
	var alarm <-chan time.Time
	if w.timed {
		if w.timer == nil {
			w.timer = time.NewTimer(w.after)
		} else {
			w.timer.Reset(w.after)
		}
		defer w.timer.Stop()
		alarm = w.timer.C
	}
	select {
	case <-w.c:
		return nil
	case <-alarm:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.life.Done():
		return w.life.Err()
	}
}

// Wait blocks until s is ready. It returns the error of ctx where that ends
// first, or of the guest's own context. Host functions that must wait use it
// within a call from the guest; with a context of no guest it works as well.
func Wait(ctx context.Context, s Source) error {
	if s.Ready() {
		return nil
	}
	w := sleeper(ctx)
	defer func() { w.busy = false }()
	for {
		w.arm()
		s.Watch(&w.Waker)
		var err error
		if !s.Ready() {
			err = w.sleep(ctx)
		}
		s.Unwatch(&w.Waker)
		if s.Ready() {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
