package backends

import (
	"context"
	"strings"
	"time"
)

// Entry is what a get-or-set ends with: the value that is there, or the vacancy to fill.
type Entry struct {
	// Value is the value, not to be modified; it may be empty. It is nil if there is a Vacancy.
	Value []byte
	// Vacancy is nil if the entry is occupied.
	Vacancy *Vacancy
}

// Occupied reports whether the entry has a value.
func (e Entry) Occupied() bool { return e.Vacancy == nil }

type waiterState uint8

const (
	waiterLooking waiterState = iota // its lookup in the store is under way
	waiterQueued                     // in line
	waiterSettled                    // its outcome is known
	waiterOver                       // its outcome was taken, or it was cancelled
)

// Waiter is a get-or-set under way. It is safe for concurrent use.
type Waiter struct {
	ns     *Namespace
	key    string
	shard  *shard
	notify func()
	done   chan struct{}      // closed when settled; nil if nobody asked
	cancel context.CancelFunc // ends the lookup; nil if it is not in the background

	// Guarded by shard.mu.
	state      waiterState
	meeting    *rendezvous
	seq        uint64 // meeting.landed.seq when the lookup began
	prev, next *Waiter
	timer      *time.Timer // Config.MaxWait
	entry      Entry
	err        error
}

// GetOrSet returns the value stored under key, or else a vacancy. While somebody else holds the
// vacancy it waits, first come first served, until there is a value or the vacancy is its own. Get
// and Exists are not affected by a vacancy.
//
// It fails with the context's error if ctx ends first, leaving nothing behind.
func (n *Namespace) GetOrSet(ctx context.Context, key string) (Entry, error) {
	if err := n.checkKey("get-or-set", key); err != nil {
		return Entry{}, err
	}
	var w *Waiter
	if n.table != nil {
		var entry Entry
		var err error
		if entry, w, err = n.meet(key, nil, true); w == nil {
			return entry, err
		}
	} else {
		w = &Waiter{ns: n, key: key, done: make(chan struct{})}
		if err := w.begin(); err != nil {
			return Entry{}, err
		}
		w.look(ctx)
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		w.Cancel()
		return Entry{}, ruleError("get-or-set", n.name, ContextError(ctx))
	}
	entry, _, err := w.Take()
	return entry, err
}

// Acquire starts a GetOrSet without waiting for it. If the outcome is known at once it returns it,
// and no Waiter. Otherwise it returns a Waiter, and calls notify, if that is not nil, exactly once
// when its outcome can be taken: from any goroutine, possibly before Acquire has returned. notify
// only passes the news on: it neither waits nor calls the Waiter or the Cache. It may still run
// after a Cancel that came at the same time.
//
// Over an immediate store nothing runs in the background: a Waiter is a place in line. Over any
// other store the lookup runs in a goroutine, which ends before the waiting begins.
func (n *Namespace) Acquire(key string, notify func()) (Entry, *Waiter, error) {
	if err := n.checkKey("get-or-set", key); err != nil {
		return Entry{}, nil, err
	}
	if n.table != nil {
		return n.meet(key, notify, false)
	}
	w := &Waiter{ns: n, key: strings.Clone(key), notify: notify}
	ctx, cancel := context.WithCancel(n.cache.life)
	w.cancel = cancel
	if err := w.begin(); err != nil {
		cancel()
		return Entry{}, nil, err
	}
	started := n.cache.start(func() {
		defer cancel()
		// A driver that panics is not to end the process from a goroutine that is not the
		// caller's; look has told the waiter that the store is unavailable.
		defer func() { _ = recover() }()
		w.look(ctx)
	})
	if !started {
		cancel()
		w.conclude(nil, false, ruleError("get-or-set", n.name, ErrClosed))
	}
	return Entry{}, w, nil
}

// meet is the get-or-set over an immediate store.
func (n *Namespace) meet(key string, notify func(), wait bool) (Entry, *Waiter, error) {
	if value, ok := n.table.Get(key); ok {
		n.cache.counters.add(countHits)
		return Entry{Value: value}, nil, nil
	}
	s := n.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Entry{}, nil, ruleError("get-or-set", n.name, ErrClosed)
	}
	// All writes happen under this mutex: what was stored since is there now.
	if value, ok := n.table.Get(key); ok {
		n.cache.counters.add(countHits)
		return Entry{Value: value}, nil, nil
	}
	n.cache.counters.add(countMisses)
	r := s.at(n, key)
	if r.free() {
		return Entry{Vacancy: r.grant()}, nil, nil
	}
	w := &Waiter{ns: n, key: r.key, shard: s, notify: notify}
	if wait {
		w.done = make(chan struct{})
	}
	w.queue(r)
	return Entry{}, w, nil
}

