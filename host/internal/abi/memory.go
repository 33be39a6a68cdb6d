package abi

import (
	"fmt"

	"github.com/tetratelabs/wazero/experimental"
)

// maxMemory keeps a memory below 4 GiB, whose size in bytes does not fit the 32
// bits in which wazero tells it.
const maxMemory = 1<<32 - 1<<16

// Memories accounts for the linear memories of one guest against
// Limits.MemoryBytes. It is the guest's memory allocator: growing over the
// limit fails in the guest as memory.grow does.
type Memories struct {
	limit uint64
	used  uint64
}

// Memory gives the guest's memory accounting.
func (g *Guest) Memory() *Memories { return &g.memory }

// Reserve checks that a module's initial memory of n bytes fits, before wazero
// allocates it: an allocator cannot refuse at that point.
func (m *Memories) Reserve(n uint64) error {
	if n > min(m.limit-m.used, maxMemory) {
		return fmt.Errorf("the guest starts with %d KiB of memory, and %d KiB are left of its limit (Limits.MemoryBytes)",
			n>>10, (m.limit-m.used)>>10)
	}
	return nil
}

// Used gives the bytes in use.
func (m *Memories) Used() uint64 { return m.used }

// Allocate implements experimental.MemoryAllocator.
func (m *Memories) Allocate(capacity, _ uint64) experimental.LinearMemory {
	return &linearMemory{owner: m, capacity: min(capacity, m.limit)}
}

// linearMemory is one memory of a guest.
type linearMemory struct {
	owner    *Memories
	bytes    []byte
	capacity uint64
}

// Reallocate implements experimental.LinearMemory; nil where the guest's limit
// is reached.
func (l *linearMemory) Reallocate(size uint64) []byte {
	have := uint64(len(l.bytes))
	if size < have || size > maxMemory || size-have > l.owner.limit-l.owner.used {
		return nil
	}
	l.owner.used += size - have
	if size <= uint64(cap(l.bytes)) {
		l.bytes = l.bytes[:size]
		return l.bytes
	}
	// Growth doubles, within what the guest may use, so that growing page by
	// page costs linear time.
	grown := make([]byte, size, max(size, l.capacity, min(2*have, have+l.owner.limit-l.owner.used)))
	copy(grown, l.bytes)
	l.bytes = grown
	return grown
}

// Free implements experimental.LinearMemory.
func (l *linearMemory) Free() {
	l.owner.used -= uint64(len(l.bytes))
	l.bytes = nil
}
