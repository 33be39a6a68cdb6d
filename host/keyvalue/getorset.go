package keyvalue

import (
	"context"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

// futureGetOrSet is the resource future-get-or-set-result. Where the outcome is
// not known at once it is a place in line, which takes no goroutine.
type futureGetOrSet struct {
	future
	waiter  *backends.Waiter // nil: the outcome was known at once
	notify  func()
	value   *incomingValue
	vacancy *backends.Vacancy // held, and not handed to the guest yet
}

var _ cachebind.FutureGetOrSetResult = (*futureGetOrSet)(nil)

type getOrSetResult = component.Result[cachebind.GetOrSetEntry, cachebind.Error]

// readyGetOrSet makes the future of a get-or-set that is over.
func (s *guest) readyGetOrSet(entry backends.Entry, err error) *futureGetOrSet {
	f := s.getOrSets.take()
	if f == nil {
		f = new(futureGetOrSet)
	}
	f.makeReady(s, f)
	if err == nil && !entry.Occupied() {
		err = s.claims.hold(entry.Vacancy)
	}
	f.settle(entry, err)
	return f
}

// settle keeps an outcome; its vacancy is held already.
func (f *futureGetOrSet) settle(entry backends.Entry, err error) {
	switch {
	case err != nil:
	case entry.Occupied():
		f.value, err = f.guest.incoming(entry.Value)
	default:
		f.vacancy = entry.Vacancy
	}
	f.err = err
}

// startGetOrSet makes the future of a get-or-set.
func (s *guest) startGetOrSet(k string) *futureGetOrSet {
	// Over an immediate cache nothing is under way until there is something to
	// wait for.
	if !s.immediate {
		if err := s.tasks.begin(); err != nil {
			return s.readyGetOrSet(backends.Entry{}, err)
		}
	}
	f := s.spare
	if f == nil {
		f = new(futureGetOrSet)
		f.init(s, f)
		f.notify = f.outcome.Set
	}
	entry, waiter, err := s.ns.Acquire(k, f.notify)
	if waiter == nil {
		if !s.immediate {
			s.tasks.end()
		}
		s.spare = f
		return s.readyGetOrSet(entry, err)
	}
	s.spare = nil
	if s.immediate {
		if err := s.tasks.begin(); err != nil {
			waiter.Cancel()
			return s.readyGetOrSet(backends.Entry{}, err)
		}
	}
	f.waiter = waiter
	s.claims.queue(waiter)
	return f
}

// FutureGetOrSetResultGet is
// [method]future-get-or-set-result.future-get-or-set-result-get.
func (f *futureGetOrSet) FutureGetOrSetResultGet(context.Context) (o component.Option[getOrSetResult], _ error) {
	ready, first := f.take()
	if !ready {
		return o, nil
	}
	o.Some = true
	if first && f.waiter != nil {
		f.settle(f.guest.claims.take(f.waiter))
	}
	switch {
	case !first:
		o.Value.IsErr, o.Value.Err = true, fail("future-get-or-set-result-get", errTaken)
	case f.err != nil:
		o.Value.IsErr, o.Value.Err = true, fail("get-or-set", f.err)
	case f.vacancy != nil:
		o.Value.Ok.Tag = cachebind.GetOrSetEntryTagVacant
		o.Value.Ok.Vacant = &vacancy{guest: f.guest, claim: f.vacancy}
		f.vacancy = nil
	default:
		o.Value.Ok.Occupied = f.value
		f.value = nil
	}
	return o, nil
}

// ListenToFutureGetOrSetResult is
// [method]future-get-or-set-result.listen-to-future-get-or-set-result.
func (f *futureGetOrSet) ListenToFutureGetOrSetResult(context.Context) (cachebind.Pollable, error) {
	return f.listen(), nil
}

// Drop is called when the guest drops the future. What it waits for, or has not
// taken, goes to the next in line.
func (f *futureGetOrSet) Drop(ctx context.Context) {
	switch {
	case f.taken:
	case f.waiter != nil:
		f.guest.claims.leave(f.waiter)
		f.guest.tasks.end()
		f.outcome.Set()
	case f.vacancy != nil:
		f.guest.claims.release(f.vacancy)
	case f.value != nil:
		f.value.Drop(ctx)
	}
	f.vacancy, f.value = nil, nil
	f.letGo()
}

func (f *futureGetOrSet) recycle() { f.guest.getOrSets.put(f) }
