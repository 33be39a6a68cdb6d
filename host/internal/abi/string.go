package abi

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/wasikv/wasikv/host/internal/types"
)

// utf16Tag marks, in the length of a latin1+utf16 string, that its code units
// are UTF-16 (UTF16_TAG).
const utf16Tag = 1 << 31

// form is how a string was encoded where it came from. The canonical ABI sizes
// the allocations of the receiver by the form and the number of code units.
type form uint8

const (
	formUTF8   form = iota
	formUTF16       // from a utf16 guest
	formLatin1      // from a latin1+utf16 guest, untagged
	formTagged      // from a latin1+utf16 guest, in UTF-16
)

// transcode lifts a string that is not UTF-8.
func (f *Frame) transcode(ptr, tagged uint32) string {
	text, _, _ := f.liftEncoded(ptr, tagged)
	return text
}

// liftEncoded lifts a utf16 or latin1+utf16 string, with the form and the code
// units that it had.
func (f *Frame) liftEncoded(ptr, tagged uint32) (string, form, uint32) {
	from, units := formUTF16, tagged
	if f.encoding == Latin1UTF16 {
		from = formLatin1
		if tagged&utf16Tag != 0 {
			from, units = formTagged, tagged^utf16Tag
		}
	}
	size := uint64(units)
	if from != formLatin1 {
		size *= 2
	}
	if size > types.MaxSize {
		Throw("string of %d bytes exceeds %d", size, types.MaxSize)
	}
	b := f.Area(ptr, uint32(size), 2)
	if from == formLatin1 {
		return f.fromLatin1(b), from, units
	}
	return f.fromUTF16(b), from, units
}

