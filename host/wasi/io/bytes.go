package io

import (
	"context"
	stdio "io"
	"sync"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
)

// bytesStream is an input stream over bytes in memory. Guests make one a value
// they read, so they are pooled.
type bytesStream struct {
	InputStream
	rest []byte
}

var bytesStreams = sync.Pool{New: func() any { return new(bytesStream) }}

// NewBytes makes an input stream over b, which must not change: reads view it
// in place, and the stream allocates nothing however much is asked for. It is
// closed after the last byte.
//
// The stream is the guest's once a host function returned it: it is used again
// for another guest after it was dropped.
func NewBytes(b []byte) streams.InputStream {
	s := bytesStreams.Get().(*bytesStream)
	s.rest = b
	s.Init((*bytesInput)(s))
	return s
}

// Drop is called when the guest drops the stream.
func (s *bytesStream) Drop(context.Context) {
	s.over, s.rest = true, nil
	if !s.watched() {
		bytesStreams.Put(s)
	}
}

// Abandon is called when the guest ends without dropping the stream.
func (s *bytesStream) Abandon() { s.over, s.rest = true, nil }

// bytesInput is the Input side of a bytesStream.
type bytesInput bytesStream

func (s *bytesInput) Ready() bool    { return true }
func (s *bytesInput) Watch(*Waker)   {}
func (s *bytesInput) Unwatch(*Waker) {}

func (s *bytesInput) Read(n int) ([]byte, error) {
	if len(s.rest) == 0 {
		return nil, stdio.EOF
	}
	n = min(n, len(s.rest))
	b := s.rest[:n:n]
	s.rest = s.rest[n:]
	return b, nil
}
