package backends

import (
	"context"
	"time"
)

type vacancyState uint8

const (
	vacancyHeld vacancyState = iota
	vacancyFilling
	vacancyFilled
	vacancyLost
)

// Vacancy is the right, and the task, to compute the value of an absent entry. Its holder ends it
// with a successful Fill or with Release. It is safe for concurrent use.
//
// The holder may lose it: to [Config].VacancyTimeout, to a Set, Delete or Clear of the entry, or to
// Close. It then passes to the next in line, and a late Fill fails with [ErrVacancyLost] without
// touching what has been stored since.
type Vacancy struct {
	ns      *Namespace
	key     string
	shard   *shard
	meeting *rendezvous // nil if not exclusive
	timer   *time.Timer // nil if not exclusive

	// Guarded by shard.mu.
	state   vacancyState
	forgone bool    // released or timed out while filling: not to be held again if that fails
	reason  counter // why it was forgone
}

// Exclusive reports whether this is the key's one live vacancy. One that is not was given to a
// caller that had waited for [Config].MaxWait: it never times out, and its Fill stores the value
// only if there is still no entry.
func (v *Vacancy) Exclusive() bool { return v.meeting != nil }

// Held reports whether the vacancy still is its holder's, so that a Fill that began now would be
// tried.
func (v *Vacancy) Held() bool {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	return v.state == vacancyHeld && !v.shard.closed
}

// Fill stores a copy of value, whose time to live counts from now, gives it to everybody who waits
// for it, and ends the vacancy. With a TTL of zero length nothing stays stored, and those who wait
// get the value all the same.
//
// It fails with [ErrVacancyLost] if the vacancy is not held any more, and with [ErrTooLarge],
// [ErrInvalidTTL] or an error of the store. After any but the first the vacancy is still held:
// Fill again, or Release.
func (v *Vacancy) Fill(ctx context.Context, value []byte, ttl TTL) error {
	return v.fill(ctx, value, ttl, false)
}

// FillShared is Fill without the copy: nobody, the caller included, modifies value any more.
func (v *Vacancy) FillShared(ctx context.Context, value []byte, ttl TTL) error {
	return v.fill(ctx, value, ttl, true)
}

// Release gives the vacancy up: the next in line is given one. It never waits. Releasing a vacancy
// that is filled, lost or released does nothing.
func (v *Vacancy) Release() { v.giveUp(countAbandoned) }

// expire is Release on behalf of the timeout.
func (v *Vacancy) expire() { v.giveUp(countExpired) }

func (v *Vacancy) giveUp(reason counter) {
	var wake wakeList
	defer wake.fire()
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	switch v.state {
	case vacancyHeld:
		v.end(vacancyLost, reason)
		v.settle(&wake)
	case vacancyFilling:
		if !v.forgone {
			v.forgone, v.reason = true, reason
		}
	}
}

// end makes the vacancy one that is not live any more.
func (v *Vacancy) end(state vacancyState, reason counter) {
	v.state = state
	v.ns.cache.counters.add(reason)
	if v.meeting != nil {
		v.timer.Stop()
		v.meeting.vacancy = nil
	}
}

func (v *Vacancy) settle(wake *wakeList) {
	if v.meeting != nil {
		v.meeting.settle(wake)
	}
}

func (v *Vacancy) fill(ctx context.Context, value []byte, ttl TTL, shared bool) error {
	w := write{op: "fill", value: value, shared: shared}
	if err := v.ns.prepare(&w, ttl); err != nil {
		return err
	}
	switch {
	case v.ns.table != nil:
		w.share()
		return v.fillTable(&w)
	case v.Exclusive():
		return v.fillStore(ctx, &w)
	default:
		return v.createStore(ctx, &w)
	}
}

// lost returns the error of a Fill that comes too late, or nil.
func (v *Vacancy) lost() error {
	switch {
	case v.shard.closed:
		return ruleError("fill", v.ns.name, ErrClosed)
	case v.state != vacancyHeld:
		return ruleError("fill", v.ns.name, ErrVacancyLost)
	}
	return nil
}

// fillTable fills over an immediate store.
func (v *Vacancy) fillTable(w *write) error {
	var wake wakeList
	defer wake.fire()
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	if err := v.lost(); err != nil {
		return err
	}
	if !v.Exclusive() {
		if _, present := v.ns.table.Get(v.key); present {
			v.end(vacancyLost, countSuperseded)
			return ruleError("fill", v.ns.name, ErrVacancyLost)
		}
	}
	if err := v.ns.storeTable(v.key, w); err != nil {
		return err
	}
	v.end(vacancyFilled, countFilled)
	if r := v.shard.find(v.ns, v.key); r != nil {
		r.supersede()
		r.land(w, time.Time{}, &wake)
		r.settle(&wake)
	}
	return nil
}

// fillStore fills over a store that waits.
func (v *Vacancy) fillStore(ctx context.Context, w *write) (err error) {
	if err := v.beginFill(); err != nil {
		return err
	}
	began, stored := time.Now(), false
	defer func() {
		var wake wakeList
		defer wake.fire()
		v.shard.mu.Lock()
		defer v.shard.mu.Unlock()
		switch {
		case stored:
			v.end(vacancyFilled, countFilled)
			v.meeting.land(w, began, &wake)
		case v.forgone:
			v.end(vacancyLost, v.reason)
		case v.shard.closed:
			v.end(vacancyLost, countSuperseded)
		default:
			v.state = vacancyHeld
			return
		}
		v.meeting.settle(&wake)
	}()
	err = v.ns.store(ctx, v.key, w)
	stored = err == nil
	return err
}

func (v *Vacancy) beginFill() error {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	if err := v.lost(); err != nil {
		return err
	}
	v.state = vacancyFilling
	return nil
}

// createStore fills a vacancy that is not exclusive over a store that waits. Towards those who
// meet at the key it is a set that may turn out not to have happened.
func (v *Vacancy) createStore(ctx context.Context, w *write) error {
	if err := v.beginFill(); err != nil {
		return err
	}
	stored, err := v.create(ctx, w)

	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	switch {
	case stored:
		v.end(vacancyFilled, countFilled)
	case v.forgone:
		v.end(vacancyLost, v.reason)
	case err == nil:
		v.end(vacancyLost, countSuperseded)
	default:
		v.state = vacancyHeld
	}
	if err == nil && !stored {
		return ruleError("fill", v.ns.name, ErrVacancyLost)
	}
	return err
}

func (v *Vacancy) create(ctx context.Context, w *write) (stored bool, err error) {
	r, err := v.ns.beginWrite(w.op, v.key, false)
	if err != nil {
		return false, err
	}
	began := time.Now()
	defer func() { r.endWrite(w, began, stored) }()

	store, name := v.ns.cache.store, v.ns.name
	if c, able := store.(Creator); able && !w.remove {
		stored, err = c.SetIfAbsent(ctx, name, v.key, w.value, w.life)
		return stored, v.ns.cache.noteError(err)
	}
	_, present, err := store.Get(ctx, name, v.key)
	if err != nil || present {
		return false, v.ns.cache.noteError(err)
	}
	if !w.remove {
		err = v.ns.store(ctx, v.key, w)
	}
	return err == nil, err
}
