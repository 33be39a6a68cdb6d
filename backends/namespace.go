package backends

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// Namespace is a handle on the entries of one namespace of a [Cache]. It is safe for concurrent
// use.
//
// A key may be a view of memory that is reused once the method has returned. A key longer than
// [Config].MaxKeyBytes fails with [ErrInvalidKey], a value larger than MaxValueBytes with
// [ErrTooLarge], a negative TTL with [ErrInvalidTTL]; nothing is stored then. Errors of the store
// come back as the driver made them. Every error is an *[OpError].
//
// If the store is immediate (see [Cache.Immediate]) contexts are ignored, since nothing waits for
// the store.
type Namespace struct {
	cache *Cache
	name  string
	hash  uint64
	table Table // nil if the store waits
}

// Name returns the namespace's name.
func (n *Namespace) Name() string { return n.name }

// Cache returns the Cache the namespace belongs to.
func (n *Namespace) Cache() *Cache { return n.cache }

// Get returns the value stored under key, or ok == false if there is none. It neither waits for a
// vacancy nor sees one. The value must not be modified.
func (n *Namespace) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	if n.table == nil || len(key) > n.cache.cfg.MaxKeyBytes || n.cache.closed.Load() {
		return n.getSlow(ctx, key)
	}
	value, ok = n.table.Get(key)
	if ok {
		n.cache.counters.add(countHits)
	} else {
		n.cache.counters.add(countMisses)
	}
	return value, ok, nil
}

func (n *Namespace) getSlow(ctx context.Context, key string) (value []byte, ok bool, err error) {
	if err := n.checkKey("get", key); err != nil {
		return nil, false, err
	}
	value, ok, err = n.cache.store.Get(ctx, n.name, key)
	if err != nil {
		return nil, false, n.cache.noteError(err)
	}
	n.cache.countLookup(ok)
	return value, ok, nil
}

// Exists tells whether Get would find a value, and counts as it does.
func (n *Namespace) Exists(ctx context.Context, key string) (bool, error) {
	if err := n.checkKey("exists", key); err != nil {
		return false, err
	}
	var ok bool
	var err error
	if n.table != nil {
		_, ok = n.table.Get(key)
	} else if e, able := n.cache.store.(Exister); able {
		ok, err = e.Exists(ctx, n.name, key)
	} else {
		_, ok, err = n.cache.store.Get(ctx, n.name, key)
	}
	if err != nil {
		return false, n.cache.noteError(err)
	}
	n.cache.countLookup(ok)
	return ok, nil
}

// GetWithTTL returns the entry with its remaining time to live. It fails with [ErrUnsupported] if
// the store is no [L2CacheBackend].
func (n *Namespace) GetWithTTL(ctx context.Context, key string) (Item, error) {
	if err := n.checkKey("get-with-ttl", key); err != nil {
		return Item{}, err
	}
	l2, able := n.cache.store.(L2CacheBackend)
	if !able {
		return Item{}, ruleError("get-with-ttl", n.name, ErrUnsupported)
	}
	item, err := l2.GetWithTTL(ctx, n.name, key)
	if err != nil {
		return Item{}, n.cache.noteError(err)
	}
	n.cache.countLookup(item.Found)
	return item, nil
}

// Set stores a copy of value under key, replacing what was there together with its time to live. A
// TTL of zero length acts as Delete. Those who wait for a vacancy of key get the value, and its
// holder has lost it.
func (n *Namespace) Set(ctx context.Context, key string, value []byte, ttl TTL) error {
	return n.set(ctx, key, value, ttl, false)
}

// SetShared is Set without the copy: nobody, the caller included, modifies value any more.
func (n *Namespace) SetShared(ctx context.Context, key string, value []byte, ttl TTL) error {
	return n.set(ctx, key, value, ttl, true)
}

func (n *Namespace) set(ctx context.Context, key string, value []byte, ttl TTL, shared bool) error {
	if err := n.checkKey("set", key); err != nil {
		return err
	}
	w := write{op: "set", value: value, shared: shared}
	if err := n.prepare(&w, ttl); err != nil {
		return err
	}
	if err := n.write(ctx, key, &w); err != nil {
		return err
	}
	if w.remove {
		n.cache.counters.add(countDeletes)
	} else {
		n.cache.counters.add(countSets)
	}
	return nil
}

// Delete removes the entry; deleting an absent one succeeds. The holder of a vacancy of key has
// lost it, and the next in line is given one.
func (n *Namespace) Delete(ctx context.Context, key string) error {
	if err := n.checkKey("delete", key); err != nil {
		return err
	}
	if err := n.write(ctx, key, &write{op: "delete", remove: true, silent: true}); err != nil {
		return err
	}
	n.cache.counters.add(countDeletes)
	return nil
}

// Clear removes every entry stored before the call. Every vacancy of the namespace is lost, as by
// Delete.
func (n *Namespace) Clear(ctx context.Context) error {
	if n.cache.closed.Load() {
		return ruleError("clear", n.name, ErrClosed)
	}
	if err := n.cache.store.Clear(ctx, n.name); err != nil {
		return n.cache.noteError(err)
	}
	for i := range n.cache.shards {
		n.cache.shards[i].clear(n.name)
	}
	return nil
}

// EntryCount returns the number of entries, as exactly as the driver counts them.
func (n *Namespace) EntryCount(ctx context.Context) (uint64, error) {
	if n.cache.closed.Load() {
		return 0, ruleError("entry-count", n.name, ErrClosed)
	}
	count, err := n.cache.store.EntryCount(ctx, n.name)
	return count, n.cache.noteError(err)
}

func (c *Cache) countLookup(hit bool) {
	if hit {
		c.counters.add(countHits)
	} else {
		c.counters.add(countMisses)
	}
}

func (n *Namespace) checkKey(op, key string) error {
	if n.cache.closed.Load() {
		return ruleError(op, n.name, ErrClosed)
	}
	if limit := n.cache.cfg.MaxKeyBytes; len(key) > limit {
		return ruleError(op, n.name, fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrInvalidKey, len(key), limit))
	}
	return nil
}

// write is a change of one entry, checked and with the TTL rules applied.
type write struct {
	op     string
	value  []byte
	shared bool          // value is nobody's to modify
	life   time.Duration // 0: until deleted or evicted
	remove bool          // the entry is deleted
	silent bool          // waiters are not given the value: there is none
}

// prepare checks a write against the rules, and derives what its TTL means.
func (n *Namespace) prepare(w *write, ttl TTL) error {
	cfg := &n.cache.cfg
	if len(w.value) > cfg.MaxValueBytes {
		return ruleError(w.op, n.name, fmt.Errorf("%w: it has %d bytes, the limit is %d",
			ErrTooLarge, len(w.value), cfg.MaxValueBytes))
	}
	if life, given := ttl.Duration(); given {
		if err := CheckTTL(life); err != nil {
			return ruleError(w.op, n.name, err)
		}
		w.remove = life == 0
		w.life = CeilMillis(life)
	}
	if limit := cfg.MaxTTL; limit > 0 && !w.remove && (w.life == 0 || w.life > limit) {
		w.life = CeilMillis(limit)
	}
	return nil
}

// share makes the value one that may be kept and handed out.
func (w *write) share() []byte {
	if !w.shared {
		w.value, w.shared = bytes.Clone(w.value), true
	}
	return w.value
}
