package io

import (
	"context"
	"errors"
	stdio "io"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
)

const (
	// MaxTransfer is the most bytes that one read, skip, splice or permit
	// amounts to, whatever the guest asks for.
	MaxTransfer = 1 << 20
	// MaxBlockingWrite is the most bytes that blocking-write-and-flush and
	// blocking-write-zeroes-and-flush take; more traps.
	MaxBlockingWrite = 4096
)

// Closer is what an Input or Output implements that has something to end.
// Close is called once, when the guest drops the stream or ends.
type Closer interface{ Close() }

// Closed is the stream-error `closed`, as a host function returns it.
func Closed() error { return errClosed }

var errClosed = component.Fail(streams.StreamError{Tag: streams.StreamErrorTagClosed})

// LastOperationFailed is the stream-error `last-operation-failed`, as a host
// function returns it; see NewError for what the guest learns of cause.
func LastOperationFailed(cause error) error {
	return component.Fail(streams.StreamError{
		Tag:                 streams.StreamErrorTagLastOperationFailed,
		LastOperationFailed: NewError(cause),
	})
}

func registerStreams(l *component.Linker) error { return streams.Register(l) }

// stream is what both directions share: the end of the stream, and its
// pollables.
type stream struct {
	over bool // at the end, failed or dropped
	// pollable is the one given out first. Most guests subscribe, wait and
	// drop, again and again: this makes it free.
	pollable child
	// more says that the guest once held several pollables at a time.
	more bool
}

// child is a pollable that is part of its stream.
type child struct {
	Pollable
	held bool
}

// Drop is called when the guest drops the pollable.
func (c *child) Drop(context.Context) { c.held = false }

func (s *stream) subscribe(source Source) poll.Pollable {
	if s.pollable.held {
		s.more = true
		return NewPollable(source)
	}
	s.pollable.held = true
	s.pollable.Init(source)
	return &s.pollable
}

// watched says that a pollable may live that asks the stream.
func (s *stream) watched() bool { return s.pollable.held || s.more }

// fail ends the stream and gives the stream-error for err.
func (s *stream) fail(err error) error {
	s.over = true
	if errors.Is(err, stdio.EOF) {
		return errClosed
	}
	return LastOperationFailed(err)
}

// drop ends the stream and closes end, where it has something to close.
func (s *stream) drop(end any) {
	s.over = true
	if c, ok := end.(Closer); ok {
		c.Close()
	}
}
