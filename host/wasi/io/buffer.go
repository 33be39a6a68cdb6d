package io

import (
	"fmt"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
)

// Buffer is an output stream that collects what the guest writes, up to a
// limit: the body of a value, or of a message. Beyond the limit the write fails
// and the stream is closed.
//
// A host type that wants to hear of the guest dropping the stream embeds Buffer
// and defines Drop (and Abandon, for a guest that ends without dropping it).
// The zero value needs Init.
type Buffer struct {
	OutputStream
	data  []byte
	limit int
	err   error
}

var _ streams.OutputStream = (*Buffer)(nil)

// LimitError is why a Buffer failed.
type LimitError struct{ Limit int }

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("more than %d bytes were written, the limit", e.Limit)
}

// NewBuffer makes a Buffer of at most limit bytes.
func NewBuffer(limit int) *Buffer {
	b := new(Buffer)
	b.Init(limit)
	return b
}

// Init makes a Buffer new: empty, open, of at most limit bytes. A pooled one
// must not be in use any more; see InUse.
func (b *Buffer) Init(limit int) {
	b.data, b.limit, b.err = nil, limit, nil
	b.OutputStream.Init((*bufferOutput)(b))
}

// Bytes gives what was written so far. Later writes do not change it, so it may
// be kept without copying.
func (b *Buffer) Bytes() []byte { return b.data[:len(b.data):len(b.data)] }

// Err says why the guest's writes failed: a *LimitError, or nil.
func (b *Buffer) Err() error { return b.err }

// InUse says that the guest may still hold a pollable of the stream, so that
// the Buffer must not be pooled.
func (b *Buffer) InUse() bool { return b.watched() }

// bufferOutput is the Output side of a Buffer.
type bufferOutput Buffer

func (b *bufferOutput) Ready() bool    { return true }
func (b *bufferOutput) Watch(*Waker)   {}
func (b *bufferOutput) Unwatch(*Waker) {}

// Permit says nothing of the limit: a guest that was permitted 0 would wait for
// ever.
func (b *bufferOutput) Permit() (int, error) { return MaxTransfer, nil }

func (b *bufferOutput) Write(p []byte) error {
	if len(p) > b.limit-len(b.data) {
		b.data, b.err = nil, &LimitError{Limit: b.limit}
		return b.err
	}
	b.data = append(b.data, p...)
	return nil
}

func (b *bufferOutput) Flush() error { return nil }
