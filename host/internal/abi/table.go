package abi

import (
	"context"

	"github.com/wasikv/wasikv/host/internal/types"
)

// table is the handle table of one component instance. Handles start at 1 and
// a freed one is the next given out (normative: guests may rely on it).
type table struct {
	entries []entry // entries[0] is never used
	free    uint32  // head of the free list, 0: none
}

// entry is a handle. A free one has no resource type, and its rep is the next
// free handle; the rest of it is zero.
type entry struct {
	resource *types.Resource
	object   any    // host resource
	task     *Task  // of a borrow: the call that must drop it; nil: it is own
	rep      uint32 // resource that a guest defines
	lends    uint32 // borrows of it under way
}

// own reports whether a live handle owns its resource.
func (e *entry) own() bool { return e.task == nil }

// Abandoner is what a host resource implements that must hear of a guest that
// ended without dropping it.
type Abandoner interface{ Abandon() }

// add takes a free handle of r: the entry's other fields are zero, and the
// caller's to set. object is what it will hold, abandoned where there is no
// room.
func (in *Instance) add(r *types.Resource, object any) (uint32, *entry) {
	g := in.guest
	t := &in.table
	h := t.free
	if h == 0 || g.held >= g.limits.Handles {
		h = in.grow(object)
	}
	g.held++
	e := &t.entries[h]
	t.free = e.rep
	e.resource, e.object, e.rep = r, object, 0
	return h, e
}

// grow makes room for a handle, and gives it: free, and the first to be taken.
func (in *Instance) grow(object any) uint32 {
	g := in.guest
	if g.held >= g.limits.Handles {
		abandon(object)
		Throw("the guest holds %d resources, the limit (Limits.Handles)", g.held)
	}
	t := &in.table
	if len(t.entries) == 0 {
		t.entries = append(make([]entry, 0, 16), entry{})
	}
	t.entries = append(t.entries, entry{})
	return uint32(len(t.entries) - 1)
}

// lookup gives the entry of a live handle of one resource type, or traps.
func (in *Instance) lookup(r *types.Resource, h uint32) *entry {
	if t := in.table.entries; uint(h) < uint(len(t)) {
		if e := &t[h]; e.resource == r {
			return e
		}
	}
	return in.badHandle(r, h)
}

func (in *Instance) badHandle(r *types.Resource, h uint32) *entry {
	t := &in.table
	if uint64(h) >= uint64(len(t.entries)) || t.entries[h].resource == nil {
		Throw("unknown handle index %d, a %s was expected", h, r.Name)
	}
	Throw("handle %d is a %s, a %s was expected", h, t.entries[h].resource.Name, r.Name)
	return nil
}

// remove frees a handle, which is neither lent nor a borrow.
func (in *Instance) remove(h uint32, e *entry) {
	e.resource, e.object, e.rep = nil, nil, in.table.free
	in.table.free = h
	in.guest.held--
}

// NewOwn adds an own handle of a host resource.
func (in *Instance) NewOwn(r *types.Resource, object any) uint32 {
	h, _ := in.add(r, object)
	return h
}

// NewRep adds an own handle of a resource that a guest defines.
func (in *Instance) NewRep(r *types.Resource, rep uint32) uint32 {
	h, e := in.add(r, nil)
	e.rep = rep
	return h
}

// NewBorrow adds a borrow handle, which the call under way must drop before it
// returns. One of rep and object counts, as with own handles.
func (in *Instance) NewBorrow(r *types.Resource, rep uint32, object any) uint32 {
	if in.task == nil {
		Throw("a borrow of %s was passed outside a call", r.Name)
	}
	h, e := in.add(r, nil)
	e.object, e.rep, e.task = object, rep, in.task
	in.task.borrows++
	return h
}

// Rep gives the representation behind a handle (resource.rep).
func (in *Instance) Rep(r *types.Resource, h uint32) uint32 { return in.lookup(r, h).rep }

// Drop removes a handle (resource.drop). It returns what was owned, so that
// the caller runs the destructor, and owned false for a borrow.
func (in *Instance) Drop(r *types.Resource, h uint32) (rep uint32, object any, owned bool) {
	e := in.lookup(r, h)
	if e.lends != 0 {
		Throw("handle %d of %s cannot be dropped while it is lent", h, r.Name)
	}
	rep, object, owned = e.rep, e.object, e.own()
	if !owned {
		e.task.borrows--
		e.task = nil
	}
	in.remove(h, e)
	return rep, object, owned
}

// DropHost is resource.drop of a host resource.
func (in *Instance) DropHost(ctx context.Context, r *types.Resource, h uint32) {
	e := in.lookup(r, h)
	if e.lends != 0 || !e.own() {
		in.Drop(r, h)
		return
	}
	object := e.object
	in.remove(h, e)
	if r.Drop != nil {
		r.Drop(ctx, object)
	}
}

// take lifts an own handle: it leaves the table.
func (in *Instance) take(r *types.Resource, h uint32) entry {
	e := in.lookup(r, h)
	if !e.own() {
		Throw("handle %d is a borrow, an own of %s was expected", h, r.Name)
	}
	if e.lends != 0 {
		Throw("handle %d of %s cannot be passed on while it is lent", h, r.Name)
	}
	out := *e
	in.remove(h, e)
	return out
}

func (t *table) abandon() {
	for i := range t.entries {
		e := &t.entries[i]
		if e.resource != nil && e.own() {
			abandon(e.object)
		}
		e.object = nil
	}
}

// abandon tells an owned host object that its guest ended.
func abandon(object any) {
	if a, ok := object.(Abandoner); ok {
		a.Abandon()
	}
}
