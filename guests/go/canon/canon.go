// Package canon is a Go guest's side of the canonical ABI's memory: it exports
// cabi_realloc, through which the host places lists and strings in the guest.
//
// A program links it by importing package cache. Only a program that exports
// functions of its own (a reactor) calls it: [String] and [Bytes] claim a
// parameter, [ReturnString] and [Released] pass a result.
//
// It is no binding generator: the shape of a signature stays the caller's
// business. The package is for one thread, as wasip1 programs are.
//
// # Why blocks do not move or vanish
//
// The host calls cabi_realloc in the middle of an import, when a Go stack may
// grow and thereby move, and a collection may run. Blocks are therefore always
// on the heap, where Go moves nothing, and are referred to from here until they
// are claimed. An import whose result has a known bound announces a buffer by
// [Land] first; then cabi_realloc allocates nothing and no goroutine can be
// scheduled while the host forbids the guest to call it.
package canon

import "unsafe"

// landing is the buffer announced for the list that the import under way gives.
var landing []byte

// blocks are what the host was given and the guest has not claimed, by address.
var blocks = map[uint32][]byte{}

// Land announces the buffer for the one list or string that the next import
// returns. A list that does not fit, or needs a stricter alignment than the
// buffer has, is placed elsewhere. Call Bytes or Abandon after the import.
func Land(buf []byte) { landing = buf }

// Abandon withdraws the buffer of an import that returned no list.
func Abandon() { landing = nil }

// Bytes claims the list<u8> of n bytes at ptr: the announced buffer, cut to
// length, or a block of its own. The bytes are the caller's from now on.
func Bytes(ptr, n uint32) []byte {
	buf := landing
	landing = nil
	if n == 0 {
		delete(blocks, ptr)
		return nil
	}
	if len(buf) > 0 && ptr == address(buf) {
		return buf[:n]
	}
	block := blocks[ptr]
	delete(blocks, ptr)
	return block[:n:n]
}

// String claims the string of n bytes at ptr.
func String(ptr, n uint32) string {
	b := Bytes(ptr, n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// returned holds the result of an export, until its post-return.
var returned struct {
	area [2]uint32
	text string
}

// ReturnString gives the pointer that an exported function returns for a string
// result. The string lives until Released, or the next ReturnString.
func ReturnString(s string) uint32 {
	returned.text = s
	returned.area = [2]uint32{uint32(uintptr(unsafe.Pointer(unsafe.StringData(s)))), uint32(len(s))}
	return uint32(uintptr(unsafe.Pointer(&returned.area)))
}

// Released lets go of the result of ReturnString: call it from the export
// "cabi_post_" + NAME.
func Released() { returned.text = "" }

//go:wasmexport cabi_realloc
func realloc(old, oldSize, align, size uint32) uint32 {
	if size == 0 {
		return align
	}
	if old == 0 && size <= uint32(len(landing)) {
		if p := address(landing); p&(align-1) == 0 {
			return p
		}
	}
	// Words, so that every alignment of the canonical ABI is met.
	words := make([]uint64, (uint64(size)+7)/8)
	block := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), size)
	if old != 0 {
		copy(block, held(old)[:oldSize])
		delete(blocks, old)
	}
	p := address(block)
	blocks[p] = block
	return p
}

// held gives the block at an address that cabi_realloc returned.
func held(p uint32) []byte {
	if len(landing) > 0 && p == address(landing) {
		return landing
	}
	return blocks[p]
}

// address is where a slice lies, as the host counts: 32 bits, though Go's own
// pointers have 64 on this architecture.
func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
