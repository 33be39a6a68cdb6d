package component

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAsFailure(t *testing.T) {
	if f, ok := AsFailure[uint8](Fail(uint8(3))); !ok || f.Err != 3 {
		t.Errorf("got %v, %v", f, ok)
	}
	if f, ok := AsFailure[string](fmt.Errorf("because: %w", Fail("why"))); !ok || f.Err != "why" {
		t.Errorf("wrapped: got %v, %v", f, ok)
	}
	for _, err := range []error{nil, errors.New("other"), Fail(uint16(3)), (*Failure[uint8])(nil)} {
		if f, ok := AsFailure[uint8](err); ok {
			t.Errorf("%v is the failure %v", err, f)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { AsFailure[Unit](errUnit) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

var errUnit = Fail(Unit{})

type dropper struct{ drops int }

func (d *dropper) Drop(context.Context) { d.drops++ }

func TestDropObject(t *testing.T) {
	d := &dropper{}
	DropObject(t.Context(), d)
	DropObject(t.Context(), "no dropper")
	DropObject(t.Context(), nil)
	if d.drops != 1 {
		t.Errorf("dropped %d times", d.drops)
	}
}
