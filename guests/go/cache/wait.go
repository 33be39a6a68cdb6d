package cache

import (
	"slices"
	"time"
	"unsafe"

	"github.com/wasikv/wasikv/guests/go/canon"
)

// Waiter is what WaitAll and WaitAny wait for: a *Future of any type, or a
// *Timer.
type Waiter interface {
	// Ready says whether there is nothing to wait for; it never waits.
	Ready() bool
	// subscribe gives the pollable of something that is not ready.
	subscribe() uint32
}

// pollLimit is how many pollables go into one call of poll: what a host accepts
// by default.
const pollLimit = 1024

// WaitAll returns when all are ready. To mix kinds, name the type:
// WaitAll[Waiter](get, set).
func WaitAll[W Waiter](all ...W) {
	var pending []W
	for _, w := range all {
		if !w.Ready() {
			pending = append(pending, w)
		}
	}
	for len(pending) > 0 {
		ready := pollOnce(pending[:min(len(pending), pollLimit)])
		// From the last, so that the one moved into a gap is not itself removed.
		slices.Sort(ready)
		for _, i := range slices.Backward(ready) {
			if pending[i].Ready() {
				last := len(pending) - 1
				pending[i] = pending[last]
				pending = pending[:last]
			}
		}
	}
}

// WaitAny returns when one is ready, and which: the first of those that are. It
// gives -1 where there are none to wait for. A host may end a guest that waits
// for more than 1024 at once.
func WaitAny[W Waiter](some ...W) int {
	if len(some) == 0 {
		return -1
	}
	for {
		for i, w := range some {
			if w.Ready() {
				return i
			}
		}
		pollOnce(some)
	}
}

// pollOnce waits until at least one is ready and gives the indices of those.
func pollOnce[W Waiter](waiters []W) []uint32 {
	pollables := make([]uint32, len(waiters))
	for i, w := range waiters {
		pollables[i] = w.subscribe()
	}
	indices := make([]uint32, len(waiters))
	canon.Land(unsafe.Slice((*byte)(unsafe.Pointer(&indices[0])), 4*len(indices)))
	var result area
	poll(unsafe.Pointer(&pollables[0]), uint32(len(pollables)), &result)
	n := result.u32(4)
	b := canon.Bytes(result.u32(0), 4*n)
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// Timer is ready after a while: together with a Future in WaitAny it is a
// timeout. Drop it when it is no longer wanted.
type Timer struct {
	pollable uint32
	fired    bool
}

// After starts a Timer. A d of zero or less is ready at once.
func After(d time.Duration) *Timer {
	return &Timer{pollable: subscribeDuration(uint64(max(d, 0)))}
}

// Ready says whether the time has passed. A dropped Timer is ready.
func (t *Timer) Ready() bool {
	if !t.fired && t.pollable != 0 {
		t.fired = pollableReady(t.pollable) != 0
		return t.fired
	}
	return true
}

// Drop gives the timer back.
func (t *Timer) Drop() {
	if t.pollable != 0 {
		pollableDrop(t.pollable)
		t.pollable = 0
	}
}

func (t *Timer) subscribe() uint32 { return t.pollable }
