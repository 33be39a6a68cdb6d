package backends_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

// acquire starts a get-or-set and returns how to tell how often it was notified.
func (b *bed) acquire(key string) (w *backends.Waiter, notified func() int) {
	b.Helper()
	calls := make(chan struct{}, 10)
	entry, w, err := b.Acquire(key, func() { calls <- struct{}{} })
	if err != nil {
		b.Fatal(err)
	}
	if w == nil {
		b.Fatalf("acquire: settled at once with %+v", entry)
	}
	b.settle()
	return w, func() int { b.settle(); return len(calls) }
}

// grab is an Acquire that must get the vacancy without waiting for anybody.
func (b *bed) grab(key string) *backends.Vacancy {
	b.Helper()
	entry, w, err := b.Acquire(key, nil)
	if err != nil {
		b.Fatal(err)
	}
	if w != nil {
		b.settle()
		var ok bool
		if entry, ok, err = w.Take(); !ok || err != nil {
			b.Fatalf("take: %t, %v", ok, err)
		}
	}
	if entry.Occupied() {
		b.Fatalf("occupied by %q", entry.Value)
	}
	return entry.Vacancy
}

func TestAcquire(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.grab("k")
		w, notified := t.acquire("k")
		if _, ok, err := w.Take(); ok || err != nil || notified() != 0 {
			t.Fatalf("a waiter took something (%t, %v) or was notified %d times", ok, err, notified())
		}
		t.fill(v, "value", backends.TTL{})
		if n := notified(); n != 1 {
			t.Errorf("notified %d times", n)
		}
		entry, ok, err := w.Take()
		if !ok || err != nil || string(entry.Value) != "value" {
			t.Errorf("take: %q, %t, %v", entry.Value, ok, err)
		}
		if _, ok, err := w.Take(); !ok || !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("second take: %t, %v", ok, err)
		}
		w.Cancel()
		if n := notified(); n != 1 {
			t.Errorf("notified %d times", n)
		}
	})
}

func TestAcquireOverImmediateStoreSettlesAtOnce(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		if !t.Cache().Immediate() {
			t.Skip("the store waits")
		}
		unexpected := func() { t.Error("notified of an outcome that was returned") }
		entry, w, err := t.Acquire("k", unexpected)
		if err != nil || w != nil || entry.Occupied() {
			t.Fatalf("acquire: %+v, %v, %v", entry, w, err)
		}
		t.fill(entry.Vacancy, "value", backends.TTL{})
		entry, w, err = t.Acquire("k", unexpected)
		if err != nil || w != nil || string(entry.Value) != "value" {
			t.Fatalf("acquire: %+v, %v, %v", entry, w, err)
		}
	})
}

// A waiting Acquire is a place in line, not a goroutine; synctest would not see it as durably
// blocked otherwise, and goleak would find it.
func TestIdleWaitersCostNoGoroutine(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.grab("k")
		before := goroutines()
		waiters := make([]*backends.Waiter, 1000)
		for i := range waiters {
			_, w, err := t.Acquire("k", nil)
			if err != nil {
				t.Fatal(err)
			}
			waiters[i] = w
		}
		t.settle()
		if more := goroutines() - before; more > 10 {
			t.Errorf("1000 waiters hold %d goroutines", more)
		}
		for _, w := range waiters {
			w.Cancel()
		}
		v.Release()
	})
}

// An ended vacancy is forgotten, timer and all, long before it would have timed out.
func TestEndedVacanciesAreFreed(t *testing.T) {
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{VacancyTimeout: time.Hour})
	defer closeIdle(t, cache)
	b := newBed(t, cache)
	for _, end := range []func(*backends.Vacancy){
		(*backends.Vacancy).Release,
		func(v *backends.Vacancy) { b.fill(v, "value", backends.TTLMillis(0)) },
		func(*backends.Vacancy) {
			if err := b.Delete(b.ctx, "k"); err != nil {
				t.Error(err)
			}
		},
	} {
		v := b.vacancy("k")
		ended := weak.Make(v)
		end(v)
		v = nil
		wantFreed(t, ended)
	}
}

func TestEndedWaitersAreFreed(t *testing.T) {
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{MaxWait: time.Hour})
	defer closeIdle(t, cache)
	b := newBed(t, cache)
	v := b.vacancy("k")
	wait := func() *backends.Waiter {
		_, w, err := b.Acquire("k", nil)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first, second := wait(), wait()
	cancelled, settled := weak.Make(first), weak.Make(second)
	first.Cancel()
	b.fill(v, "value", backends.TTL{})
	first, second = nil, nil
	wantFreed(t, cancelled)
	wantFreed(t, settled)
}

