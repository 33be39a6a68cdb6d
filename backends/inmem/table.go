package inmem

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wasikv/wasikv/backends"
)

// table is one namespace of a driver. It implements [backends.Table].
type table struct {
	driver *Driver
	name   string
	space  atomic.Pointer[space]
}

// key returns the key to look up with, which may alias the caller's memory.
func (t *table) key(key string) entryKey { return entryKey{t.space.Load(), key} }

// ownKey returns a key to store under.
func (t *table) ownKey(key string) entryKey { return entryKey{t.space.Load(), strings.Clone(key)} }

// Get implements [backends.Table]. Otter compares the clock with the entry's expiry on every read.
func (t *table) Get(key string) ([]byte, bool) {
	e, ok := t.driver.entries.GetIfPresent(t.key(key))
	if !ok {
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
	k := t.ownKey(key)
	t.driver.entries.Set(k, e)
	t.afterWrite(k)
	return nil
}

// Delete implements [backends.Table].
func (t *table) Delete(key string) bool {
	_, existed := t.driver.entries.Invalidate(t.key(key))
	return existed
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
	return &entry{value: value, ttl: backends.CeilMillis(ttl), version: rand.Uint64() | 1}, nil
}

// afterWrite undoes a write that a concurrent Clear may have walked past: the entry is in a space
// nobody reads any more and would only take room. Either the walk sees the entry, or this sees
// that the space is cleared.
func (t *table) afterWrite(k entryKey) {
	if k.space.cleared.Load() {
		t.driver.entries.Invalidate(k)
	}
}
