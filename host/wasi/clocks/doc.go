// Package clocks implements wasi:clocks for hosts: monotonic-clock
// (monotonic.go) and wall-clock (wall.go). The timezone interface is not part
// of stable WASI 0.2 and is not offered.
//
// Guests get the System clock unless the embedder configures another Clock; a
// Manual one makes time part of a test.
//
// # Denied by default
//
// A guest learns the time of day and how much time passes, and nothing of when
// the host was started. A timer costs neither goroutine nor thread: it is a
// deadline of the poll that waits for it.
//
// # Concurrency
//
// What guests hold belongs to the goroutine that calls them. A Clock is safe
// for concurrent use, so that many guests may share it.
package clocks

import (
	"errors"

	"github.com/wasikv/wasikv/host/component"
)

type clockKey struct{}

// Configure gives a guest its clock; nil is System. It comes before the guest's
// first call.
func Configure(g *component.Guest, c Clock) {
	if c != nil {
		g.SetValue(clockKey{}, c)
	}
}

// clockOf gives the clock of a guest.
func clockOf(g *component.Guest) Clock {
	c, ok := g.Value(clockKey{}).(Clock)
	if !ok {
		c = System()
		g.SetValue(clockKey{}, c)
	}
	return c
}

// Register defines wasi:clocks/monotonic-clock and wasi:clocks/wall-clock.
func Register(l *component.Linker) error {
	return errors.Join(registerMonotonic(l), registerWall(l))
}
