package inmem

import (
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/wasikv/wasikv/backends"
)

// table is one namespace of a driver. It implements [backends.Table].
type table struct {
	driver *Driver
	name   string
	space  atomic.Pointer[space]
	// front has entries that were used lately, by their ids: a look there is a fraction of one at
	// otter, which keeps account of every read. An entry that otter gave up has no content, so that
	// the front never serves what the cache does not hold.
	front [frontSize]atomic.Pointer[entry]
}

// frontSize is a power of two.
const frontSize = 256

// find returns the entry of a key and its content, nil if there is none. It may have expired.
func (t *table) find(s *space, key string) (*entry, *content) {
	id := t.id(s, key)
	slot := &t.front[id%frontSize]
	if e := slot.Load(); e != nil && e.id == id && e.is(s, key) {
		if c := e.content.Load(); c != nil {
			// Otter hears of a use once a tick, which is enough for it to tell what is used from
			// what is not.
			if tick := t.driver.clock.tick.Load(); e.noted.Load() != tick {
				e.noted.Store(tick)
				t.driver.entries.GetIfPresent(id)
			}
			return e, c
		}
	}
	e, ok := t.driver.entries.GetIfPresent(id)
	for ok && e.is(s, key) {
		if c := e.content.Load(); c != nil {
			slot.Store(e)
			return e, c
		}
		// Another entry is taking its place this moment, or none: wait for it.
		e, ok = t.driver.entries.ComputeIfPresent(id, func(current *entry) (*entry, otter.ComputeOp) {
			return current, otter.CancelOp
		})
	}
	return nil, nil
}

// get returns the live content under a key, nil if there is none.
func (t *table) get(key string) *content {
	_, c := t.find(t.space.Load(), key)
	return c.live(t.driver.clock)
}

// Get implements [backends.Table].
func (t *table) Get(key string) ([]byte, bool) {
	c := t.get(key)
	if c == nil {
		return nil, false
	}
	return c.value, true
}

// Set implements [backends.Table].
func (t *table) Set(key string, value []byte, ttl time.Duration) error {
	c, err := t.newContent("set", key, value, ttl)
	if err != nil {
		return err
	}
	if e, _ := t.find(t.space.Load(), key); e != nil && e.replace(c) {
		return nil
	}
	e := t.entryOf(key, c, ttl)
	t.driver.entries.Set(e.id, e)
	t.afterWrite(e)
	return nil
}

// Delete implements [backends.Table].
func (t *table) Delete(key string) bool {
	s := t.space.Load()
	e, existed := t.driver.entries.Invalidate(t.id(s, key))
	return existed && e.is(s, key) && e.last.live(t.driver.clock) != nil
}

// A condition decides from the live content, nil if there is none, whether a write may go ahead.
type condition func(current *content) error

func absent(current *content) error {
	if current != nil {
		return backends.ErrAlreadyExists
	}
	return nil
}

// storeIf stores e if the condition allows it, or returns the condition's error.
func (t *table) storeIf(e *entry, allow condition) (conflict error) {
	conflict = t.decide(e.space, e.key, e.id, allow, func() (*entry, otter.ComputeOp) { return e, otter.WriteOp })
	t.afterWrite(e)
	return conflict
}

// deleteIf deletes the entry if the condition allows it, or returns the condition's error.
func (t *table) deleteIf(key string, allow condition) (conflict error) {
	s := t.space.Load()
	return t.decide(s, key, t.id(s, key), allow, func() (*entry, otter.ComputeOp) { return nil, otter.InvalidateOp })
}

// decide does what the condition allows, or returns its error.
func (t *table) decide(s *space, key string, id entryID, allow condition, do func() (*entry, otter.ComputeOp)) (conflict error) {
	t.driver.entries.Compute(id, func(current *entry, _ bool) (*entry, otter.ComputeOp) {
		if current == nil || !current.is(s, key) {
			if conflict = allow(nil); conflict != nil {
				return current, otter.CancelOp
			}
			return do()
		}
		frozen := current.freeze()
		if conflict = allow(frozen.live(t.driver.clock)); conflict != nil {
			if frozen != nil {
				current.thaw(frozen)
			}
			return current, otter.CancelOp
		}
		return do()
	})
	return conflict
}

// afterWrite undoes a write that a concurrent Clear may have walked past: the entry is in a space
// nobody reads any more and would only take room. Either the walk sees the entry, or this sees
// that the space is cleared.
func (t *table) afterWrite(e *entry) {
	t.driver.settle(e)
	if e.space.cleared.Load() {
		t.driver.entries.Invalidate(e.id)
	}
}
