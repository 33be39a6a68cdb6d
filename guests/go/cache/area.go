package cache

import (
	"unsafe"

	"github.com/wasikv/wasikv/guests/go/canon"
)

// area is where an import writes a result that does not fit into a core value:
// 16 bytes aligned to 8, the largest of this interface. Passing its address to
// an import moves it to the heap, which it needs: a stack may move while the
// host calls cabi_realloc.
type area [2]uint64

func (a *area) u8(offset int) uint8 { return uint8(a[offset/8] >> (offset % 8 * 8)) }

func (a *area) u32(offset int) uint32 { return uint32(a[offset/8] >> (offset % 8 * 8)) }

func (a *area) u64(offset int) uint64 { return a[offset/8] }

// bytes claims the list<u8> or string whose pointer and length are at offset.
func (a *area) bytes(offset int) []byte { return canon.Bytes(a.u32(offset), a.u32(offset+4)) }

// pointer is the address of a list that an import takes. Where the import does
// not return before it has read the list, nothing more is needed: the slice
// escapes to the heap by being passed, and stays referenced by the caller.
func pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
