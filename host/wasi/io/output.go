package io

import (
	"context"
	"fmt"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
)

// Output is what a host implements to give guests an output stream; NewOutput
// makes the stream, which keeps the guest to its permits. It is ready when
// Permit would give more than 0, or an error. See Closer for hearing of the
// end.
//
// Its methods are called by the goroutine that calls the guest.
//
// io.EOF as an error closes the stream, any other fails it.
type Output interface {
	Source
	// Permit says how many bytes the next writes may have in sum; 0 while the
	// output is busy.
	Permit() (int, error)
	// Write takes all of b, which is never more than is left of the permit, and
	// which it must copy to keep. It does not block.
	Write(b []byte) error
	// Flush begins to flush what was written; until that is done, Permit
	// gives 0. It does not block.
	Flush() error
}

// OutputStream is the resource output-stream of wasi:io/streams, over an
// Output.
type OutputStream struct {
	stream
	out    Output
	permit int // left of the last check-write
}

var (
	_ streams.OutputStream = (*OutputStream)(nil)
	_ Source               = (*OutputStream)(nil)
)

// NewOutput makes the stream.
func NewOutput(out Output) *OutputStream { return &OutputStream{out: out} }

// Init makes an OutputStream that is part of a larger object.
func (s *OutputStream) Init(out Output) { *s = OutputStream{out: out} }

// CheckWrite is [method]output-stream.check-write: how many bytes the guest may
// write next, 0 while the output is busy.
func (s *OutputStream) CheckWrite(context.Context) (uint64, error) {
	if s.over {
		return 0, errClosed
	}
	n, err := s.out.Permit()
	if err != nil {
		return 0, s.fail(err)
	}
	s.permit = min(n, MaxTransfer)
	return uint64(s.permit), nil
}

// Write is [method]output-stream.write. It traps beyond the permit of the last
// check-write.
func (s *OutputStream) Write(_ context.Context, contents []byte) error {
	if err := s.spend(uint64(len(contents))); err != nil {
		return err
	}
	return s.put(contents)
}

// WriteZeroes is [method]output-stream.write-zeroes. It traps beyond the permit
// of the last check-write.
func (s *OutputStream) WriteZeroes(_ context.Context, length uint64) error {
	if err := s.spend(length); err != nil {
		return err
	}
	return s.putZeroes(int(length))
}

// spend takes n bytes of the permit.
func (s *OutputStream) spend(n uint64) error {
	if s.over {
		return errClosed
	}
	if n > uint64(s.permit) {
		return &component.Trap{Reason: fmt.Sprintf("write of %d bytes, and check-write permitted %d", n, s.permit)}
	}
	s.permit -= int(n)
	return nil
}

func (s *OutputStream) put(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := s.out.Write(b); err != nil {
		return s.fail(err)
	}
	return nil
}

var zeroes [MaxBlockingWrite]byte

func (s *OutputStream) putZeroes(n int) error {
	for n > 0 {
		m := min(n, len(zeroes))
		if err := s.put(zeroes[:m]); err != nil {
			return err
		}
		n -= m
	}
	return nil
}

// Flush is [method]output-stream.flush: it asks for what was written to be
// flushed, and the stream is ready again when that is done.
func (s *OutputStream) Flush(context.Context) error {
	if s.over {
		return errClosed
	}
	s.permit = 0
	if err := s.out.Flush(); err != nil {
		return s.fail(err)
	}
	return nil
}

// BlockingFlush is [method]output-stream.blocking-flush.
func (s *OutputStream) BlockingFlush(ctx context.Context) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	_, err := s.room(ctx)
	return err
}

// BlockingWriteAndFlush is [method]output-stream.blocking-write-and-flush. It
// traps with more than MaxBlockingWrite bytes.
func (s *OutputStream) BlockingWriteAndFlush(ctx context.Context, contents []byte) error {
	if len(contents) > MaxBlockingWrite {
		return tooMuch(uint64(len(contents)))
	}
	for len(contents) != 0 {
		n, err := s.room(ctx)
		if err != nil {
			return err
		}
		n = min(n, len(contents))
		if err := s.put(contents[:n]); err != nil {
			return err
		}
		contents = contents[n:]
	}
	return s.finish(ctx)
}

// BlockingWriteZeroesAndFlush is
// [method]output-stream.blocking-write-zeroes-and-flush. It traps with more
// than MaxBlockingWrite bytes.
func (s *OutputStream) BlockingWriteZeroesAndFlush(ctx context.Context, length uint64) error {
	if length > MaxBlockingWrite {
		return tooMuch(length)
	}
	return s.BlockingWriteAndFlush(ctx, zeroes[:length])
}

func tooMuch(n uint64) error {
	return &component.Trap{Reason: fmt.Sprintf("blocking write of %d bytes, at most %d are allowed", n, MaxBlockingWrite)}
}

// finish flushes. A stream that closes once everything is out has succeeded:
// the next operation hears of it.
func (s *OutputStream) finish(ctx context.Context) error {
	err := s.BlockingFlush(ctx)
	if err == errClosed {
		return nil
	}
	return err
}

// room waits until the output takes bytes, and says how many.
func (s *OutputStream) room(ctx context.Context) (int, error) {
	for {
		if err := Wait(ctx, s); err != nil {
			return 0, err
		}
		if s.over {
			return 0, errClosed
		}
		n, err := s.out.Permit()
		if err != nil {
			return 0, s.fail(err)
		}
		if n > 0 {
			s.permit = 0 // what was permitted before is void
			return min(n, MaxTransfer), nil
		}
	}
}

// Splice is [method]output-stream.splice: check-write, read and write in one.
func (s *OutputStream) Splice(ctx context.Context, src streams.InputStream, length uint64) (uint64, error) {
	n, err := s.CheckWrite(ctx)
	if err != nil {
		return 0, err
	}
	b, err := src.Read(ctx, min(n, length))
	if err != nil {
		return 0, err
	}
	return uint64(len(b)), s.Write(ctx, b)
}

// BlockingSplice is [method]output-stream.blocking-splice: Splice, once both
// streams are ready.
func (s *OutputStream) BlockingSplice(ctx context.Context, src streams.InputStream, length uint64) (uint64, error) {
	n, err := s.room(ctx)
	if err != nil {
		return 0, err
	}
	b, err := src.BlockingRead(ctx, min(uint64(n), length))
	if err != nil {
		return 0, err
	}
	return uint64(len(b)), s.put(b)
}

// Subscribe is [method]output-stream.subscribe.
func (s *OutputStream) Subscribe(context.Context) (poll.Pollable, error) {
	return s.subscribe(s), nil
}

// Ready implements Source: check-write would give more than 0 or an error. A
// dropped stream is ready.
func (s *OutputStream) Ready() bool { return s.over || s.out.Ready() }

// Watch implements Source.
func (s *OutputStream) Watch(w *Waker) { s.out.Watch(w) }

// Unwatch implements Source.
func (s *OutputStream) Unwatch(w *Waker) { s.out.Unwatch(w) }

// Drop is called when the guest drops the stream.
func (s *OutputStream) Drop(context.Context) { s.drop(s.out) }

// Abandon is called when the guest ends without dropping the stream.
func (s *OutputStream) Abandon() { s.drop(s.out) }
