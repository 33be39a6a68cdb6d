package preview1

import (
	"context"
	"errors"
	stdio "io"
	"math"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/wasi/cli"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// blocking is what a guest waits in: its standard streams, which are those of
// wasi:cli, and its sleep. All must end with the call; wazero hands them no
// context, so that the guards of this package leave it here.
type blocking struct {
	life     context.Context
	call     context.Context // of the call under way; nil: none
	stdin    streams.InputStream
	stdout   output
	stderr   output
	hasInput io.Source
	clock    clocks.Clock
}

type blockingKey struct{}

// blockingOf gives what newBlocking made for a guest.
func blockingOf(g *abi.Guest) *blocking {
	b, _ := g.Value(blockingKey{}).(*blocking)
	return b
}

func newBlocking(g *abi.Guest, clock clocks.Clock) (*blocking, error) {
	line, err := cli.NewCommandLine(g)
	if err != nil {
		return nil, err
	}
	b := &blocking{life: g.Context(), clock: clock}
	if b.stdin, err = line.GetStdin(b.life); err != nil {
		return nil, err
	}
	b.hasInput = b.stdin.(io.Source)
	for to, get := range map[*output]func(context.Context) (streams.OutputStream, error){
		&b.stdout: line.GetStdout, &b.stderr: line.GetStderr,
	} {
		stream, err := get(b.life)
		if err != nil {
			return nil, err
		}
		*to = output{b, stream, stream.(io.Source)}
	}
	g.SetValue(blockingKey{}, b)
	return b, nil
}

// context gives the context that a wait ends with.
func (b *blocking) context() context.Context {
	if b.call != nil {
		return b.call
	}
	return b.life
}

// wait blocks until a source is ready.
func (b *blocking) wait(source io.Source) {
	if err := io.Wait(b.context(), source); err != nil {
		end(err)
	}
}

// end traps where the call or the guest ended during a wait: a guest that went
// on would take an interrupted sleep for a short one.
func end(err error) {
	panic(&abi.Trap{Reason: "a wait of the guest was ended", Cause: err})
}

// sleep is wazero's Nanosleep.
func (b *blocking) sleep(nanos int64) { b.wait(&alarm{clock: b.clock, after: time.Duration(nanos)}) }

// Read implements io.Reader, over standard input.
func (b *blocking) Read(p []byte) (int, error) {
	got, err := b.stdin.BlockingRead(b.context(), uint64(len(p)))
	if err != nil {
		return 0, streamError(err)
	}
	return copy(p, got), nil
}

// streamError gives the error of a stream as package io has it; it traps where
// there is another.
func streamError(err error) error {
	var failed *component.Failure[streams.StreamError]
	switch {
	case !errors.As(err, &failed):
		end(err)
	case failed.Err.Tag == streams.StreamErrorTagClosed:
		return stdio.EOF
	}
	return sys.EIO
}

// Poll implements sys.Pollable, over standard input.
func (b *blocking) Poll(flag sys.Pflag, millis int32) (bool, sys.Errno) {
	if flag != sys.POLLIN {
		return false, sys.ENOTSUP
	}
	a := alarm{source: b.hasInput, clock: b.clock, after: time.Duration(millis) * time.Millisecond}
	if millis < 0 {
		a.after = math.MaxInt64
	}
	b.wait(&a)
	return b.hasInput.Ready(), 0
}

// output is standard output or error.
type output struct {
	*blocking
	stream  streams.OutputStream
	hasRoom io.Source
}

// Write implements io.Writer. It returns when the bytes are written, so that
// the guest learns of an error, and output and error keep their order.
func (o output) Write(p []byte) (int, error) {
	ctx := o.context()
	for rest := p; len(rest) > 0; {
		o.wait(o.hasRoom)
		n, err := o.stream.CheckWrite(ctx)
		if err == nil {
			n = min(n, uint64(len(rest)))
			err = o.stream.Write(ctx, rest[:n])
		}
		if err != nil {
			return len(p) - len(rest), outputError(err)
		}
		rest = rest[n:]
	}
	if err := o.stream.BlockingFlush(ctx); err != nil {
		return 0, outputError(err)
	}
	return len(p), nil
}

// outputError is streamError for an output, which has no end to come to.
func outputError(err error) error {
	if err = streamError(err); err == stdio.EOF {
		return sys.EBADF
	}
	return err
}

// alarm is a Source that is ready when another is, or when a time has passed
// since it was first watched. Only watching begins to read an input, so that
// a poll that does not wait must watch, too.
type alarm struct {
	source io.Source // nil: time alone
	clock  clocks.Clock
	after  time.Duration
	timer  io.Source // nil: not watched yet
}

// Ready implements io.Source.
func (a *alarm) Ready() bool {
	return a.source != nil && a.source.Ready() || a.timer != nil && a.timer.Ready()
}

// Watch implements io.Source.
func (a *alarm) Watch(w *io.Waker) {
	if a.timer == nil {
		now := a.clock.Monotonic()
		a.timer = a.clock.Timer(now + min(a.after, math.MaxInt64-now))
	}
	if a.source != nil {
		a.source.Watch(w)
	}
	a.timer.Watch(w)
}

// Unwatch implements io.Source.
func (a *alarm) Unwatch(w *io.Waker) {
	if a.source != nil {
		a.source.Unwatch(w)
	}
	a.timer.Unwatch(w)
}
