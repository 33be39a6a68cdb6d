package abi

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/types"
)

// ErrHandle says that a Handle cannot be used: it was given away, dropped, or
// borrowed for a call that is over.
var ErrHandle = errors.New("the resource handle is no longer held")

// Handle is a resource in the hands of the host: what a Value of type own or
// borrow holds. Copies of the Value share it.
//
// An owned Handle is held until it is passed to a guest as own, taken or
// dropped; a borrowed one until the call that lent it returns. A Handle belongs
// to the goroutine that calls the guest.
type Handle struct {
	resource *types.Resource
	object   any    // host resource
	rep      uint32 // resource that a guest defines
	guest    *Guest // where it came from; nil: the host made it
	own      bool
	state    handleState
}

type handleState uint8

const (
	held    handleState = iota
	leaving             // checked for a call, not yet in the guest's table
	gone
)

// Resource gives the type of the resource.
func (h *Handle) Resource() *types.Resource { return h.resource }

// Owned reports whether the Handle owns the resource.
func (h *Handle) Owned() bool { return h.own }

// Held reports whether the Handle can still be used.
func (h *Handle) Held() bool { return h.state == held }

// Object gives the host object behind the resource: nil for a resource that a
// guest defines, and for a Handle that is no longer held.
func (h *Handle) Object() any {
	if h.state == gone {
		return nil
	}
	return h.object
}

// Rep gives the representation of a resource that a guest defines.
func (h *Handle) Rep() uint32 { return h.rep }

// Take gives the object of an owned host resource to the caller, who ends it
// when done. The Handle is no longer held.
func (h *Handle) Take() (object any, err error) {
	if h.state != held || !h.own || !h.resource.Host() {
		return nil, fmt.Errorf("%w: cannot take %s", ErrHandle, h.resource.Name)
	}
	h.state = gone
	return h.object, nil
}

// Drop ends the hold: the destructor of an owned resource runs, in the guest
// where a guest defines it. Dropping a borrow has no consequence.
func (h *Handle) Drop(ctx context.Context) error {
	if h.state != held {
		return fmt.Errorf("%w: cannot drop %s", ErrHandle, h.resource.Name)
	}
	h.state = gone
	switch {
	case !h.own:
	case !h.resource.Host():
		if h.guest.destroy == nil {
			return fmt.Errorf("%w: the guest of %s cannot be called", ErrHandle, h.resource.Name)
		}
		return h.guest.destroy(ctx, h.resource, h.rep)
	case h.resource.Drop != nil:
		h.resource.Drop(ctx, h.object)
	}
	return nil
}

// abandon ends a Handle whose transfer a trap cut short.
func (h *Handle) abandon() {
	if h.state == gone {
		return
	}
	h.state = gone
	if a, ok := h.object.(Abandoner); ok && h.own {
		a.Abandon()
	}
}

// usable says why a Handle cannot be passed to g as r, or "".
func (h *Handle) usable(g *Guest, r *types.Resource, own bool) string {
	switch {
	case h.resource != r:
		return fmt.Sprintf("want a %s, got a %s", r.Name, h.resource.Name)
	case h.state != held:
		return "the handle of " + r.Name + " was given away, dropped, or lent for a call that is over"
	case own && !h.own:
		return "want an own of " + r.Name + ", got a borrow"
	case h.guest != nil && h.guest != g:
		return "the " + r.Name + " belongs to another guest"
	}
	return ""
}

// lower adds the handle to the table of the instance that receives it.
func (h *Handle) lower(in *Instance, own bool) uint32 {
	switch {
	case own:
		h.state = gone
		if h.resource.Host() {
			return in.NewOwn(h.resource, h.object)
		}
		return in.NewRep(h.resource, h.rep)
	case in.Defines(h.resource):
		return h.rep
	}
	return in.NewBorrow(h.resource, h.rep, h.object)
}
