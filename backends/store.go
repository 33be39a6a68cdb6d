package backends

import (
	"context"
	"time"
)

// CacheStore is the core every driver has: entries in namespaces, each with an optional time to
// live.
//
// Errors are *[OpError] and match the sentinels of this package by errors.Is: [ErrClosed] after
// Close, [ErrUnavailable] and [ErrTimeout] when the store cannot be reached, [ErrTooLarge] when
// the store has no room for such an entry at all, [ErrInvalidTTL] for a negative ttl. A context
// that has ended before the call makes every method fail with the context's error and without
// effect.
//
// A namespace is any string. Entries of different namespaces never meet, whatever the two strings
// and the keys look like.
type CacheStore interface {
	// Get returns the value stored under key, or ok == false if there is none or it has expired.
	// The value must not be modified.
	Get(ctx context.Context, namespace, key string) (value []byte, ok bool, err error)

	// Set stores value under key, replacing what was there together with its time to live. The
	// entry lives for ttl, rounded up to whole milliseconds and counted from the moment it is
	// stored; zero means until it is deleted or evicted. Neither key nor value is retained.
	Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error

	// Delete removes the entry. Deleting an absent entry succeeds.
	Delete(ctx context.Context, namespace, key string) error

	// Clear removes every entry of the namespace that was stored before the call. Later reads
	// through this driver miss them at once; other hosts may see them for as long as the driver
	// documents.
	Clear(ctx context.Context, namespace string) error

	// EntryCount returns the number of live entries in the namespace. It is for diagnostics: a
	// driver says how exact it is, and one that cannot count cheaply returns 0, nil.
	EntryCount(ctx context.Context, namespace string) (uint64, error)
}

// L2CacheBackend is a CacheStore that knows how long its entries still live, which a faster tier
// in front of it needs so as not to outlive it.
type L2CacheBackend interface {
	CacheStore

	// GetWithTTL returns the entry with its remaining time to live. An absent entry is an Item
	// that is not Found, not an error.
	GetWithTTL(ctx context.Context, namespace, key string) (Item, error)
}

// Item is what GetWithTTL found.
type Item struct {
	// Found tells whether there is an entry; the other fields are zero if there is none.
	Found bool
	// Value is the entry's value, not to be modified. It may be empty.
	Value []byte
	// TTL is the time the entry still lives, never more than the truth. Zero means the entry does
	// not expire; an entry that does always has a positive remainder.
	TTL time.Duration
	// Version identifies this write of the entry, for [KvWriter]. It is zero if the driver is not
	// [Versioned].
	Version VersionToken
}
