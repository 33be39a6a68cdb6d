package backends

import (
	"context"
	"time"
)

// The interfaces below are capabilities: a CacheStore that has one is found by type assertion. A
// driver that may also implement [io.Closer] is closed with the Cache over it.

// Immediate is the capability of a store that answers from this process's memory. Whoever uses it
// may call it where waiting is not allowed, and holds a lock of its own across the calls.
type Immediate interface {
	CacheStore

	// Table returns the entries of a namespace, resolved once so that an operation costs no
	// lookup of the namespace. ok is false if this instance of the store does wait after all.
	Table(namespace string) (table Table, ok bool)
}

// Table is one namespace of an [Immediate] store. Its methods never wait, and what Set stores, Get
// returns from then on.
type Table interface {
	// Get is CacheStore.Get.
	Get(key string) (value []byte, ok bool)

	// Set is CacheStore.Set, but value is the table's from now on: nobody modifies it any more.
	// The key is cloned.
	Set(key string, value []byte, ttl time.Duration) error

	// Delete is CacheStore.Delete and tells whether there was a live entry.
	Delete(key string) (existed bool)
}

// Exister is the capability to look for an entry without fetching its value.
type Exister interface {
	// Exists tells whether Get would find an entry.
	Exists(ctx context.Context, namespace, key string) (bool, error)
}

// Creator is the capability to store an entry only where there is none, atomically.
type Creator interface {
	// SetIfAbsent is CacheStore.Set if there is no live entry under key, and tells whether it
	// stored the value.
	SetIfAbsent(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) (stored bool, err error)
}

// Versioned is the capability to write by version.
type Versioned interface {
	// Writer returns the writer of a namespace.
	Writer(namespace string) KvWriter
}

// Streamer is the capability to hold streams.
type Streamer interface {
	// Streams returns the streams of a namespace.
	Streams(namespace string) StreamingBackend
}

// Pinger is the capability to tell whether the store can be reached.
type Pinger interface {
	// Ping returns nil if the store answers, or why it does not.
	Ping(ctx context.Context) error
}

// StatsReporter is the capability to tell what the store holds.
type StatsReporter interface {
	// StoreStats returns the store's figures over all namespaces.
	StoreStats() StoreStats
}

// StoreStats are the figures of a store in this process.
type StoreStats struct {
	// Entries is the approximate number of entries held.
	Entries uint64
	// Bytes is the approximate memory they take; Capacity is the most they may take.
	Bytes, Capacity uint64
	// Evictions and Expirations count the entries removed to make room, and because their time to
	// live had ended.
	Evictions, Expirations uint64
}
