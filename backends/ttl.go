package backends

import (
	"fmt"
	"math"
	"time"
)

// TTL is an entry's time to live as a caller of [Namespace] gives it. The zero TTL is none: the
// entry lives until it is deleted or evicted. None and a TTL of zero length are different things:
// storing with the latter acts as a delete.
type TTL struct {
	length time.Duration
	given  bool
}

// TTLOf returns a time to live of length d, which counts in whole milliseconds, rounded up.
func TTLOf(d time.Duration) TTL { return TTL{length: d, given: true} }

// TTLMillis returns a time to live of ms milliseconds.
func TTLMillis(ms uint32) TTL { return TTLOf(time.Duration(ms) * time.Millisecond) }

// Duration returns the length of t, and false if t is none.
func (t TTL) Duration() (d time.Duration, given bool) { return t.length, t.given }

func (t TTL) String() string {
	if !t.given {
		return "none"
	}
	return t.length.String()
}

// CeilMillis rounds d up to whole milliseconds, which is the precision of every driver. It does
// not overflow.
func CeilMillis(d time.Duration) time.Duration {
	const ms = time.Millisecond
	if rest := d % ms; rest > 0 {
		if d > math.MaxInt64-ms {
			return math.MaxInt64 / ms * ms
		}
		return d - rest + ms
	}
	return d
}

// CheckTTL returns the error a driver's Set reports for ttl, for use as [OpError].Err: nil unless
// ttl is negative.
func CheckTTL(ttl time.Duration) error {
	if ttl < 0 {
		return fmt.Errorf("%w: it is negative", ErrInvalidTTL)
	}
	return nil
}
