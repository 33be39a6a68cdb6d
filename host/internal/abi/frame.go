package abi

import (
	"context"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasikv/wasikv/host/internal/types"
)

// Encoding is how a guest keeps strings.
type Encoding uint8

// The string encodings of canonical options.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)

// String spells the encoding as the canonical option does.
func (e Encoding) String() string {
	return [...]string{"utf8", "utf16", "latin1+utf16"}[e]
}

// Frame is what an adapter sees of its caller: the memory, realloc and string
// encoding of the canonical options, and the caller's handles. Adapters use it
// for the duration of one call.
//
// Every method that cannot do what it is asked traps by panic: a bad pointer,
// handle or string is the guest's own fault and ends it.
type Frame struct {
	instance *Instance
	memory   api.Memory // nil: none
	realloc  *Callable  // nil: none
	encoding Encoding
	stack    [4]uint64 // parameters of realloc
	lifted   uint64    // bytes copied out in this call
	lent     Lent      // what Lend marked
}

// NewFrame joins an instance with canonical options; memory and realloc are
// nil where the options name none.
func NewFrame(in *Instance, memory api.Memory, realloc *Callable, enc Encoding) Frame {
	return Frame{instance: in, memory: memory, realloc: realloc, encoding: enc}
}

// Guest gives the calling guest.
func (f *Frame) Guest() *Guest { return f.instance.guest }

// Instance gives the calling component instance.
func (f *Frame) Instance() *Instance { return f.instance }

// Enter begins a call from the guest: it traps where the instance may not
// leave.
func (f *Frame) Enter() {
	if f.instance.noLeave {
		f.instance.CheckLeave()
	}
	f.lifted = 0
}

// State gives the state that Open of the interface made for this guest.
func (f *Frame) State(i *Interface) any { return f.instance.guest.state(i) }

// Trap ends the guest for a host error: what a host function's Go error means
// where its WIT type has no place for it.
func (f *Frame) Trap(err error) { f.TrapIn("", err) }

// TrapIn is Trap with the full name of the function that failed.
func (f *Frame) TrapIn(fn string, err error) {
	switch err := err.(type) {
	case *Trap:
		if err.Func == "" && fn != "" {
			err = &Trap{Reason: err.Reason, Func: fn, Cause: err.Cause}
		}
		panic(err)
	case *Exit:
		panic(err)
	}
	panic(&Trap{Reason: "the host function failed", Func: fn, Cause: err})
}

// Area views size bytes at ptr, which must be aligned: a return area, a
// spilled parameter tuple, one element. The view is valid until the next
// realloc.
func (f *Frame) Area(ptr, size, align uint32) []byte {
	if ptr&(align-1) == 0 && f.memory != nil {
		if b, ok := f.memory.Read(ptr, size); ok {
			return b
		}
	}
	return f.noArea(ptr, size, align)
}

// noArea traps; it is apart so that the path to memory is short.
func (f *Frame) noArea(ptr, size, align uint32) []byte {
	if ptr&(align-1) != 0 {
		Throw("pointer %#x is not aligned to %d", ptr, align)
	}
	return f.noView(ptr, size)
}

func (f *Frame) view(ptr, size uint32) []byte {
	if f.memory != nil {
		if b, ok := f.memory.Read(ptr, size); ok {
			return b
		}
	}
	return f.noView(ptr, size)
}

// noView traps.
func (f *Frame) noView(ptr, size uint32) []byte {
	if f.memory == nil {
		Throw("the call passes memory, and its canonical options name none")
	}
	Throw("pointer %#x with %d bytes is out of bounds of memory", ptr, size)
	return nil
}

// List views n elements of a size and alignment at ptr. The view is valid
// until the next realloc.
func (f *Frame) List(ptr, n, size, align uint32) []byte {
	total := uint64(n) * uint64(size) // of 32 bits each
	if total > types.MaxSize {
		tooLong(uint64(n), size)
	}
	return f.Area(ptr, uint32(total), align)
}

func tooLong(n uint64, size uint32) {
	Throw("list of %d elements of %d bytes exceeds %d bytes", n, size, types.MaxSize)
}

// Bytes views a list<u8> in place: valid for this call, until the next
// realloc, and never to be kept or written.
func (f *Frame) Bytes(ptr, n uint32) []byte { return f.List(ptr, n, 1, 1) }

// Charge counts n bytes copied out of the guest by this call against
// Limits.LiftBytes; generated code charges lists before it makes them.
func (f *Frame) Charge(n uint64) {
	f.lifted += n
	if l := f.instance.guest.limits.LiftBytes; f.lifted > l {
		Throw("the call passes more than %d bytes (Limits.LiftBytes)", l)
	}
}

