package io

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
)

// Input is what a host implements to give guests an input stream; NewInput
// makes the stream. It is ready when Read would give bytes or an error. See
// Closer for hearing of the end.
//
// Its methods are called by the goroutine that calls the guest.
type Input interface {
	Source
	// Read gives up to n bytes, or none where there are none yet; it does not
	// block. The bytes need not outlive the next call. After the last ones it
	// returns io.EOF, which closes the stream; any other error fails it. Bytes
	// and an error do not come together. With n == 0 it only says whether the
	// stream is still open.
	Read(n int) ([]byte, error)
}

// InputStream is the resource input-stream of wasi:io/streams, over an Input.
type InputStream struct {
	stream
	in Input
}

var (
	_ streams.InputStream = (*InputStream)(nil)
	_ Source              = (*InputStream)(nil)
)

// NewInput makes the stream.
func NewInput(in Input) *InputStream { return &InputStream{in: in} }

// Init makes an InputStream that is part of a larger object.
func (s *InputStream) Init(in Input) { *s = InputStream{in: in} }

// Read is [method]input-stream.read: what is at hand of the next length bytes,
// at most MaxTransfer. It does not wait.
func (s *InputStream) Read(_ context.Context, length uint64) ([]byte, error) {
	if s.over {
		return nil, errClosed
	}
	b, err := s.in.Read(int(min(length, MaxTransfer)))
	if err != nil {
		return nil, s.fail(err)
	}
	return b, nil
}

// BlockingRead is [method]input-stream.blocking-read: Read, once there is a
// byte to read or the stream is over.
func (s *InputStream) BlockingRead(ctx context.Context, length uint64) ([]byte, error) {
	for {
		if err := Wait(ctx, s); err != nil {
			return nil, err
		}
		b, err := s.Read(ctx, length)
		if err != nil || len(b) != 0 || length == 0 {
			return b, err
		}
	}
}

// Skip is [method]input-stream.skip: Read, without the bytes.
func (s *InputStream) Skip(ctx context.Context, length uint64) (uint64, error) {
	b, err := s.Read(ctx, length)
	return uint64(len(b)), err
}

// BlockingSkip is [method]input-stream.blocking-skip.
func (s *InputStream) BlockingSkip(ctx context.Context, length uint64) (uint64, error) {
	b, err := s.BlockingRead(ctx, length)
	return uint64(len(b)), err
}

// Subscribe is [method]input-stream.subscribe.
func (s *InputStream) Subscribe(context.Context) (poll.Pollable, error) {
	return s.subscribe(s), nil
}

// Ready implements Source: a read would give bytes or an error. A dropped
// stream is ready.
func (s *InputStream) Ready() bool { return s.over || s.in.Ready() }

// Watch implements Source.
func (s *InputStream) Watch(w *Waker) { s.in.Watch(w) }

// Unwatch implements Source.
func (s *InputStream) Unwatch(w *Waker) { s.in.Unwatch(w) }

// Drop is called when the guest drops the stream.
func (s *InputStream) Drop(context.Context) { s.drop(s.in) }

// Abandon is called when the guest ends without dropping the stream.
func (s *InputStream) Abandon() { s.drop(s.in) }
