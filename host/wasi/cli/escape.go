package cli

import (
	"io"
	"unicode/utf8"
)

// EscapeFilter passes text on to w without what a terminal would take as a
// command: a guest could otherwise rewrite what the user sees, set the title,
// or have the terminal type for it.
//
// Printable characters, tabs, line feeds and carriage returns pass, and so do
// the sequences that set colours (ESC [ … m). Other control characters come out
// as the pictures Unicode has for them (␛ for escape), and bytes that are not
// UTF-8 as U+FFFD.
//
// It holds back at most one unfinished sequence between two writes.
func EscapeFilter(w io.Writer) io.Writer { return &escapeFilter{w: w} }

// maxColour is the longest sequence that is taken for a colour.
const maxColour = 64

type escapeFilter struct {
	w    io.Writer
	held []byte // the beginning of a sequence or character
	out  []byte
}

// Write implements io.Writer.
func (f *escapeFilter) Write(p []byte) (int, error) {
	in := p
	if len(f.held) != 0 {
		in = append(f.held, p...)
	}
	f.out = f.out[:0]
	for len(in) != 0 {
		n := f.next(in)
		if n == 0 {
			break
		}
		in = in[n:]
	}
	f.held = append(f.held[:0:0], in...)
	if len(f.out) == 0 {
		return len(p), nil
	}
	n, err := f.w.Write(f.out)
	if err == nil && n < len(f.out) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// next passes one character or colour sequence of in on, and returns its
// length; 0 where in ends within it.
func (f *escapeFilter) next(in []byte) int {
	if in[0] == 0x1b {
		return f.escape(in)
	}
	if !utf8.FullRune(in) {
		return 0
	}
	r, n := utf8.DecodeRune(in)
	switch {
	case r == '\t' || r == '\n' || r == '\r':
	case r < 0x20:
		r += '␀'
	case r == 0x7f:
		r = '␡'
	case r < 0xa0 && r >= 0x80: // the 8-bit forms of escape sequences
		r = utf8.RuneError
	}
	f.out = utf8.AppendRune(f.out, r)
	return n
}

// escape passes a colour sequence on, or makes the escape character visible.
func (f *escapeFilter) escape(in []byte) int {
	for i, c := range in[1:] {
		n := i + 2 // length including c
		switch {
		case n > maxColour:
		case i == 0 && c == '[', i > 0 && (c >= '0' && c <= '9' || c == ';' || c == ':'):
			continue
		case i > 0 && c == 'm':
			f.out = append(f.out, in[:n]...)
			return n
		}
		f.out = utf8.AppendRune(f.out, '␛')
		return 1
	}
	return 0 // unfinished; never longer than maxColour
}
