// Package inmem is the memory driver: entries in this process, bounded by bytes, each with its own
// time to live to the millisecond.
//
// It is a [backends.CacheStore] and [backends.L2CacheBackend], it is [backends.Immediate] (unless
// made slow on purpose, see [Options].Latency) and [backends.Versioned]. It does not persist
// anything and shares nothing between processes.
//
// What Set stores, Get finds from then on, until it expires, is replaced, deleted or cleared, or is
// evicted to make room. An expired entry is never returned, not even by a read in the millisecond
// it expires in. EntryCount is exact; it walks all entries of the driver.
//
// A driver is safe for concurrent use. It holds one goroutine, which Close ends.
//
// Importing the package registers the URL scheme mem:
//
//	mem:?max-bytes=64MiB&latency=100ms
package inmem

import (
	"bytes"
	"context"
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/wasikv/wasikv/backends"
)

// DefaultMaxBytes is the capacity unless Options says otherwise.
const DefaultMaxBytes = 64 << 20

// Options configure a driver. The zero value is useful.
type Options struct {
	// MaxBytes is the memory entries may take: keys, values and what it costs to hold them. When
	// it is exceeded, entries that were used least are evicted. Default: 64 MiB.
	MaxBytes uint64

	// Latency delays every operation, as a distant store would. The driver then is not
	// [backends.Immediate], and a delayed operation ends early when its context does, without
	// effect. Default: none.
	Latency time.Duration
}

// Driver is a store in memory.
type Driver struct {
	entries  *otter.Cache[entryID, *entry]
	clock    *clock
	capacity uint64
	latency  time.Duration
	seed     maphash.Seed
	closed   atomic.Bool

	mu     sync.RWMutex
	tables map[string]*table

	evictions, expirations atomic.Uint64
	unsettled              atomic.Int64 // bytes of large values written since otter last made room
}

// space is the life of a namespace between two clears.
type space struct {
	salt    uint64
	cleared atomic.Bool
}

func newSpace() *space { return &space{salt: rand.Uint64()} }

// New returns an empty driver.
func New(o Options) *Driver {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	d := &Driver{capacity: o.MaxBytes, latency: max(o.Latency, 0), seed: maphash.MakeSeed(), clock: newClock(), tables: make(map[string]*table)}
	d.entries = otter.Must(&otter.Options[entryID, *entry]{
		MaximumWeight:    o.MaxBytes,
		Weigher:          weigh,
		ExpiryCalculator: otter.ExpiryWritingFunc(life),
		OnAtomicDeletion: d.deleted,
		Clock:            d.clock,
	})
	return d
}

// Otter makes room in the background and lets a few hundred writes pile up first. That is nothing
// while values are small, and a multiple of the capacity when they are not.
const largeValue = 4 << 10

// settle has otter make room now if the large values written since it last did amount to something.
func (d *Driver) settle(e *entry) {
	if e.size < largeValue {
		return
	}
	if d.unsettled.Add(int64(e.size)) > int64(d.capacity/32) {
		d.unsettled.Store(0)
		d.entries.CleanUp()
	}
}