// begin announces the lookup, so that writes that end during it are remembered.
func (w *Waiter) begin() error {
	w.shard = w.ns.shard(w.key)
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	if w.shard.closed {
		return ruleError("get-or-set", w.ns.name, ErrClosed)
	}
	w.meeting = w.shard.at(w.ns, w.key)
	w.meeting.lookups++
	w.seq = w.meeting.landed.seq
	return nil
}

// look looks the key up in the store and goes on from what it finds.
func (w *Waiter) look(ctx context.Context) {
	var value []byte
	var ok bool
	err := ruleError("get-or-set", w.ns.name, ErrUnavailable) // should the driver panic
	defer func() { w.conclude(value, ok, err) }()
	value, ok, err = w.ns.cache.store.Get(ctx, w.ns.name, w.key)
}

func (w *Waiter) conclude(value []byte, ok bool, err error) {
	cache := w.ns.cache
	var wake wakeList
	defer wake.fire()
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	r := w.meeting
	r.lookups--
	defer r.settle(&wake)

	if w.state == waiterOver {
		return // cancelled meanwhile
	}
	if w.shard.closed {
		w.settle(Entry{}, ruleError("get-or-set", w.ns.name, ErrClosed), &wake)
		return
	}
	if err != nil {
		w.settle(Entry{}, cache.noteError(err), &wake)
		return
	}
	if !ok {
		value, ok = r.since(w.seq)
	}
	cache.countLookup(ok)
	switch {
	case ok:
		w.settle(Entry{Value: value}, nil, &wake)
	case r.free():
		w.settle(Entry{Vacancy: r.grant()}, nil, &wake)
	default:
		w.queue(r)
	}
}

// queue puts w at the end of the line.
func (w *Waiter) queue(r *rendezvous) {
	w.state, w.meeting = waiterQueued, r
	r.line.push(w)
	w.ns.cache.counters.add(countWaits)
	if limit := w.ns.cache.cfg.MaxWait; limit > 0 {
		w.timer = time.AfterFunc(limit, w.lapse)
	}
}

// lapse ends the wait with a vacancy that is not exclusive.
func (w *Waiter) lapse() {
	var wake wakeList
	defer wake.fire()
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	if w.state != waiterQueued {
		return
	}
	w.meeting.line.remove(w)
	w.ns.cache.counters.add(countComputations)
	w.settle(Entry{Vacancy: &Vacancy{ns: w.ns, key: w.meeting.key, shard: w.shard}}, nil, &wake)
}

// settle fixes the outcome. The caller has taken w out of the line.
func (w *Waiter) settle(entry Entry, err error, wake *wakeList) {
	w.state, w.entry, w.err = waiterSettled, entry, err
	if w.timer != nil {
		w.timer.Stop()
	}
	wake.add(w)
}

// Take returns the outcome, or ok == false if it is not known yet. A vacancy is handed out once:
// taking again fails with [ErrVacancyLost].
func (w *Waiter) Take() (entry Entry, ok bool, err error) {
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	switch w.state {
	case waiterSettled:
		w.state = waiterOver
		entry, err = w.entry, w.err
		w.entry = Entry{}
		return entry, true, err
	case waiterOver:
		return Entry{}, true, ruleError("get-or-set", w.ns.name, ErrVacancyLost)
	default:
		return Entry{}, false, nil
	}
}

// Cancel ends the get-or-set: it leaves the line, or releases the vacancy it was granted and did
// not take. It never waits. After Take it does nothing.
func (w *Waiter) Cancel() {
	w.shard.mu.Lock()
	state, vacancy := w.state, w.entry.Vacancy
	w.state, w.entry = waiterOver, Entry{}
	if state == waiterQueued {
		w.meeting.line.remove(w)
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	w.shard.mu.Unlock()

	if state == waiterLooking && w.cancel != nil {
		w.cancel()
	}
	if vacancy != nil {
		vacancy.Release()
	}
}

// waitLine is a queue that anybody may leave.
type waitLine struct {
	first, last *Waiter
}

func (l *waitLine) empty() bool { return l.first == nil }

func (l *waitLine) push(w *Waiter) {
	w.prev, w.next = l.last, nil
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

func (l *waitLine) pop() *Waiter {
	w := l.first
	if w != nil {
		l.remove(w)
	}
	return w
}

func (l *waitLine) remove(w *Waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
}

// wakeList collects, under a shard's mutex, those to notify once it is released.
type wakeList struct {
	first, last *Waiter
}

func (l *wakeList) add(w *Waiter) {
	// A waiter on this list is in no line any more, so its link is free.
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

func (l *wakeList) fire() {
	for w := l.first; w != nil; {
		next := w.next
		w.next = nil
		if w.done != nil {
			close(w.done)
		}
		if w.notify != nil {
			w.notify()
		}
		w = next
	}
}
