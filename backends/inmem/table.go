package inmem

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"strings"
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
}

func (t *table) id(s *space, key string) entryID {
	return entryID(maphash.String(t.driver.seed, key) ^ s.salt)
}

// Get implements [backends.Table].
func (t *table) Get(key string) ([]byte, bool) {
	s := t.space.Load()
	e, ok := t.driver.entries.GetIfPresent(t.id(s, key))
	if !ok || !e.is(s, key, t.driver.clock) {
		return nil, false
	}
	return e.value, true
}

// Set implements [backends.Table].
func (t *table) Set(key string, value []byte, ttl time.Duration) error {
	e, err := t.newEntry("set", key, value, ttl)
	if err != nil {
		return err
	}
	t.driver.entries.Set(t.id(e.space, key), e)
	t.afterWrite(e)
	return nil
}

// Delete implements [backends.Table].
func (t *table) Delete(key string) bool {
	s := t.space.Load()
	e, existed := t.driver.entries.Invalidate(t.id(s, key))
	return existed && e.is(s, key, t.driver.clock)
}

// A condition decides from the live entry, nil if there is none, whether a write may go ahead.
type condition func(current *entry) error

func absent(current *entry) error {
	if current != nil {
		return backends.ErrAlreadyExists
	}
	return nil
}

// storeIf stores e if the condition allows it, or returns the condition's error.
func (t *table) storeIf(e *entry, allow condition) (conflict error) {
	t.driver.entries.Compute(t.id(e.space, e.key), func(current *entry, _ bool) (*entry, otter.ComputeOp) {
		if conflict = allow(current.ifFor(e.space, e.key, t.driver.clock)); conflict != nil {
			return current, otter.CancelOp
		}
		return e, otter.WriteOp
	})
	t.afterWrite(e)
	return conflict
}

// deleteIf deletes the entry if the condition allows it, or returns the condition's error.
func (t *table) deleteIf(key string, allow condition) (conflict error) {
	s := t.space.Load()
	t.driver.entries.Compute(t.id(s, key), func(current *entry, _ bool) (*entry, otter.ComputeOp) {
		if conflict = allow(current.ifFor(s, key, t.driver.clock)); conflict != nil {
			return current, otter.CancelOp
		}
		return nil, otter.InvalidateOp
	})
	return conflict
}

// ifFor returns e, or nil if it is not the live entry of the space and key.
func (e *entry) ifFor(s *space, key string, c *clock) *entry {
	if e == nil || !e.is(s, key, c) {
		return nil
	}
	return e
}

// newEntry returns an entry that owns value, or why there cannot be one.
func (t *table) newEntry(op, key string, value []byte, ttl time.Duration) (*entry, error) {
	if t.driver.closed.Load() {
		return nil, opError(op, t.name, backends.ErrClosed)
	}
	if err := backends.CheckTTL(ttl); err != nil {
		return nil, opError(op, t.name, err)
	}
	if size := uint64(len(key)) + uint64(len(value)) + entryOverhead; size > t.driver.capacity {
		return nil, opError(op, t.name, fmt.Errorf("%w: the entry takes %d bytes, the store holds %d (max-bytes)",
			backends.ErrTooLarge, size, t.driver.capacity))
	}
	e := &entry{
		space:   t.space.Load(),
		key:     strings.Clone(key),
		value:   value,
		ttl:     backends.CeilMillis(ttl),
		version: rand.Uint64() | 1, // never the zero token
	}
	if e.ttl > 0 {
		now := t.driver.clock.read()
		if e.deadline = now + int64(e.ttl); e.deadline < now {
			e.deadline = math.MaxInt64
		}
	}
	return e, nil
}

// afterWrite undoes a write that a concurrent Clear may have walked past: the entry is in a space
// nobody reads any more and would only take room. Either the walk sees the entry, or this sees
// that the space is cleared.
func (t *table) afterWrite(e *entry) {
	t.driver.settle(e)
	if e.space.cleared.Load() {
		t.driver.entries.Invalidate(t.id(e.space, e.key))
	}
}
