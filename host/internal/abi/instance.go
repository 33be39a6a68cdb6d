package abi

import "github.com/wasikv/wasikv/host/internal/types"

// Instance is a component instance in the canonical ABI's sense: a handle
// table and the flags that keep calls from re-entering it.
type Instance struct {
	guest *Guest
	index int // among the guest's instances, as types.Resource.Definer counts
	table table
	// noLeave is set while realloc or post-return run: such code may not call
	// imports.
	noLeave bool
	// entered is set while an export runs: another call of an export traps.
	entered bool
	task    *Task
	parent  *Instance
}

// NewInstance adds a component instance to the guest. Instances are made in
// the plan's order, since that is how resources name their definer.
func (g *Guest) NewInstance(parent *Instance) *Instance {
	in := &Instance{guest: g, index: len(g.insts), parent: parent}
	g.insts = append(g.insts, in)
	return in
}

// Guest gives the guest that the instance is part of.
func (in *Instance) Guest() *Guest { return in.guest }

// Defines reports whether the instance defines the resource: it then sees
// borrows of it as bare representations.
func (in *Instance) Defines(r *types.Resource) bool { return r.Definer == in.index }

// CheckLeave traps where the instance may not call out.
func (in *Instance) CheckLeave() {
	if in.noLeave {
		Throw("cannot leave component instance: realloc and post-return may not call imports")
	}
}

// Task is one call of an export, from entry to return. It counts the borrows
// that the callee must have dropped when it returns.
type Task struct {
	instance *Instance
	outer    *Task
	borrows  int
}

// Enter begins a call of an export; Leave ends it. caller is the component
// instance that calls, nil for the host. It traps where the call could come
// back into an instance that is running: one that is entered already, an
// instance and one that encloses it, or any call by the host while the guest
// runs.
func (in *Instance) Enter(t *Task, caller *Instance) {
	g := in.guest
	switch {
	case in.entered:
		Throw("cannot enter component instance: it is already running")
	case caller == nil && g.depth > 0:
		Throw("cannot enter component instance: the guest is already running")
	case caller != nil && (caller.within(in) || in.within(caller)):
		Throw("cannot enter component instance: caller and callee are one instance, or one encloses the other")
	}
	if g.depth >= g.limits.Reentry {
		Throw("calls between component instances nest %d deep, the limit (Limits.Reentry)", g.depth)
	}
	g.depth++
	in.entered = true
	t.instance, t.outer, t.borrows = in, in.task, 0
	in.task = t
}

// within reports whether the instance is outer, or is inside it.
func (in *Instance) within(outer *Instance) bool {
	for p := in; p != nil; p = p.parent {
		if p == outer {
			return true
		}
	}
	return false
}

// Nest counts a call that does not enter another instance, such as a
// destructor of the instance's own, against Limits.Reentry; Unnest ends it.
func (g *Guest) Nest() {
	if g.depth >= g.limits.Reentry {
		Throw("calls nest %d deep, the limit (Limits.Reentry)", g.depth)
	}
	g.depth++
}

// Unnest ends what Nest began.
func (g *Guest) Unnest() { g.depth-- }

// Forbid keeps the instance from calling imports while post-return runs;
// Permit ends that.
func (in *Instance) Forbid() { in.noLeave = true }

// Permit ends what Forbid began.
func (in *Instance) Permit() { in.noLeave = false }

// Returned traps where the callee kept a borrow.
func (t *Task) Returned() {
	if t.borrows != 0 {
		Throw("borrow handles still remain at the end of the call: %d", t.borrows)
	}
}

// Leave ends the call, however it ended.
func (t *Task) Leave() {
	in := t.instance
	in.entered = false
	in.task = t.outer
	in.guest.depth--
}

// Lent is what a lowered call borrowed from its caller; it is given back when
// the call returns.
type Lent struct {
	instance *Instance
	handles  []uint32
	values   []*Handle // the same loans as the host sees them
}

// lend lifts a borrow: the handle cannot be dropped or passed on until the
// call is over. lent may be nil for calls that cannot run guest code in
// between.
func (in *Instance) lend(r *types.Resource, h uint32, lent *Lent) *entry {
	e := in.lookup(r, h)
	if lent != nil {
		e.lends++
		lent.instance = in
		lent.handles = append(lent.handles, h)
	}
	return e
}

// Return gives everything back.
func (l *Lent) Return() {
	for _, h := range l.handles {
		l.instance.table.entries[h].lends--
	}
	for _, h := range l.values {
		h.state = gone
	}
	l.handles, l.values = l.handles[:0], l.values[:0]
}
