package io

import "sync/atomic"

// Event is a Source that becomes ready once, when Set is called: the end of an
// asynchronous operation. The zero value is ready for use, so that it can be a
// field of the operation. It is safe for concurrent use, and must not be
// copied once used.
//
// Set costs one atomic store and one load where nobody waits.
type Event struct {
	set      atomic.Bool
	watchers Watchers
}

var _ Source = (*Event)(nil)

// Set makes the event ready and wakes all who wait. What the caller wrote
// before is visible to whoever finds the event ready. Further calls do nothing.
func (e *Event) Set() {
	if !e.set.Swap(true) {
		e.watchers.Wake()
	}
}

// Ready implements Source.
func (e *Event) Ready() bool { return e.set.Load() }

// Watch implements Source.
func (e *Event) Watch(w *Waker) { e.watchers.Watch(w) }

// Unwatch implements Source.
func (e *Event) Unwatch(w *Waker) { e.watchers.Unwatch(w) }

// Reset makes the event new, for a pooled operation. Nobody may be waiting for
// it, and no earlier owner may call Set any more.
func (e *Event) Reset() { e.set.Store(false) }
