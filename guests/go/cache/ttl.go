package cache

import (
	"math"
	"time"
)

// TTL is how long an entry may be served, counted from when it is stored. Its
// zero value is Forever.
type TTL struct {
	limited bool
	ms      uint32
}

// Forever puts no limit on an entry. The cache may discard it all the same.
var Forever TTL

// For limits an entry to d, rounded up to whole milliseconds. A d of zero or
// less is not Forever but the opposite: storing with it acts as a delete. A d
// beyond what the interface can say (49 days) is shortened to that.
func For(d time.Duration) TTL {
	switch ms := (d + time.Millisecond - 1) / time.Millisecond; {
	case d <= 0:
		return TTL{limited: true}
	case d > math.MaxUint32*time.Millisecond:
		return TTL{limited: true, ms: math.MaxUint32}
	default:
		return TTL{limited: true, ms: uint32(ms)}
	}
}

// flat gives the two core values of an option<u32>.
func (t TTL) flat() (disc, ms uint32) {
	if !t.limited {
		return 0, 0
	}
	return 1, t.ms
}
