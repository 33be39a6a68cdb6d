package component

import (
	"encoding/binary"
	"sync"
	"unsafe"
)

// Number is an integer or float, of which a list lies in guest memory as a Go
// slice does on a little-endian machine.
type Number interface {
	~int8 | ~uint8 | ~int16 | ~uint16 | ~int32 | ~uint32 | ~int64 | ~uint64 | ~float32 | ~float64
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Numbers lifts a list of n numbers at ptr. Where the machine allows it the
// slice views guest memory: it is valid until the next realloc, and never to
// be kept or written.
func Numbers[T Number](f *Frame, ptr, n uint32) []T {
	var zero T
	size := uint32(unsafe.Sizeof(zero))
	view := f.List(ptr, n, size, size)
	first := unsafe.Pointer(unsafe.SliceData(view))
	if littleEndian && uintptr(first)%unsafe.Alignof(zero) == 0 {
		return unsafe.Slice((*T)(first), n)
	}
	list := MakeList[T](f, n)
	copyNumbers(asBytes(list), view, int(size))
	return list
}

// NewNumbers lowers a list of numbers.
func NewNumbers[T Number](f *Frame, list []T) (ptr, n uint32) {
	var zero T
	size := uint32(unsafe.Sizeof(zero))
	ptr = f.NewList(len(list), size, size)
	n = uint32(len(list))
	copyNumbers(f.List(ptr, n, size, size), asBytes(list), int(size))
	return ptr, n
}

func asBytes[T Number](list []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), len(list)*int(unsafe.Sizeof(zero)))
}

// copyNumbers copies numbers of a size between the guest's byte order and the
// machine's.
func copyNumbers(dst, src []byte, size int) {
	if littleEndian || size == 1 {
		copy(dst, src)
		return
	}
	for i := 0; i < len(dst); i += size {
		for j := range size {
			dst[i+j] = src[i+size-1-j]
		}
	}
}

// MakeList makes the slice that a list of n elements is lifted into, charged
// to the guest.
func MakeList[T any](f *Frame, n uint32) []T {
	var zero T
	f.Charge(uint64(n) * uint64(unsafe.Sizeof(zero)))
	return make([]T, n)
}

// Scratch keeps slices for the list arguments of one function, so that a call
// allocates none. It is safe for concurrent use; its zero value is ready.
type Scratch[T any] struct{ free sync.Pool }

// maxScratch bounds the bytes of a slice that is kept.
const maxScratch = 64 << 10

// Take lends a slice of n elements, charged to the guest; Give returns it.
func (s *Scratch[T]) Take(f *Frame, n uint32) *[]T {
	var zero T
	f.Charge(uint64(n) * uint64(unsafe.Sizeof(zero)))
	list, _ := s.free.Get().(*[]T)
	if list == nil {
		list = new([]T)
	}
	if uint64(cap(*list)) < uint64(n) {
		*list = make([]T, n)
	}
	*list = (*list)[:n]
	return list
}

// Give takes a slice back and forgets its elements.
func (s *Scratch[T]) Give(list *[]T) {
	clear(*list)
	var zero T
	if uintptr(cap(*list))*unsafe.Sizeof(zero) <= maxScratch {
		s.free.Put(list)
	}
}
