package keyvalue

import (
	"context"
	"sync/atomic"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// future is what the four kinds of future have in common: whether there is an
// outcome, its pollables, and who still refers to it.
//
// A future whose outcome was there at once belongs to the guest's goroutine
// alone, and is pooled when the guest has dropped it and its pollables. One that
// a goroutine or a place in line brings the outcome to is used once.
type future struct {
	guest   *guest
	owner   recycler
	outcome io.Event // set when there is an outcome, or will be none
	first   listener // the first pollable
	handles int      // the guest's, to the future and its pollables
	pooled  bool
	taken   bool
	err     error // why the operation failed

	// Of a goroutine's operation.
	state  atomic.Uint32
	cancel context.CancelFunc // ends the operation; nil: it runs to its end
}

// recycler is a future that can be pooled.
type recycler interface{ recycle() }

// The states of a goroutine's operation.
const (
	pending uint32 = iota
	finished
	dropped
)

func (f *future) init(s *guest, owner recycler) {
	f.guest, f.owner = s, owner
	f.first.of = f
	f.first.Init(&f.outcome)
	f.handles = 1
}

// listener is a pollable of a future. It may outlive it.
type listener struct {
	io.Pollable
	of   *future
	held bool
}

// Drop is called when the guest drops the pollable.
func (l *listener) Drop(context.Context) {
	l.held = false
	l.of.letGo()
}

// listen makes a pollable that is ready when there is an outcome.
func (f *future) listen() poll.Pollable {
	f.handles++
	l := &f.first
	if l.held {
		l = &listener{of: f}
		l.Init(&f.outcome)
	}
	l.held = true
	return l
}

// letGo ends one of the guest's handles.
func (f *future) letGo() {
	f.handles--
	if f.handles == 0 && f.pooled {
		f.owner.recycle()
	}
}

// makeReady makes a future that is ready, from the pool or new, into one that
// was not taken.
func (f *future) makeReady(s *guest, owner recycler) {
	if f.guest == nil {
		f.init(s, owner)
		f.pooled = true
		f.outcome.Set()
		return
	}
	f.handles, f.taken, f.err = 1, false, nil
}

// take says whether there is an outcome, and whether it is still to be taken,
// which it then is.
func (f *future) take() (ready, first bool) {
	switch {
	case !f.outcome.Ready():
		return false, false
	case f.taken:
		return true, false
	}
	f.taken = true
	if !f.pooled {
		f.guest.tasks.end()
	}
	return true, true
}

// run starts the work of a future in a goroutine. The work may write to the
// future what take then finds there.
func (f *future) run(ctx context.Context, work func(context.Context) error) {
	f.guest.tasks.start(func() {
		f.finish(guarded(ctx, work))
	})
}

// guarded keeps a store that panics from ending the process.
func guarded(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return work(ctx)
}

// finish publishes the outcome.
func (f *future) finish(err error) {
	f.err = err
	if f.state.CompareAndSwap(pending, finished) {
		f.outcome.Set()
	} else {
		f.guest.tasks.end() // dropped meanwhile
	}
	if f.cancel != nil {
		f.cancel()
	}
}

// abandon is the end of a future over a goroutine, whose outcome nobody takes:
// it is cancelled where that is possible. Its pollables become ready.
func (f *future) abandon() {
	if f.state.CompareAndSwap(pending, dropped) {
		if f.cancel != nil {
			f.cancel()
		}
		f.outcome.Set()
	} else {
		f.guest.tasks.end()
	}
}

// drop is what the Drop of each kind ends with.
func (f *future) drop() {
	if !f.pooled && !f.taken {
		f.abandon()
	}
	f.letGo()
}

// someErr is an outcome that is an error.
func someErr[T any](op string, err error) component.Option[component.Result[T, cachebind.Error]] {
	return component.Some(component.Err[T](fail(op, err)))
}
