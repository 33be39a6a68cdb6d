package cache

import (
	"math"
	"testing"
	"time"
)

func TestForCountsWholeMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]TTL{
		-time.Second:                        {limited: true},
		0:                                   {limited: true},
		1:                                   {limited: true, ms: 1},
		time.Millisecond:                    {limited: true, ms: 1},
		time.Millisecond + 1:                {limited: true, ms: 2},
		time.Minute:                         {limited: true, ms: 60_000},
		math.MaxUint32 * time.Millisecond:   {limited: true, ms: math.MaxUint32},
		math.MaxUint32*time.Millisecond + 1: {limited: true, ms: math.MaxUint32},
		math.MaxInt64:                       {limited: true, ms: math.MaxUint32},
	} {
		if got := For(d); got != want {
			t.Errorf("For(%v) = %+v, want %+v", d, got, want)
		}
	}
}

func TestFlatTellsForeverFromZero(t *testing.T) {
	for ttl, want := range map[TTL][2]uint32{
		Forever:          {0, 0},
		For(0):           {1, 0},
		For(time.Second): {1, 1000},
	} {
		disc, ms := ttl.flat()
		if got := [2]uint32{disc, ms}; got != want {
			t.Errorf("%+v is lowered to %v, want %v", ttl, got, want)
		}
	}
}