func wantFreed[T any](t *testing.T, p weak.Pointer[T]) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); p.Value() != nil; {
		runtime.GC()
		if time.Now().After(deadline) {
			t.Fatalf("an ended %T is still reachable", *new(T))
		}
	}
}

// meddling is an immediate store that does something between a miss and its being told.
type meddling struct {
	backends.Immediate
	meddle func()
}

func (m *meddling) Table(namespace string) (backends.Table, bool) {
	table, ok := m.Immediate.Table(namespace)
	return meddlingTable{table, m}, ok
}

type meddlingTable struct {
	backends.Table
	m *meddling
}

func (t meddlingTable) Get(key string) ([]byte, bool) {
	value, ok := t.Table.Get(key)
	if meddle := t.m.meddle; meddle != nil && !ok {
		t.m.meddle = nil
		meddle()
	}
	return value, ok
}

// A value that is filled in just after a miss is not computed again.
func TestFillJustAfterAMiss(t *testing.T) {
	driver := inmem.New(inmem.Options{})
	defer driver.Close()
	store := &meddling{Immediate: driver}
	cache := backends.New(store, backends.Config{})
	defer closeIdle(t, cache)
	b := newBed(t, cache)
	v := b.vacancy("k")
	store.meddle = func() { b.fill(v, "value", backends.TTL{}) }
	b.occupied("k", "value")
}

func TestCancelGrantedButUntaken(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.grab("k")
		first, firstNotified := t.acquire("k")
		second, secondNotified := t.acquire("k")
		v.Release()
		if firstNotified() != 1 || secondNotified() != 0 {
			t.Fatal("not exactly the first was promoted")
		}
		first.Cancel()
		first.Cancel()
		if secondNotified() != 1 {
			t.Fatal("the second was not promoted")
		}
		entry, _, _ := second.Take()
		if entry.Occupied() {
			t.Fatal("occupied by nothing")
		}
		second.Cancel() // after Take it does nothing
		if !entry.Vacancy.Held() {
			t.Error("a cancel after the take ended the vacancy")
		}
		entry.Vacancy.Release()
	})
}

func TestCancelPending(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.grab("k")
		first, firstNotified := t.acquire("k")
		second, secondNotified := t.acquire("k")
		third, thirdNotified := t.acquire("k")
		second.Cancel()
		first.Cancel()
		v.Release()
		if firstNotified() != 0 || secondNotified() != 0 || thirdNotified() != 1 {
			t.Fatalf("notified %d, %d, %d times", firstNotified(), secondNotified(), thirdNotified())
		}
		third.Cancel()
		t.vacancy("k").Release()
	})
}

func TestCancelDuringLookup(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		if t.Cache().Immediate() {
			t.Skip("the store does not wait")
		}
		_, w, err := t.Acquire("k", func() { t.Error("notified of a cancelled get-or-set") })
		if err != nil {
			t.Fatal(err)
		}
		w.Cancel()
		synctest.Wait() // the lookup ends with the cancel, not after its latency
		if n := t.Cache().Meetings(); n != 0 {
			t.Errorf("%d lookups still go on", n)
		}
		if s := t.Cache().Stats(); s.Errors != 0 {
			t.Errorf("a cancel was counted as an error of the store: %+v", s)
		}
	})
}

// The outcome may be acted on while the call that notified of it is still under way.
func TestActingOnANotification(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.grab("k")
		var w *backends.Waiter
		done := make(chan struct{})
		_, w, err := t.Acquire("k", func() {
			go func() {
				defer close(done)
				entry, ok, err := w.Take()
				if !ok || err != nil || entry.Occupied() {
					t.Errorf("take: %+v, %t, %v", entry, ok, err)
					return
				}
				t.fill(entry.Vacancy, "second", backends.TTL{})
			}()
		})
		if err != nil {
			t.Fatal(err)
		}
		t.settle() // it stands in line before the next
		_, inline, err := t.Acquire("k", func() {})
		if err != nil {
			t.Fatal(err)
		}
		t.settle()
		v.Release()
		<-done
		if entry, ok, err := inline.Take(); !ok || err != nil || string(entry.Value) != "second" {
			t.Errorf("take: %+v, %t, %v", entry, ok, err)
		}
	})
}

