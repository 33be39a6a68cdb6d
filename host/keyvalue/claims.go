package keyvalue

import (
	"sync"

	"github.com/wasikv/wasikv/backends"
)

// claims are what other guests wait for: the vacancies that a guest has, and
// its places in line for others. When the guest ends, from whatever goroutine,
// they are given up at once.
type claims struct {
	limit int // vacancies

	mu        sync.Mutex
	closed    bool
	vacancies map[*backends.Vacancy]struct{}
	waiters   map[*backends.Waiter]struct{}
}

// hold notes a vacancy that was granted; over the limit it is passed on.
func (c *claims) hold(v *backends.Vacancy) error {
	c.mu.Lock()
	full := len(c.vacancies) >= c.limit
	refused := full || c.closed
	if !refused {
		if c.vacancies == nil {
			c.vacancies = map[*backends.Vacancy]struct{}{}
		}
		c.vacancies[v] = struct{}{}
	}
	c.mu.Unlock()
	switch {
	case !refused:
		return nil
	case full:
		v.Release()
		return &limitError{vacancies: c.limit}
	}
	v.Release()
	return errEnding
}

// release gives a vacancy up; one that is filled or lost already is forgotten.
func (c *claims) release(v *backends.Vacancy) {
	c.mu.Lock()
	delete(c.vacancies, v)
	c.mu.Unlock()
	v.Release()
}

// queue notes a place in line.
func (c *claims) queue(w *backends.Waiter) {
	c.mu.Lock()
	closed := c.closed
	if !closed {
		if c.waiters == nil {
			c.waiters = map[*backends.Waiter]struct{}{}
		}
		c.waiters[w] = struct{}{}
	}
	c.mu.Unlock()
	if closed {
		w.Cancel()
	}
}

// leave gives a place in line up, or what it led to.
func (c *claims) leave(w *backends.Waiter) {
	c.mu.Lock()
	delete(c.waiters, w)
	c.mu.Unlock()
	w.Cancel()
}

// take gives what a place in line led to; a vacancy is held from now on.
func (c *claims) take(w *backends.Waiter) (backends.Entry, error) {
	// The waiter stays noted until its vacancy is, or close could miss both.
	entry, _, err := w.Take()
	if err == nil && !entry.Occupied() {
		err = c.hold(entry.Vacancy)
	}
	c.mu.Lock()
	delete(c.waiters, w)
	c.mu.Unlock()
	return entry, err
}

// close gives everything up, now and in future.
func (c *claims) close() {
	c.mu.Lock()
	c.closed = true
	vacancies, waiters := c.vacancies, c.waiters
	c.vacancies, c.waiters = nil, nil
	c.mu.Unlock()
	for w := range waiters {
		w.Cancel()
	}
	for v := range vacancies {
		v.Release()
	}
}
