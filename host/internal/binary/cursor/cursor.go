// Package cursor reads the encodings that core modules and components share:
// bytes, LEB128 integers, names, counts and sized parts of one byte slice.
//
// A Cursor ends a decode from any depth by a panic that Catch turns back into
// an error; no panic leaves a decoder that defers Catch. A Cursor belongs to
// one goroutine and never writes to the bytes it reads.
package cursor

import (
	"fmt"
	"unicode/utf8"
)

// Cursor is a position in a part of a file. Offsets are those of the file.
type Cursor struct {
	data []byte
	base int64 // offset of data[0] in the outermost file
	pos  int
	end  int
	// Item names what is being read; it is asked only when something fails.
	Item func() string
}

// New reads data, which begins at offset base of the outermost file.
func New(data []byte, base int64) *Cursor {
	return &Cursor{data: data, base: base, end: len(data)}
}

// stop carries an error to Catch.
type stop struct{ err error }

// Catch is deferred by a decoder: it turns Fail and Refuse into its error.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case stop:
		*err = r.err
	default:
		panic(r)
	}
}

// Fail ends the decode: the file is malformed at an offset.
func (c *Cursor) Fail(at int64, format string, args ...any) {
	panic(stop{&Error{Offset: at, Item: c.item(), Reason: fmt.Sprintf(format, args...)}})
}

// Refuse ends the decode: the file uses a feature at an offset.
func (c *Cursor) Refuse(at int64, f Feature) {
	panic(stop{&UnsupportedError{Feature: f, Offset: at, Item: c.item()}})
}

func (c *Cursor) item() string {
	if c.Item == nil {
		return ""
	}
	return c.Item()
}

// Pos is the offset of the next byte.
func (c *Cursor) Pos() int64 { return c.base + int64(c.pos) }

// Len counts the bytes left in the part being read.
func (c *Cursor) Len() int { return c.end - c.pos }

// Narrow limits reading to the next n bytes, until Widen takes what it
// returns. The caller has checked that they exist (see Size).
func (c *Cursor) Narrow(n int) (outer int) {
	outer = c.end
	c.end = c.pos + n
	return outer
}

// Widen ends the part that Narrow began; bytes left in it are an error.
func (c *Cursor) Widen(outer int) {
	if c.pos != c.end {
		c.Fail(c.Pos(), "%d unexpected bytes at the end of the section", c.Len())
	}
	c.end = outer
}

// Peek gives the next byte without reading it, or -1 at the end.
func (c *Cursor) Peek() int {
	if c.pos == c.end {
		return -1
	}
	return int(c.data[c.pos])
}

// Byte reads a byte.
func (c *Cursor) Byte() byte {
	if c.pos == c.end {
		c.short()
	}
	b := c.data[c.pos]
	c.pos++
	return b
}

// Expect reads a byte that has one meaning only.
func (c *Cursor) Expect(want byte, what string) {
	at := c.Pos()
	if b := c.Byte(); b != want {
		c.Fail(at, "%s must be %#02x, not %#02x", what, want, b)
	}
}

// Unknown reports a byte that names nothing in its place.
func (c *Cursor) Unknown(at int64, b byte, what string) {
	c.Fail(at, "%#02x is no %s", b, what)
}

// Bytes reads n bytes in place.
func (c *Cursor) Bytes(n int) []byte {
	if n > c.Len() {
		c.short()
	}
	b := c.data[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return b
}

func (c *Cursor) short() {
	if c.end == len(c.data) {
		c.Fail(c.base+int64(c.end), "unexpected end of the file: it may be truncated")
	}
	c.Fail(c.base+int64(c.end), "unexpected end of the section: its size is too small for its contents")
}

// U32 reads an unsigned LEB128 integer of at most 32 bits.
func (c *Cursor) U32() uint32 {
	at := c.Pos()
	var v uint32
	for shift := 0; ; shift += 7 {
		b := c.Byte()
		if shift == 28 && b > 0x0f {
			c.tooLong(at, b, 32)
		}
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

// S33 reads a signed LEB128 integer of at most 33 bits: a type index where it
// is not negative.
func (c *Cursor) S33() int64 {
	at := c.Pos()
	var v int64
	for shift := 0; ; shift += 7 {
		b := c.Byte()
		if shift == 28 && (b >= 0x80 || b > 0x0f && b < 0x70) {
			c.tooLong(at, b, 33)
		}
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

func (c *Cursor) tooLong(at int64, b byte, bits int) {
	if b >= 0x80 {
		c.Fail(at, "LEB128 integer is longer than %d bits need", bits)
	}
	c.Fail(at, "LEB128 integer does not fit in %d bits", bits)
}

// Size reads the size of a part and checks that the part is there.
func (c *Cursor) Size(what string) int {
	at := c.Pos()
	n := c.U32()
	if uint64(n) > uint64(c.Len()) {
		c.Fail(at, "%s of %d bytes, and only %d follow: the file may be truncated", what, n, c.Len())
	}
	return int(n)
}

// Count reads how many items follow, each of at least least bytes, and checks
// that so many can: memory may be allocated for them.
func (c *Cursor) Count(what string, least int) int {
	at := c.Pos()
	n := c.U32()
	if uint64(n)*uint64(least) > uint64(c.Len()) {
		c.Fail(at, "%d %s cannot fit in the %d bytes left", n, what, c.Len())
	}
	return int(n)
}

// NameBytes reads a length-prefixed UTF-8 string of at most limit bytes, in
// place.
func (c *Cursor) NameBytes(limit int) []byte {
	at := c.Pos()
	n := c.Size("name")
	if n > limit {
		c.Fail(at, "name of %d bytes, the limit is %d", n, limit)
	}
	b := c.Bytes(n)
	if !utf8.Valid(b) {
		c.Fail(at, "name is not valid UTF-8")
	}
	return b
}

// Name is NameBytes as a string of its own.
func (c *Cursor) Name(limit int) string { return string(c.NameBytes(limit)) }