func (f *Frame) fromLatin1(b []byte) string {
	n := len(b)
	for _, c := range b {
		n += int(c >> 7)
	}
	f.Charge(uint64(n))
	if n == len(b) {
		return string(b)
	}
	out := make([]byte, 0, n)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

func (f *Frame) fromUTF16(b []byte) string {
	n := 0
	for i := 0; i < len(b); i += 2 {
		switch u := binary.LittleEndian.Uint16(b[i:]); {
		case u < 0x80:
			n++
		case u < 0x800:
			n += 2
		case u < 0xd800 || u >= 0xe000:
			n += 3
		default:
			if u >= 0xdc00 || i+2 == len(b) || binary.LittleEndian.Uint16(b[i+2:])&0xfc00 != 0xdc00 {
				Throw("string has a lone surrogate")
			}
			n += 4
			i += 2
		}
	}
	f.Charge(uint64(n))
	out := make([]byte, 0, n)
	for i := 0; i < len(b); i += 2 {
		r := rune(binary.LittleEndian.Uint16(b[i:]))
		if r&0xf800 == 0xd800 {
			i += 2
			r = 0x10000 + (r&0x3ff)<<10 + rune(binary.LittleEndian.Uint16(b[i:])&0x3ff)
		}
		out = utf8.AppendRune(out, r)
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// encode lowers a host string to a guest that does not keep UTF-8.
func (f *Frame) encode(s string) (ptr, n uint32) {
	if len(s) > types.MaxSize {
		Throw("string of %d bytes exceeds %d", len(s), types.MaxSize)
	}
	return f.storeString(s, formUTF8, uint32(len(s)))
}

// storeString lowers text, which had a form and a number of code units at its
// source (store_string_into_range). The order and the sizes of the allocations
// are normative: a guest sees them.
//
// units is bounded by types.MaxSize, in bytes of the source, so that no size
// computed from it exceeds 2³¹.
func (f *Frame) storeString(text string, from form, units uint32) (ptr, n uint32) {
	switch f.encoding {
	case UTF16:
		if from == formUTF8 {
			return f.utf8ToUTF16(text, units)
		}
		ptr = f.Realloc(0, 0, 2, 2*units)
		putUTF16(f.view(ptr, 2*units), text)
		return ptr, units
	case Latin1UTF16:
		switch from {
		case formLatin1:
			ptr = f.Realloc(0, 0, 2, units)
			putLatin1(f.view(ptr, units), text)
			return ptr, units
		case formTagged:
			return f.probablyUTF16(text, units)
		}
		return f.toLatin1OrUTF16(text, units)
	}
	switch from {
	case formUTF16, formTagged:
		return f.toUTF8(text, units, 3*units)
	case formLatin1:
		return f.toUTF8(text, units, 2*units)
	}
	ptr = f.Realloc(0, 0, 1, units)
	copy(f.view(ptr, units), text)
	return ptr, units
}

// toUTF8 hopes for ASCII and falls back to the worst case at the first code
// point that is not (store_string_to_utf8).
func (f *Frame) toUTF8(text string, units, worst uint32) (ptr, n uint32) {
	ptr = f.Realloc(0, 0, 1, units)
	size := uint32(len(text))
	if size == units {
		copy(f.view(ptr, units), text)
		return ptr, units
	}
	ascii := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	copy(f.view(ptr, units), text[:ascii])
	ptr = f.Realloc(ptr, units, 1, worst)
	copy(f.view(ptr, worst)[ascii:], text[ascii:])
	if worst > size {
		ptr = f.Realloc(ptr, worst, 1, size)
	}
	return ptr, size
}

// utf8ToUTF16 allocates a UTF-16 unit for each byte and gives back what the
// string did not need (store_utf8_to_utf16).
func (f *Frame) utf8ToUTF16(text string, units uint32) (ptr, n uint32) {
	worst := 2 * units
	ptr = f.Realloc(0, 0, 2, worst)
	size := uint32(putUTF16(f.view(ptr, worst), text))
	if size < worst {
		ptr = f.Realloc(ptr, worst, 2, size)
	}
	return ptr, size / 2
}

// toLatin1OrUTF16 hopes for Latin-1 and, at the first code point beyond it,
// inflates in place what was stored (store_string_to_latin1_or_utf16).
func (f *Frame) toLatin1OrUTF16(text string, units uint32) (ptr, n uint32) {
	ptr = f.Realloc(0, 0, 2, units)
	size, rest := putLatin1(f.view(ptr, units), text)
	if rest == "" {
		if size < units {
			ptr = f.Realloc(ptr, units, 2, size)
		}
		return ptr, size
	}
	worst := 2 * units
	ptr = f.Realloc(ptr, units, 2, worst)
	b := f.view(ptr, worst)
	for i := int(size) - 1; i >= 0; i-- {
		b[2*i], b[2*i+1] = b[i], 0
	}
	total := 2*size + uint32(putUTF16(b[2*size:], rest))
	if total < worst {
		ptr = f.Realloc(ptr, worst, 2, total)
	}
	return ptr, total/2 | utf16Tag
}

// probablyUTF16 trusts the source, which chose UTF-16 where it could have used
// Latin-1, and deflates at the end where that was needless
// (store_probably_utf16_to_latin1_or_utf16).
func (f *Frame) probablyUTF16(text string, units uint32) (ptr, n uint32) {
	size := 2 * units
	ptr = f.Realloc(0, 0, 2, size)
	b := f.view(ptr, size)
	putUTF16(b, text)
	for i := 1; i < len(b); i += 2 {
		if b[i] != 0 {
			return ptr, units | utf16Tag
		}
	}
	for i := range int(units) {
		b[i] = b[2*i]
	}
	return f.Realloc(ptr, size, 1, units), units
}

// putUTF16 writes text and gives the bytes it took.
func putUTF16(b []byte, text string) int {
	n := 0
	for _, r := range text {
		if r >= 0x10000 {
			r -= 0x10000
			binary.LittleEndian.PutUint16(b[n:], uint16(0xd800+r>>10))
			n += 2
			r = 0xdc00 + r&0x3ff
		}
		binary.LittleEndian.PutUint16(b[n:], uint16(r))
		n += 2
	}
	return n
}

// putLatin1 writes text up to the first code point that is not Latin-1, and
// gives the bytes written and what remains.
func putLatin1(b []byte, text string) (n uint32, rest string) {
	for i, r := range text {
		if r > 0xff {
			return n, text[i:]
		}
		b[n] = byte(r)
		n++
	}
	return n, ""
}
