package clocks

import (
	"sync"
	"time"

	"github.com/wasikv/wasikv/host/wasi/io"
)

// Clock is the time that a guest sees. It is safe for concurrent use.
type Clock interface {
	// Wall is the time of day. It may jump.
	Wall() time.Time
	// Monotonic is the time since a fixed, arbitrary moment. It is never
	// negative and never goes back.
	Monotonic() time.Duration
	// Timer is ready from the moment when Monotonic reaches at.
	Timer(at time.Duration) io.Source
}

// head is where System begins to count: guests subtract from an instant
// without expecting one that is close to 0.
const head = 24 * time.Hour

// System makes a clock that follows the one of the machine. Its monotonic time
// begins at the call, so that guests learn nothing of each other or the host.
func System() Clock { return &system{start: time.Now().Add(-head)} }

type system struct{ start time.Time }

func (c *system) Wall() time.Time                  { return time.Now() }
func (c *system) Monotonic() time.Duration         { return time.Since(c.start) }
func (c *system) Timer(at time.Duration) io.Source { return &deadline{clock: c, at: at} }

// deadline is a timer of the system clock.
type deadline struct {
	clock *system
	at    time.Duration
}

func (d *deadline) Ready() bool         { return d.clock.Monotonic() >= d.at }
func (d *deadline) Watch(w *io.Waker)   { w.WakeAfter(d.at - d.clock.Monotonic()) }
func (d *deadline) Unwatch(w *io.Waker) {}

// Manual is a clock that stands still until it is told otherwise: a guest that
// sleeps is woken by Advance. It is safe for concurrent use.
type Manual struct {
	mu       sync.Mutex
	wall     time.Time
	mono     time.Duration
	watchers io.Watchers
}

var _ Clock = (*Manual)(nil)

// NewManual makes a clock that shows wall.
func NewManual(wall time.Time) *Manual { return &Manual{wall: wall, mono: head} }

// Advance moves both times on by d and wakes the guests whose timers are over.
func (c *Manual) Advance(d time.Duration) {
	c.mu.Lock()
	c.wall, c.mono = c.wall.Add(d), c.mono+max(d, 0)
	c.mu.Unlock()
	c.watchers.Wake()
}

// Wall implements Clock.
func (c *Manual) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

// Monotonic implements Clock.
func (c *Manual) Monotonic() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

// Timer implements Clock.
func (c *Manual) Timer(at time.Duration) io.Source { return &manualTimer{Manual: c, at: at} }

type manualTimer struct {
	*Manual
	at time.Duration
}

func (t *manualTimer) Ready() bool         { return t.Monotonic() >= t.at }
func (t *manualTimer) Watch(w *io.Waker)   { t.watchers.Watch(w) }
func (t *manualTimer) Unwatch(w *io.Waker) { t.watchers.Unwatch(w) }
