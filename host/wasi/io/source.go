package io

import (
	"sync"
	"sync/atomic"
	"time"
)

// Source is what a Pollable waits for: something that becomes ready.
//
// A poll asks Ready of all its sources; where none is, it calls Watch of each,
// asks Ready again, sleeps until its Waker is woken, and calls Unwatch. So a
// source that turns ready between the calls is not missed, and Watch need not
// look.
type Source interface {
	// Ready says whether the wait is over. It must not block.
	Ready() bool
	// Watch has w woken, from any goroutine, when Ready may have turned true.
	// Waking too often does no harm. Watching twice with the same Waker counts
	// once. A source that time alone makes ready calls w.WakeAfter here
	// instead.
	Watch(w *Waker)
	// Unwatch ends Watch; w may be woken no more once it returned, or a late
	// wake-up makes a later poll look once more in vain.
	Unwatch(w *Waker)
}

// Waker wakes one poll. It is made by this package and valid from Watch to
// Unwatch.
type Waker struct {
	c     chan struct{}
	timed bool
	after time.Duration
}

// Wake has the poll look at its sources again. Any goroutine may call it, any
// number of times; it never blocks.
func (w *Waker) Wake() {
	select {
	case w.c <- struct{}{}:
	default: // awake already
	}
}

// WakeAfter has the poll look again when d has passed, unless it ends earlier.
// Only Watch may call it: however many sources ask, the poll runs one timer,
// for the shortest.
func (w *Waker) WakeAfter(d time.Duration) {
	if !w.timed || d < w.after {
		w.timed, w.after = true, max(d, 0)
	}
}

// Watchers keeps the Wakers of those who wait for a Source; the zero value has
// none. It is safe for concurrent use, and must not be copied once used.
//
// A Source embeds it or forwards to it, and calls Wake after each change that
// may have made Ready true. Nobody waiting, that costs one atomic load.
type Watchers struct {
	n     atomic.Int32 // how many there are, or are about to be
	mu    sync.Mutex
	first *Waker
	more  map[*Waker]struct{} // those beside first
}

// Watch adds w.
func (s *Watchers) Watch(w *Waker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.first == w:
		return
	case s.first == nil:
		if _, dup := s.more[w]; dup {
			return
		}
		s.first = w
	default:
		if _, dup := s.more[w]; dup {
			return
		}
		if s.more == nil {
			s.more = map[*Waker]struct{}{}
		}
		s.more[w] = struct{}{}
	}
	s.n.Add(1)
}

// Unwatch removes w, where it is there.
func (s *Watchers) Unwatch(w *Waker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, there := s.more[w]; {
	case s.first == w:
		s.first = nil
	case there:
		delete(s.more, w)
	default:
		return
	}
	s.n.Add(-1)
}

// Wake wakes all. The change that it announces must be visible to Ready before
// the call.
func (s *Watchers) Wake() {
	// Whoever is not counted yet asks Ready after Watch, and sees the change.
	if s.n.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first != nil {
		s.first.Wake()
	}
	for w := range s.more {
		w.Wake()
	}
}

// Always is a Source that is ready from the start: what files and memory give.
var Always Source = always{}

type always struct{}

func (always) Ready() bool    { return true }
func (always) Watch(*Waker)   {}
func (always) Unwatch(*Waker) {}
