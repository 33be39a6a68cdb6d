package backends

import (
	"sync/atomic"
	"unsafe"
)

// Stats counts what a Cache has done since it was made. Each figure is exact; taken while the
// Cache is in use, they need not agree with each other.
type Stats struct {
	// Hits and Misses count the lookups of Get, Exists and get-or-set by what they found.
	Hits, Misses uint64
	// Sets counts values stored by Set; Deletes counts Delete, and Set with a TTL of zero.
	Sets, Deletes uint64
	// Computations counts vacancies granted, each of which asks its holder to compute a value.
	// Every one of them ends filled, abandoned (released by its holder), expired (timed out) or
	// superseded (the entry was set, deleted or cleared meanwhile, or the Cache closed).
	Computations, Filled, Abandoned, Expired, Superseded uint64
	// Waits counts get-or-sets that had to wait for somebody else's vacancy; Shared counts those of
	// them that were given the value it was filled with, or that was set meanwhile. Their lookups are
	// among the Misses.
	Waits, Shared uint64
	// Errors counts failures of the store.
	Errors uint64
}

type counter int

const (
	countHits counter = iota
	countMisses
	countSets
	countDeletes
	countComputations
	countFilled
	countAbandoned
	countExpired
	countSuperseded
	countWaits
	countShared
	countErrors
	counterCount
)

// counterStripes spreads the counters over cache lines, so that hits on several processors do not
// pass one line back and forth.
const counterStripes = 8

type counters struct {
	stripes [counterStripes]struct {
		of [counterCount]atomic.Uint64
		_  [128 - counterCount*8%128]byte
	}
}

// add chooses the stripe by where the caller's stack is: goroutines have stacks of at least 2 KiB
// each, so those running at the same time mostly get stripes of their own. This costs a third of
// drawing a random number, on a path where a nanosecond counts; any stripe is correct.
func (c *counters) add(which counter) {
	var here byte
	stripe := uintptr(unsafe.Pointer(&here)) >> 11 % counterStripes
	c.stripes[stripe].of[which].Add(1)
}

func (c *counters) sum(which counter) (total uint64) {
	for i := range c.stripes {
		total += c.stripes[i].of[which].Load()
	}
	return total
}

// Stats returns the figures so far.
func (c *Cache) Stats() Stats {
	return Stats{
		Hits:         c.counters.sum(countHits),
		Misses:       c.counters.sum(countMisses),
		Sets:         c.counters.sum(countSets),
		Deletes:      c.counters.sum(countDeletes),
		Computations: c.counters.sum(countComputations),
		Filled:       c.counters.sum(countFilled),
		Abandoned:    c.counters.sum(countAbandoned),
		Expired:      c.counters.sum(countExpired),
		Superseded:   c.counters.sum(countSuperseded),
		Waits:        c.counters.sum(countWaits),
		Shared:       c.counters.sum(countShared),
		Errors:       c.counters.sum(countErrors),
	}
}
