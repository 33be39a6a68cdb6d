package clocks

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/monotonicclock"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func registerMonotonic(l *component.Linker) error {
	return monotonicclock.RegisterEach(l, func(g *component.Guest) (monotonicclock.Host, error) {
		return NewMonotonic(clockOf(g)), nil
	})
}

// NewMonotonic makes the functions of wasi:clocks/monotonic-clock over a clock.
func NewMonotonic(c Clock) monotonicclock.Host { return monotonic{c} }

type monotonic struct{ clock Clock }

// Now is monotonic-clock.now, in nanoseconds.
func (m monotonic) Now(context.Context) (uint64, error) {
	return uint64(m.clock.Monotonic()), nil
}

// Resolution is monotonic-clock.resolution: a nanosecond, the unit of the Go
// clocks.
func (m monotonic) Resolution(context.Context) (uint64, error) { return 1, nil }

// SubscribeInstant is monotonic-clock.subscribe-instant. An instant in the past
// is ready at once; one beyond 292 years never is.
func (m monotonic) SubscribeInstant(_ context.Context, when uint64) (poll.Pollable, error) {
	at := time.Duration(min(when, math.MaxInt64))
	if m.clock.Monotonic() >= at {
		return elapsed, nil
	}
	if c, ok := m.clock.(*system); ok {
		return newTimer(c, at), nil
	}
	return io.NewPollable(m.clock.Timer(at)), nil
}

// SubscribeDuration is monotonic-clock.subscribe-duration.
func (m monotonic) SubscribeDuration(ctx context.Context, when uint64) (poll.Pollable, error) {
	now := uint64(m.clock.Monotonic())
	if when > math.MaxUint64-now {
		when = math.MaxUint64 - now
	}
	return m.SubscribeInstant(ctx, now+when)
}

// elapsed is the pollable of all timers that were over when they were made.
var elapsed = io.NewPollable(io.Always)

// timer is a pollable of the system clock. A guest that sleeps in a loop makes
// one a round, so they are pooled.
type timer struct {
	io.Pollable
	deadline deadline
}

var timers = sync.Pool{New: func() any { return new(timer) }}

func newTimer(c *system, at time.Duration) *timer {
	t := timers.Get().(*timer)
	t.deadline = deadline{clock: c, at: at}
	t.Init(&t.deadline)
	return t
}

// Drop is called when the guest drops the pollable.
func (t *timer) Drop(context.Context) { timers.Put(t) }
