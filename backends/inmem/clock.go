package inmem

import (
	"sync"
	"sync/atomic"
	"time"
)

// clock tells otter the time, which it asks for at every operation: reading it
// costs more than the rest of a hit. So otter is told the time that was read
// last, which is enough for what it does with it, freeing the room of expired
// entries; whether an entry has expired is decided by this package, from the
// precise time, and only for entries that expire at all.
//
// Time is in nanoseconds since the clock was made.
type clock struct {
	start time.Time
	last  atomic.Int64
	tick  atomic.Uint32 // counts the ticks

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func newClock() *clock {
	c := &clock{start: time.Now()}
	c.tick.Store(1) // an entry is new at tick 0
	return c
}

// clockLag is how far the time otter is told may lie behind when it was read: were it kept to the
// nanosecond, readers on several processors would pass the line it is in back and forth at every
// hit.
const clockLag = time.Millisecond

// read gives the precise time, and makes it about the time that otter is told.
func (c *clock) read() int64 {
	now := int64(time.Since(c.start)) + 1 // never 0, which is no deadline
	if now-c.last.Load() > int64(clockLag) {
		c.last.Store(now)
	}
	return now
}

// NowNano implements [otter.Clock].
func (c *clock) NowNano() int64 { return c.last.Load() }

// Tick implements [otter.Clock]: otter looks for expired entries at each tick,
// so each tick tells it the time.
func (c *clock) Tick(d time.Duration) <-chan time.Time {
	ticks := make(chan time.Time, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(d, func() {
		c.read()
		c.tick.Add(1)
		select {
		case ticks <- time.Now():
		default: // otter is still busy with the one before
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.stopped {
			c.timer.Reset(d)
		}
	})
	return ticks
}

// stop ends the ticks.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.timer != nil {
		c.timer.Stop()
	}
}
