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

// entryID stands for a namespace and key in the hash table: a salted 64-bit hash of the key. Looking
// up by a number is what keeps a namespaced Get as fast as a plain one. Two keys that share an id
// displace each other, as eviction might; the entry says whose it is, so that neither is ever
// served as the other.
type entryID uint64

func (t *table) id(s *space, key string) entryID {
	return entryID(maphash.String(t.driver.seed, key) ^ s.salt)
}

// entry is what otter holds: a key, and what is stored under it. The content may be replaced
// without otter hearing of it, as long as what otter knows of the entry stays true, its weight and
// that it does not expire; a write through otter costs several times as much as the rest of a Set.
type entry struct {
	id      entryID
	space   *space
	key     string
	size    int           // of the value
	ttl     time.Duration // 0: does not expire
	content atomic.Pointer[content]
	noted   atomic.Uint32 // the tick at which otter last heard that the entry is used

	// last is the content when otter gave the entry up; only who made it do so may read it.
	last *content
}

// content is what is stored under a key; it does not change. An entry without one is no longer in
// the cache.
type content struct {
	value    []byte
	deadline int64         // by the driver's clock; 0: does not expire
	version  atomic.Uint64 // random: tokens are never used twice; 0: nobody asked for it yet
	frozen   bool          // a conditional write is being decided: the content is not to be replaced in place
}

// newEntry returns an entry that owns value, or why there cannot be one.
func (t *table) newEntry(op, key string, value []byte, ttl time.Duration) (*entry, error) {
	c, err := t.newContent(op, key, value, ttl)
	if err != nil {
		return nil, err
	}
	return t.entryOf(key, c, ttl), nil
}

func (t *table) newContent(op, key string, value []byte, ttl time.Duration) (*content, error) {
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
	c := &content{value: value}
	if ttl > 0 {
		now := t.driver.clock.read()
		if c.deadline = now + int64(backends.CeilMillis(ttl)); c.deadline < now {
			c.deadline = math.MaxInt64
		}
	}
	return c, nil
}

func (t *table) entryOf(key string, c *content, ttl time.Duration) *entry {
	s := t.space.Load()
	e := &entry{id: t.id(s, key), space: s, key: strings.Clone(key), size: len(c.value), ttl: backends.CeilMillis(ttl)}
	e.content.Store(c)
	return e
}

// is reports whether e is the entry of the space and key.
func (e *entry) is(s *space, key string) bool { return e.space == s && e.key == key }

// live returns the content, nil if it has expired or e is nil or no longer in the cache.
func (e *entry) live(clock *clock) *content {
	if e == nil {
		return nil
	}
	return e.content.Load().live(clock)
}

func (c *content) live(clock *clock) *content {
	if c == nil || (c.deadline != 0 && clock.read() >= c.deadline) {
		return nil
	}
	return c
}

// replace puts c in place of the entry's content if otter need not know, and tells whether it did.
func (e *entry) replace(c *content) bool {
	if e.ttl != 0 || c.deadline != 0 || e.size != len(c.value) {
		return false
	}
	for {
		old := e.content.Load()
		if old == nil || old.frozen {
			return false
		}
		if e.content.CompareAndSwap(old, c) {
			return true
		}
	}
}

// freeze keeps the content from being replaced in place, and returns it; nil if the entry is no
// longer in the cache.
func (e *entry) freeze() *content {
	for {
		old := e.content.Load()
		if old == nil {
			return nil
		}
		frozen := old.copy()
		frozen.frozen = true
		if e.content.CompareAndSwap(old, frozen) {
			return frozen
		}
	}
}

// thaw undoes freeze.
func (e *entry) thaw(frozen *content) {
	e.content.CompareAndSwap(frozen, frozen.copy())
}

// copy gives the same content, of the same version, not frozen.
func (c *content) copy() *content {
	out := &content{value: c.value, deadline: c.deadline}
	out.version.Store(c.token())
	return out
}

// token is the version of the content; never 0.
func (c *content) token() uint64 {
	if v := c.version.Load(); v != 0 {
		return v
	}
	c.version.CompareAndSwap(0, rand.Uint64()|1)
	return c.version.Load()
}

// entryOverhead is what an entry takes beside the bytes of its key and value: the entry and its
// content, otter's node and hash table slot, and the rounding of allocations. A test compares it
// with the heap.
const entryOverhead = 280

func weigh(_ entryID, e *entry) uint32 {
	return uint32(min(uint64(len(e.key))+uint64(e.size)+entryOverhead, math.MaxUint32))
}

// life is the expiry otter keeps for the entry. The ttl travels in the value because setting an
// expiry after the fact would be a second operation that readers could see the gap before. Otter
// counts it from the time it was told last, so it is given that much more: it only frees room.
func life(e otter.Entry[entryID, *entry]) time.Duration {
	if ttl := e.Value.ttl; ttl != 0 && ttl < math.MaxInt64-clockLag {
		return ttl + clockLag
	}
	return math.MaxInt64
}

// deleted takes the content out of an entry that otter gives up. It runs under a lock of otter's.
func (d *Driver) deleted(e otter.DeletionEvent[entryID, *entry]) {
	e.Value.last = e.Value.content.Swap(nil)
	switch e.Cause {
	case otter.CauseOverflow:
		d.evictions.Add(1)
	case otter.CauseExpiration:
		d.expirations.Add(1)
	}
}