// table returns the namespace's table, which lives as long as the driver.
func (d *Driver) table(namespace string) *table {
	d.mu.RLock()
	t := d.tables[namespace]
	d.mu.RUnlock()
	if t != nil {
		return t
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.tables[namespace]; t != nil {
		return t
	}
	t = &table{driver: d, name: strings.Clone(namespace)}
	t.space.Store(newSpace())
	d.tables[t.name] = t
	return t
}

// begin delays an operation and reports why it may not go ahead.
func (d *Driver) begin(ctx context.Context, op, namespace string) error {
	if err := ctx.Err(); err != nil {
		return opError(op, namespace, backends.ContextError(ctx))
	}
	if d.latency > 0 {
		timer := time.NewTimer(d.latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return opError(op, namespace, backends.ContextError(ctx))
		}
	}
	if d.closed.Load() {
		return opError(op, namespace, backends.ErrClosed)
	}
	return nil
}

func opError(op, namespace string, err error) error {
	if err == nil {
		return nil
	}
	return &backends.OpError{Driver: "inmem", Op: op, Namespace: namespace, Err: err}
}

// Get implements [backends.CacheStore].
func (d *Driver) Get(ctx context.Context, namespace, key string) ([]byte, bool, error) {
	if err := d.begin(ctx, "get", namespace); err != nil {
		return nil, false, err
	}
	value, ok := d.table(namespace).Get(key)
	return value, ok, nil
}

// Exists implements [backends.Exister].
func (d *Driver) Exists(ctx context.Context, namespace, key string) (bool, error) {
	if err := d.begin(ctx, "exists", namespace); err != nil {
		return false, err
	}
	_, ok := d.table(namespace).Get(key)
	return ok, nil
}

// GetWithTTL implements [backends.L2CacheBackend].
func (d *Driver) GetWithTTL(ctx context.Context, namespace, key string) (backends.Item, error) {
	if err := d.begin(ctx, "get-with-ttl", namespace); err != nil {
		return backends.Item{}, err
	}
	c := d.table(namespace).get(key)
	if c == nil {
		return backends.Item{}, nil
	}
	item := backends.Item{Found: true, Value: c.value, Version: token(c.token())}
	if c.deadline != 0 {
		if item.TTL = time.Duration(c.deadline - d.clock.read()); item.TTL <= 0 {
			return backends.Item{}, nil
		}
	}
	return item, nil
}

// Set implements [backends.CacheStore].
func (d *Driver) Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error {
	if err := d.begin(ctx, "set", namespace); err != nil {
		return err
	}
	return d.table(namespace).Set(key, bytes.Clone(value), ttl)
}

// SetIfAbsent implements [backends.Creator].
func (d *Driver) SetIfAbsent(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) (bool, error) {
	if err := d.begin(ctx, "set-if-absent", namespace); err != nil {
		return false, err
	}
	t := d.table(namespace)
	e, err := t.newEntry("set-if-absent", key, bytes.Clone(value), ttl)
	if err != nil {
		return false, err
	}
	return t.storeIf(e, absent) == nil, nil
}

// Delete implements [backends.CacheStore].
func (d *Driver) Delete(ctx context.Context, namespace, key string) error {
	if err := d.begin(ctx, "delete", namespace); err != nil {
		return err
	}
	d.table(namespace).Delete(key)
	return nil
}

// Clear implements [backends.CacheStore]. The entries are gone at once; freeing their memory walks
// all entries of the driver, and ends early when ctx does, leaving the rest to eviction.
func (d *Driver) Clear(ctx context.Context, namespace string) error {
	if err := d.begin(ctx, "clear", namespace); err != nil {
		return err
	}
	old := d.table(namespace).space.Swap(newSpace())
	old.cleared.Store(true)
	for id, e := range d.entries.All() {
		if e.space == old {
			d.entries.Invalidate(id)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil
}

// EntryCount implements [backends.CacheStore]. It is exact.
func (d *Driver) EntryCount(ctx context.Context, namespace string) (uint64, error) {
	if err := d.begin(ctx, "entry-count", namespace); err != nil {
		return 0, err
	}
	var count uint64
	d.clock.read() // Values leaves out what has expired by then
	current := d.table(namespace).space.Load()
	for e := range d.entries.Values() {
		if e.space == current && e.live(d.clock) != nil {
			count++
		}
	}
	return count, nil
}

// Table implements [backends.Immediate].
func (d *Driver) Table(namespace string) (backends.Table, bool) {
	if d.latency > 0 {
		return nil, false
	}
	return d.table(namespace), true
}

// Writer implements [backends.Versioned].
func (d *Driver) Writer(namespace string) backends.KvWriter {
	return &writer{table: d.table(namespace)}
}

// Ping implements [backends.Pinger].
func (d *Driver) Ping(ctx context.Context) error { return d.begin(ctx, "ping", "") }

// StoreStats implements [backends.StatsReporter].
func (d *Driver) StoreStats() backends.StoreStats {
	return backends.StoreStats{
		Entries:     uint64(d.entries.EstimatedSize()),
		Bytes:       d.entries.WeightedSize(),
		Capacity:    d.capacity,
		Evictions:   d.evictions.Load(),
		Expirations: d.expirations.Load(),
	}
}

// Close forgets all entries and ends the driver's goroutine. Later calls fail with
// [backends.ErrClosed].
func (d *Driver) Close() error {
	if !d.closed.Swap(true) {
		d.entries.StopAllGoroutines()
		d.clock.stop()
		d.entries.InvalidateAll()
	}
	return nil
}

var (
	_ backends.CacheStore     = (*Driver)(nil)
	_ backends.L2CacheBackend = (*Driver)(nil)
	_ backends.Immediate      = (*Driver)(nil)
	_ backends.Exister        = (*Driver)(nil)
	_ backends.Creator        = (*Driver)(nil)
	_ backends.Versioned      = (*Driver)(nil)
	_ backends.Pinger         = (*Driver)(nil)
	_ backends.StatsReporter  = (*Driver)(nil)
)
