package keyvalue

import (
	"context"
	"sync"
	"time"
)

// tasks are the operations of a guest that did not end at once, and the
// goroutines that run them.
type tasks struct {
	limit int // operations at a time

	mu      sync.Mutex
	count   int // operations
	running int // goroutines
	closed  bool
	idle    chan struct{} // closed when running gets to 0; nil: nobody waits
}

// begin counts an operation; end gives its place back.
func (t *tasks) begin() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return errEnding
	case t.count >= t.limit:
		return &limitError{futures: t.limit}
	}
	t.count++
	return nil
}

func (t *tasks) end() {
	t.mu.Lock()
	t.count--
	t.mu.Unlock()
}

// start runs f in a goroutine, for an operation that has begun. It does nothing
// once the guest has ended: nobody asks for the outcome any more.
func (t *tasks) start(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.running++
	go func() {
		defer t.stopped()
		f()
	}()
}

func (t *tasks) stopped() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	if t.running == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// close lets no further operation begin.
func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
}

// wait returns when no goroutine runs, ctx has ended or timeout passed.
func (t *tasks) wait(ctx context.Context, timeout time.Duration) {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-ctx.Done():
	}
}
