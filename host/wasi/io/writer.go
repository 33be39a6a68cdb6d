package io

import (
	"context"
	"fmt"
	stdio "io"
	"sync"
	"time"
)

// WriterOutput is an Output over an io.Writer. While bytes are on their way,
// one goroutine is in Write of the writer; otherwise there is none. Writers
// that never block (those of packages bytes and strings, io.Discard, regular
// files) are written without.
//
// Several streams may share a WriterOutput, as the handles of one standard
// output do; its memory is bounded for all of them together. So it does not end
// with a stream: whoever made it calls Stop, for instance by Guest.OnClose.
type WriterOutput struct {
	w      stdio.Writer
	direct bool

	mu       sync.Mutex
	pending  []byte // to be written
	spare    []byte // the goroutine's while writing
	writing  bool
	flushing bool
	stopped  bool
	err      error
	watchers Watchers
}

var _ Output = (*WriterOutput)(nil)

// NewWriter makes an Output over w; nil discards.
func NewWriter(w stdio.Writer) *WriterOutput {
	if w == nil {
		w = stdio.Discard
	}
	return &WriterOutput{w: w, direct: neverBlocks(w)}
}

// Permit implements Output.
func (o *WriterOutput) Permit() (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.permit(), o.err
}

func (o *WriterOutput) permit() int {
	if o.flushing || o.err != nil {
		return 0
	}
	return max(chunk-len(o.pending), 0)
}

// Write implements Output.
func (o *WriterOutput) Write(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
	case o.direct:
		o.err = o.write(b)
	default:
		o.pending = append(o.pending, b...)
		if !o.writing {
			o.writing = true
			go o.drain()
		}
	}
	return o.err
}

// drain writes what is pending until nothing is.
func (o *WriterOutput) drain() {
	o.mu.Lock()
	for len(o.pending) != 0 && o.err == nil {
		b := o.pending
		o.pending = o.spare[:0]
		o.spare = b
		o.mu.Unlock()
		o.watchers.Wake()
		err := o.write(b)
		o.mu.Lock()
		if o.err == nil {
			o.err = err
		}
	}
	o.writing, o.flushing = false, false
	if o.stopped { // the writer is the embedder's again
		o.interrupt(time.Time{})
	}
	o.mu.Unlock()
	o.watchers.Wake()
}

// write calls the writer. One that panics fails the stream: on a goroutine of
// ours it would end the process.
func (o *WriterOutput) write(b []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the writer panicked: %v", p)
		}
	}()
	n, err := o.w.Write(b)
	if err == nil && n < len(b) {
		err = stdio.ErrShortWrite
	}
	return err
}

// Flush implements Output: done is when the writer has taken all.
func (o *WriterOutput) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushing = o.writing
	return o.err
}

// Ready implements Source.
func (o *WriterOutput) Ready() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil || o.permit() > 0
}

// Watch implements Source.
func (o *WriterOutput) Watch(w *Waker) { o.watchers.Watch(w) }

// Unwatch implements Source.
func (o *WriterOutput) Unwatch(w *Waker) { o.watchers.Unwatch(w) }

// Stop waits until the writer has taken everything, or ctx ends; then it
// interrupts the Write under way, where the writer has SetWriteDeadline, and
// gives up the rest. A writer without keeps its goroutine until Write returns.
// It returns why something was lost, nil where nothing was.
func (o *WriterOutput) Stop(ctx context.Context) error {
	lost := Wait(ctx, (*drained)(o))
	o.mu.Lock()
	defer o.mu.Unlock()
	if lost == nil {
		lost = o.err
	}
	if o.err == nil {
		o.err = stdio.EOF
	}
	o.stopped = true
	if o.writing {
		o.interrupt(time.Unix(1, 0))
	}
	return lost
}

// interrupt sets the deadline of Write, for writers that can be interrupted.
func (o *WriterOutput) interrupt(deadline time.Time) {
	if d, ok := o.w.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = d.SetWriteDeadline(deadline) // an error means: this one cannot
	}
}

// drained is ready when no goroutine writes.
type drained WriterOutput

func (o *drained) Ready() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.writing
}

func (o *drained) Watch(w *Waker)   { o.watchers.Watch(w) }
func (o *drained) Unwatch(w *Waker) { o.watchers.Unwatch(w) }
