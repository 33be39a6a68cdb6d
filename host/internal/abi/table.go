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
// free handle.
type entry struct {
	resource *types.Resource
	object   any    // host resource
	rep      uint32 // resource that a guest defines
	lends    uint32 // borrows of it under way
	own      bool
	task     *Task // of a borrow: the call that must drop it
}

// Abandoner is what a host resource implements that must hear of a guest that
// ended without dropping it.
type Abandoner interface{ Abandon() }

func (in *Instance) add(e entry) uint32 {
	g := in.guest
	if g.held >= g.limits.Handles {
		e.abandon()
		Throw("the guest holds %d resources, the limit (Limits.Handles)", g.held)
	}
	g.held++
	t := &in.table
	if h := t.free; h != 0 {
		slot := &t.entries[h]
		t.free = slot.rep
		*slot = e
		return h
	}
	if len(t.entries) == 0 {
		t.entries = append(make([]entry, 0, 16), entry{})
	}
	t.entries = append(t.entries, e)
	return uint32(len(t.entries) - 1)
}

// lookup gives the entry of a live handle of one resource type, or traps.
func (in *Instance) lookup(r *types.Resource, h uint32) *entry {
	t := &in.table
	if uint64(h) < uint64(len(t.entries)) {
		if e := &t.entries[h]; e.resource == r && r != nil {
			return e
		}
	}
	in.badHandle(r, h)
	return nil
}

func (in *Instance) badHandle(r *types.Resource, h uint32) {
	t := &in.table
	if uint64(h) >= uint64(len(t.entries)) || t.entries[h].resource == nil {
		Throw("unknown handle index %d, a %s was expected", h, r.Name)
	}
	Throw("handle %d is a %s, a %s was expected", h, t.entries[h].resource.Name, r.Name)
}

func (in *Instance) remove(h uint32) {
	t := &in.table
	t.entries[h] = entry{rep: t.free}
	t.free = h
	in.guest.held--
}

// NewOwn adds an own handle of a host resource.
func (in *Instance) NewOwn(r *types.Resource, object any) uint32 {
	return in.add(entry{resource: r, object: object, own: true})
}

// NewRep adds an own handle of a resource that a guest defines.
func (in *Instance) NewRep(r *types.Resource, rep uint32) uint32 {
	return in.add(entry{resource: r, rep: rep, own: true})
}

// NewBorrow adds a borrow handle, which the call under way must drop before it
// returns. One of rep and object counts, as with own handles.
func (in *Instance) NewBorrow(r *types.Resource, rep uint32, object any) uint32 {
	if in.task == nil {
		Throw("a borrow of %s was passed outside a call", r.Name)
	}
	h := in.add(entry{resource: r, rep: rep, object: object, task: in.task})
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
	if e.task != nil {
		e.task.borrows--
	}
	rep, object, owned = e.rep, e.object, e.own
	in.remove(h)
	return rep, object, owned
}

// DropHost is resource.drop of a host resource.
func (in *Instance) DropHost(ctx context.Context, r *types.Resource, h uint32) {
	if _, object, owned := in.Drop(r, h); owned && r.Drop != nil {
		r.Drop(ctx, object)
	}
}

// take lifts an own handle: it leaves the table.
func (in *Instance) take(r *types.Resource, h uint32) entry {
	e := in.lookup(r, h)
	if !e.own {
		Throw("handle %d is a borrow, an own of %s was expected", h, r.Name)
	}
	if e.lends != 0 {
		Throw("handle %d of %s cannot be passed on while it is lent", h, r.Name)
	}
	out := *e
	in.remove(h)
	return out
}

func (t *table) abandon() {
	for i := range t.entries {
		t.entries[i].abandon()
	}
}

// abandon tells an owned host object that its guest ended.
func (e *entry) abandon() {
	if a, ok := e.object.(Abandoner); ok && e.own {
		a.Abandon()
	}
	e.object = nil
}
