package clocks

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/wallclock"
	"github.com/wasikv/wasikv/host/component"
)

func registerWall(l *component.Linker) error {
	return wallclock.RegisterEach(l, func(g *component.Guest) (wallclock.Host, error) {
		return NewWall(clockOf(g)), nil
	})
}

// NewWall makes the functions of wasi:clocks/wall-clock over a clock.
func NewWall(c Clock) wallclock.Host { return wall{c} }

type wall struct{ clock Clock }

// Now is wall-clock.now. Times before 1970 have no datetime and are shown as
// its start.
func (w wall) Now(context.Context) (wallclock.Datetime, error) {
	t := w.clock.Wall()
	if t.Unix() < 0 {
		return wallclock.Datetime{}, nil
	}
	return wallclock.Datetime{Seconds: uint64(t.Unix()), Nanoseconds: uint32(t.Nanosecond())}, nil
}

// Resolution is wall-clock.resolution: a nanosecond, the unit of the Go clocks.
func (w wall) Resolution(context.Context) (wallclock.Datetime, error) {
	return wallclock.Datetime{Nanoseconds: 1}, nil
}