// String views a string in place where it is UTF-8, else a copy: valid for
// this call, until the next realloc. Use strings.Clone to keep it.
func (f *Frame) String(ptr, n uint32) string {
	if f.encoding != UTF8 {
		return f.transcode(ptr, n)
	}
	if n > types.MaxSize {
		Throw("string of %d bytes exceeds %d", n, types.MaxSize)
	}
	b := f.view(ptr, n)
	if !utf8.Valid(b) {
		Throw("string is not valid UTF-8")
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// ChargedString is String for one of many: its bytes count against
// Limits.LiftBytes although they are not copied, since checking them takes
// time, and any number of strings in a list may share one area.
func (f *Frame) ChargedString(ptr, n uint32) string {
	if f.encoding == UTF8 { // else String charges what it copies
		f.Charge(uint64(n))
	}
	return f.String(ptr, n)
}

// Realloc calls the guest's allocator and checks what it returns. old and
// oldSize are 0 for a new allocation. Views taken before are stale after it.
func (f *Frame) Realloc(old, oldSize, align, size uint32) uint32 {
	ptr, _ := f.allocate(old, oldSize, align, size)
	return ptr
}

// allocate is Realloc, and gives a view of the allocation.
func (f *Frame) allocate(old, oldSize, align, size uint32) (ptr uint32, b []byte) {
	if f.realloc == nil || f.memory == nil {
		Throw("the call needs to allocate in the guest, and its canonical options name no realloc")
	}
	in := f.instance
	f.stack = [4]uint64{uint64(old), uint64(oldSize), uint64(align), uint64(size)}
	in.noLeave = true
	err := f.realloc.Call(&in.guest.quiet, f.stack[:])
	in.noLeave = false
	if err != nil {
		panic(&Trap{Reason: "realloc failed", Cause: err})
	}
	ptr = uint32(f.stack[0])
	if ptr&(align-1) != 0 {
		Throw("realloc returned %#x, which is not aligned to %d", ptr, align)
	}
	b, ok := f.memory.Read(ptr, size)
	if !ok {
		Throw("realloc returned %#x, and %d bytes there are out of bounds of memory", ptr, size)
	}
	return ptr, b
}

// NewBytes lowers a list<u8>.
func (f *Frame) NewBytes(b []byte) (ptr, n uint32) {
	if len(b) > types.MaxSize {
		tooLong(uint64(len(b)), 1)
	}
	n = uint32(len(b))
	ptr, to := f.allocate(0, 0, 1, n)
	copy(to, b)
	return ptr, n
}

// NewString lowers a string in the guest's encoding. It traps where a host
// function gave bytes that are not UTF-8, which a guest may rely on.
func (f *Frame) NewString(s string) (ptr, n uint32) {
	if !utf8.ValidString(s) {
		Throw("the host function returned a string that is not UTF-8")
	}
	if f.encoding != UTF8 {
		return f.encode(s)
	}
	return f.NewBytes(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// NewList allocates n elements of a size and alignment; the caller fills them
// through List, again after each realloc.
func (f *Frame) NewList(n int, size, align uint32) (ptr uint32) {
	hi, total := bits.Mul64(uint64(n), uint64(size))
	if hi != 0 || total > types.MaxSize {
		tooLong(uint64(n), size)
	}
	return f.Realloc(0, 0, align, uint32(total))
}

// Own lowers an own handle of a host resource. It traps where the host
// function gave no object.
func (f *Frame) Own(r *types.Resource, object any) uint32 {
	if object == nil {
		noObject(r)
	}
	h, _ := f.instance.add(r, object)
	return h
}

func noObject(r *types.Resource) { Throw("the host function returned no %s", r.Name) }

// Borrow lifts a borrow of a host resource: the object behind the handle,
// which stays the guest's. The object is valid for this call.
func (f *Frame) Borrow(r *types.Resource, h uint32) any { return f.instance.lookup(r, h).object }

// Lend is Borrow for a call that takes own handles as well: a handle that was
// lent cannot be claimed before Lifted.
func (f *Frame) Lend(r *types.Resource, h uint32) any {
	return f.instance.lend(r, h, &f.lent).object
}

// Claim is Take for one of several arguments: where lifting another of them
// traps, the object is abandoned with the guest. Lifted ends that.
func (f *Frame) Claim(r *types.Resource, h uint32) any {
	object := f.instance.take(r, h).object
	f.instance.guest.claimed = append(f.instance.guest.claimed, object)
	return object
}

// Lifted says that all arguments of a call are lifted: what was lent is given
// back, and what was claimed is the host function's.
func (f *Frame) Lifted() {
	f.lent.Return()
	g := f.instance.guest
	clear(g.claimed)
	g.claimed = g.claimed[:0]
}

// Take lifts an own handle of a host resource: it is the host's now.
func (f *Frame) Take(r *types.Resource, h uint32) any { return f.instance.take(r, h).object }

// Drop is resource.drop of a host resource.
func (f *Frame) Drop(ctx context.Context, r *types.Resource, h uint32) {
	f.instance.DropHost(ctx, r, h)
}

// Case checks the discriminant of a variant-like value.
func (f *Frame) Case(disc uint32, cases uint32) uint32 {
	if disc >= cases {
		throwCase(disc, cases)
	}
	return disc
}

// throwCase and throwChar are apart so that the checks are inlined.
//
//go:noinline
func throwCase(disc, cases uint32) { Throw("discriminant %d of a type with %d cases", disc, cases) }

// Char checks a char.
func (f *Frame) Char(c uint32) rune {
	if c >= 0x110000 || c >= 0xd800 && c < 0xe000 {
		throwChar(c)
	}
	return rune(c)
}

//go:noinline
func throwChar(c uint32) { Throw("%#x is not a Unicode scalar value", c) }