func TestMaxWait(t *testing.T) {
	cfg := backends.Config{MaxWait: time.Second}
	overStores(t, cfg, func(t *bed) {
		v, start := t.vacancy("k"), time.Now()
		entry, err := t.GetOrSet(t.ctx, "k")
		if err != nil || entry.Occupied() || entry.Vacancy.Exclusive() {
			t.Fatalf("after the longest wait: %+v, %v", entry, err)
		}
		if waited := time.Since(start); waited < time.Second || waited > time.Second+2*latency {
			t.Errorf("waited %v", waited)
		}
		if !v.Held() {
			t.Error("an impatient waiter took the vacancy from its holder")
		}
		// Whoever fills first wins, for the rest of the line as well.
		waiters := t.await("k", 2)
		t.fill(entry.Vacancy, "impatient", backends.TTL{})
		t.all(waiters, 2, "impatient")
		t.fillLost(v)
		t.has("k", []byte("impatient"))
	})
	overStores(t, cfg, func(t *bed) {
		v := t.vacancy("k")
		entry, err := t.GetOrSet(t.ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		t.fill(v, "holder", backends.TTL{})
		if err := entry.Vacancy.Fill(t.ctx, []byte("late"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("a create-only fill over a value: %v", err)
		}
		t.has("k", []byte("holder"))
		t.fillLost(entry.Vacancy)
	})
	overStores(t, cfg, func(t *bed) {
		v := t.vacancy("k")
		entry, err := t.GetOrSet(t.ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		entry.Vacancy.Release() // not the holder's
		entry.Vacancy.Release()
		if !v.Held() {
			t.Error("releasing a vacancy that is not exclusive ended the one that is")
		}
		waiters := t.await("k", 1)
		t.fill(v, "value", backends.TTL{})
		t.all(waiters, 1, "value") // before its longest wait
	})
	overStores(t, cfg, func(t *bed) {
		v := t.vacancy("k")
		entry, err := t.GetOrSet(t.ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		waiters := t.await("k", 1)
		t.fill(entry.Vacancy, "fleeting", backends.TTLMillis(0))
		t.all(waiters, 1, "fleeting")
		t.has("k", nil)
		v.Release()
	})
}

func TestMaxWaitOfMany(t *testing.T) {
	overStores(t, backends.Config{MaxWait: time.Second}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 10)
		time.Sleep(time.Second)
		filled := 0
		for range 10 {
			o := t.next(waiters)
			if err := o.Vacancy.Fill(t.ctx, fmt.Append(nil, o.name), backends.TTL{}); err == nil {
				filled++
			}
		}
		if filled != 1 {
			t.Errorf("%d create-only fills stored a value", filled)
		}
		v.Release()
	})
}

func TestClose(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		outcomes := t.await("k", 3)
		w, notified := t.acquire("k")
		var looking *backends.Waiter
		if !t.Cache().Immediate() {
			_, looking, _ = t.Acquire("other", nil)
		}
		if err := t.Cache().Close(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if o := <-outcomes; !errors.Is(o.err, backends.ErrClosed) {
				t.Errorf("a waiter when the cache closed: %+v", o)
			}
		}
		if notified() != 1 {
			t.Error("a waiter was not notified of the close")
		}
		for _, w := range []*backends.Waiter{w, looking} {
			if w == nil {
				continue
			}
			if _, ok, err := w.Take(); !ok || !errors.Is(err, backends.ErrClosed) {
				t.Errorf("take after close: %t, %v", ok, err)
			}
		}
		if v.Held() {
			t.Error("a vacancy outlived the cache")
		}
		v.Release()
		if err := v.Fill(t.ctx, nil, backends.TTL{}); !errors.Is(err, backends.ErrClosed) {
			t.Errorf("fill after close: %v", err)
		}
		for name, operation := range cacheOperations(t.Namespace) {
			if err := operation(t.ctx); !errors.Is(err, backends.ErrClosed) {
				t.Errorf("%s after close: %v", name, err)
			}
		}
		if _, _, err := t.Acquire("k", nil); !errors.Is(err, backends.ErrClosed) {
			t.Errorf("acquire after close: %v", err)
		}
		if _, err := t.Cache().Namespace("n"); !errors.Is(err, backends.ErrClosed) {
			t.Errorf("namespace after close: %v", err)
		}
		if err := t.Cache().Ping(t.ctx); !errors.Is(err, backends.ErrClosed) {
			t.Errorf("ping after close: %v", err)
		}
		if err := t.Cache().Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	})
}
