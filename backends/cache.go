package backends

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of [Config].
const (
	DefaultMaxKeyBytes    = 1 << 10
	DefaultMaxValueBytes  = 1 << 20
	DefaultVacancyTimeout = 30 * time.Second
)

// maxNamespaceBytes bounds what drivers put in front of every key.
const maxNamespaceBytes = 512

// Config are the rules of a Cache. The zero value is useful; a field that is zero or negative has
// its default.
type Config struct {
	// MaxKeyBytes is the length of the longest key. Default: 1 KiB.
	MaxKeyBytes int
	// MaxValueBytes is the length of the largest value. Default: 1 MiB.
	MaxValueBytes int
	// MaxTTL caps the time to live of every entry, those without one included. Default: no cap.
	MaxTTL time.Duration
	// VacancyTimeout is how long the holder of a vacancy may take to fill it before it passes to
	// the next in line. Default: 30 s.
	VacancyTimeout time.Duration
	// MaxWait is how long a get-or-set waits for somebody else's vacancy, over all holders, before
	// it is given a vacancy that is not exclusive (see [Vacancy.Exclusive]). Default: forever.
	MaxWait time.Duration
}

func (c Config) withDefaults() Config {
	if c.MaxKeyBytes <= 0 {
		c.MaxKeyBytes = DefaultMaxKeyBytes
	}
	if c.MaxValueBytes <= 0 {
		c.MaxValueBytes = DefaultMaxValueBytes
	}
	if c.VacancyTimeout <= 0 {
		c.VacancyTimeout = DefaultVacancyTimeout
	}
	return c
}

// Cache is a cache over a store: time-to-live rules, limits, statistics, and get-or-set, whose
// callers rendezvous across everything that shares the Cache. Two Caches over one store share its
// entries, but each has a rendezvous of its own.
//
// A Cache is safe for concurrent use. It runs no goroutine of its own; see [Namespace.Acquire] for
// the one case where it starts one.
type Cache struct {
	store     CacheStore
	immediate Immediate // nil if the store waits
	cfg       Config
	closed    atomic.Bool
	counters  counters
	seed      maphash.Seed
	shards    [shardCount]shard

	// What Acquire starts in the background ends with life, and Close waits for it. closeMu
	// orders starting against closing.
	closeMu    sync.RWMutex
	life       context.Context
	endLife    context.CancelFunc
	background sync.WaitGroup
}

// New returns a Cache over store, which it owns from now on: Close closes the store if it is an
// [io.Closer].
func New(store CacheStore, cfg Config) *Cache {
	c := &Cache{store: store, cfg: cfg.withDefaults(), seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].meetings = make(map[meetingKey]*rendezvous)
	}
	if im, ok := store.(Immediate); ok {
		if _, ok := im.Table(""); ok {
			c.immediate = im
		}
	}
	c.life, c.endLife = context.WithCancel(context.Background())
	return c
}

// Store returns the store, for the capabilities it may have. What is written to it directly wakes
// nobody who waits in a get-or-set.
func (c *Cache) Store() CacheStore { return c.store }

// Config returns the rules in force, defaults filled in.
func (c *Cache) Config() Config { return c.cfg }

// Immediate reports whether the store answers from this process's memory. If so, no method of a
// [Namespace] or [Vacancy] ever waits but GetOrSet for a vacancy, and contexts are not consulted.
func (c *Cache) Immediate() bool { return c.immediate != nil }

// Ping returns nil if the store answers, or why it does not. A store that cannot be asked is taken
// to answer.
func (c *Cache) Ping(ctx context.Context) error {
	if c.closed.Load() {
		return ruleError("ping", "", ErrClosed)
	}
	if p, ok := c.store.(Pinger); ok {
		return c.noteError(p.Ping(ctx))
	}
	return nil
}

// Namespace returns a handle on the namespace's entries. Handles are cheap, safe for concurrent
// use, and interchangeable. It fails with [ErrInvalidNamespace] if name is longer than 512 bytes,
// and with [ErrClosed].
func (c *Cache) Namespace(name string) (*Namespace, error) {
	if len(name) > maxNamespaceBytes {
		return nil, ruleError("namespace", "", fmt.Errorf("%w: it has %d bytes, the limit is %d",
			ErrInvalidNamespace, len(name), maxNamespaceBytes))
	}
	if c.closed.Load() {
		return nil, ruleError("namespace", name, ErrClosed)
	}
	n := &Namespace{cache: c, name: name, hash: maphash.String(c.seed, name)}
	if c.immediate != nil {
		table, ok := c.immediate.Table(name)
		if !ok {
			return nil, ruleError("namespace", name, fmt.Errorf("%w: the store no longer answers immediately", ErrUnsupported))
		}
		n.table = table
	}
	return n, nil
}

// Close ends the Cache and its store. Who waits in a get-or-set gets [ErrClosed], vacancies are
// lost, and later calls fail with ErrClosed. Close waits for what Acquire started, not for calls of
// other goroutines. Closing again does nothing and returns nil.
func (c *Cache) Close() error {
	c.closeMu.Lock()
	closing := !c.closed.Swap(true)
	c.closeMu.Unlock()
	if !closing {
		return nil
	}
	for i := range c.shards {
		c.shards[i].close()
	}
	c.endLife() // last: a lookup that it ends finds its shard closed
	c.background.Wait()
	if closer, ok := c.store.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// start runs f in a goroutine that Close waits for, or reports that the Cache is closed.
func (c *Cache) start(f func()) bool {
	c.closeMu.RLock()
	defer c.closeMu.RUnlock()
	if c.closed.Load() {
		return false
	}
	c.background.Go(f)
	return true
}

// ruleError is the error of a rule of the Cache itself, as opposed to the driver's.
func ruleError(op, namespace string, err error) error {
	return &OpError{Driver: "cache", Op: op, Namespace: namespace, Err: err}
}

// noteError counts a store's error and returns it. A caller that gave up is not the store's error.
func (c *Cache) noteError(err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		c.counters.add(countErrors)
	}
	return err
}
