package backends_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

// scripted is a store whose operations wait and fail as a test says. It has no capability, so that
// the Cache has to do without.
type scripted struct {
	backends.CacheStore
	// before runs before an operation, named "get", "set" or "delete"; its error is the
	// operation's. after runs once it has had its effect.
	before, after func(op string) error
}

func (s *scripted) do(op string, operation func() error) error {
	for _, step := range []func() error{
		func() error { return call(s.before, op) }, operation, func() error { return call(s.after, op) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func call(f func(string) error, op string) error {
	if f == nil {
		return nil
	}
	return f(op)
}

func (s *scripted) Get(ctx context.Context, namespace, key string) (value []byte, ok bool, err error) {
	err = s.do("get", func() (err error) { value, ok, err = s.CacheStore.Get(ctx, namespace, key); return err })
	return value, ok && err == nil, err
}

func (s *scripted) Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error {
	return s.do("set", func() error { return s.CacheStore.Set(ctx, namespace, key, value, ttl) })
}

func (s *scripted) Delete(ctx context.Context, namespace, key string) error {
	return s.do("delete", func() error { return s.CacheStore.Delete(ctx, namespace, key) })
}

var errStore = errors.New("the store failed on purpose")

// overScripted runs a test inside a synctest bubble.
func overScripted(t *testing.T, cfg backends.Config, test func(t *bed, store *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		driver := inmem.New(inmem.Options{})
		defer driver.Close()
		store := &scripted{CacheStore: driver}
		cache := backends.New(store, cfg)
		defer closeIdle(t, cache)
		test(newBed(t, cache), store)
	})
}

// slow makes operations of the kind take a second.
func slow(kind string) func(string) error {
	return func(op string) error {
		if op == kind {
			time.Sleep(time.Second)
		}
		return nil
	}
}

// failing makes operations of the kind take a second, and then fail.
func failing(kind string) func(string) error {
	return func(op string) error {
		if op == kind {
			time.Sleep(time.Second)
			return errStore
		}
		return nil
	}
}

// background runs an operation and returns its error when it ends.
func background(operation func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- operation() }()
	return ended
}

func (b *bed) setInBackground(value string, ttl backends.TTL) <-chan error {
	return background(func() error { return b.Set(b.ctx, "k", []byte(value), ttl) })
}

func TestLookupErrorReachesOnlyItsCaller(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		store.before = failing("get")
		if _, err := t.GetOrSet(t.ctx, "k"); !errors.Is(err, errStore) {
			t.Errorf("get-or-set: %v", err)
		}
		if _, _, err := t.Get(t.ctx, "k"); !errors.Is(err, errStore) {
			t.Errorf("get: %v", err)
		}
		if _, err := t.Exists(t.ctx, "k"); !errors.Is(err, errStore) {
			t.Errorf("exists: %v", err)
		}
		store.before = nil
		t.none(waiters)
		t.fill(v, "value", backends.TTL{})
		t.all(waiters, 2, "value")
		if s := t.Cache().Stats(); s.Errors != 3 {
			t.Errorf("counted %d errors of the store, want 3", s.Errors)
		}
	})
}

func TestFailedFillKeepsTheVacancy(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		store.before = failing("set")
		if err := v.Fill(t.ctx, []byte("v"), backends.TTL{}); !errors.Is(err, errStore) {
			t.Errorf("fill: %v", err)
		}
		t.none(waiters)
		if !v.Held() {
			t.Fatal("a failed fill lost the vacancy")
		}
		store.before = nil
		t.fill(v, "value", backends.TTL{})
		t.all(waiters, 2, "value")
	})
}

func TestVacancyGivenUpDuringAFailingFill(t *testing.T) {
	for _, how := range []string{"released", "timed out"} {
		t.Run(how, func(t *testing.T) {
			overScripted(t, backends.Config{VacancyTimeout: 500 * time.Millisecond}, func(t *bed, store *scripted) {
				v := t.vacancy("k")
				waiters := t.await("k", 1)
				store.before = failing("set")
				fill := background(func() error { return v.Fill(t.ctx, []byte("v"), backends.TTL{}) })
				synctest.Wait()
				if how == "released" {
					v.Release()
				}
				synctest.Wait()
				select {
				case o := <-waiters:
					t.Fatalf("promoted while the fill was under way: %+v", o)
				default:
				}
				if err := <-fill; !errors.Is(err, errStore) {
					t.Errorf("fill: %v", err)
				}
				t.fillLost(v)
				store.before = nil
				synctest.Wait()
				o := <-waiters
				t.fill(o.Vacancy, "second", backends.TTL{})
				if s := t.Cache().Stats(); s.Abandoned+s.Expired != 1 || (how == "released") != (s.Abandoned == 1) {
					t.Errorf("stats: %+v", s)
				}
			})
		})
	}
}

func TestVacancyGivenUpDuringASuccessfulFill(t *testing.T) {
	overScripted(t, backends.Config{VacancyTimeout: 500 * time.Millisecond}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		store.before = slow("set")
		fill := background(func() error { return v.Fill(t.ctx, []byte("value"), backends.TTL{}) })
		synctest.Wait()
		v.Release()
		if err := <-fill; err != nil {
			t.Error(err)
		}
		t.all(waiters, 2, "value")
	})
}

func TestSecondFillDuringAFill(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		store.before = slow("set")
		fill := background(func() error { return v.Fill(t.ctx, []byte("first"), backends.TTL{}) })
		synctest.Wait()
		t.fillLost(v)
		if err := <-fill; err != nil {
			t.Error(err)
		}
		t.has("k", []byte("first"))
	})
}

// A lookup that read the store before a write landed learns of it all the same.
func TestWriteLandsDuringALookup(t *testing.T) {
	late := func(op string) error { // the answer to a get takes a second on its way back
		if op == "get" {
			time.Sleep(time.Second)
		}
		return nil
	}
	look := func(t *bed) <-chan outcome {
		outcomes := make(chan outcome, 1)
		go func() {
			entry, err := t.GetOrSet(t.ctx, "k")
			outcomes <- outcome{"", entry, err, time.Now()}
		}()
		synctest.Wait()
		return outcomes
	}
	set := func(t *bed, value string, ttl backends.TTL) {
		t.Helper()
		if err := t.Set(t.ctx, "k", []byte(value), ttl); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("set", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			store.after = late
			outcomes := look(t)
			set(t, "set", backends.TTL{})
			if o := <-outcomes; string(o.Value) != "set" {
				t.Errorf("%+v, want the value that was set meanwhile", o)
			}
		})
	})
	t.Run("set, reused memory", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			store.after = late
			outcomes := look(t)
			value := []byte("set")
			if err := t.Set(t.ctx, "k", value, backends.TTL{}); err != nil {
				t.Fatal(err)
			}
			copy(value, "SET")
			if o := <-outcomes; string(o.Value) != "set" {
				t.Errorf("%q, want the value as it was set", o.Value)
			}
		})
	})
	t.Run("set and deleted", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			store.after = late
			outcomes := look(t)
			set(t, "set", backends.TTL{})
			if err := t.Delete(t.ctx, "k"); err != nil {
				t.Fatal(err)
			}
			o := <-outcomes
			if o.Occupied() {
				t.Fatalf("occupied by %q, which was deleted", o.Value)
			}
			o.Vacancy.Release()
		})
	})
	t.Run("set and expired", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			store.after = late
			outcomes := look(t)
			set(t, "set", backends.TTLMillis(500))
			o := <-outcomes
			if o.Occupied() {
				t.Fatalf("occupied by %q, which has expired", o.Value)
			}
			o.Vacancy.Release()
		})
	})
	t.Run("filled", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			v := t.vacancy("k")
			store.after = late
			outcomes := look(t)
			t.fill(v, "filled", backends.TTLMillis(5000))
			if o := <-outcomes; string(o.Value) != "filled" {
				t.Errorf("%+v, want the value that was filled meanwhile", o)
			}
		})
	})
	t.Run("set before the lookup", func(t *testing.T) {
		overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
			store.after = late
			first := look(t)
			set(t, "set", backends.TTL{})
			if err := t.Delete(t.ctx, "k"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			second := look(t) // began after the writes: there is nothing
			o := <-first
			if o.Occupied() {
				t.Fatalf("occupied by %q, which was deleted", o.Value)
			}
			t.fill(o.Vacancy, "filled", backends.TTL{})
			if o := <-second; string(o.Value) != "filled" {
				t.Errorf("%+v, want what the first filled", o)
			}
		})
	})
}

func TestSetUnderWay(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 1)
		store.before = slow("set")
		set := t.setInBackground("set", backends.TTL{})
		synctest.Wait()
		t.fillLost(v) // from the moment the set began
		more := make(chan outcome, 1)
		go func() {
			entry, err := t.GetOrSet(t.ctx, "k")
			more <- outcome{"more", entry, err, time.Now()}
		}()
		synctest.Wait()
		if err := <-set; err != nil {
			t.Error(err)
		}
		if o := <-more; string(o.Value) != "set" {
			t.Errorf("a get-or-set during a set: %+v", o)
		}
		if o := <-waiters; string(o.Value) != "set" {
			t.Errorf("a waiter during a set: %+v", o)
		}
	})
}

func TestFailedSetDuringAVacancy(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 1)
		store.before = failing("set")
		if err := t.Set(t.ctx, "k", []byte("set"), backends.TTL{}); !errors.Is(err, errStore) {
			t.Errorf("set: %v", err)
		}
		store.before = nil
		t.fillLost(v)
		synctest.Wait()
		o := <-waiters
		if o.err != nil || o.Occupied() {
			t.Fatalf("after somebody else's failed set: %+v", o)
		}
		t.fill(o.Vacancy, "value", backends.TTL{})
		t.has("k", []byte("value"))
	})
}

func TestNoVacancyBeforeADeleteHasEnded(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 1)
		store.before = slow("delete")
		start := time.Now()
		deleted := background(func() error { return t.Delete(t.ctx, "k") })
		synctest.Wait()
		t.fillLost(v)
		o := <-waiters
		if waited := o.at.Sub(start); waited < time.Second {
			t.Errorf("promoted %v after the delete began, which takes 1s: it would delete the new value", waited)
		}
		t.fill(o.Vacancy, "value", backends.TTL{})
		if err := <-deleted; err != nil {
			t.Error(err)
		}
		t.has("k", []byte("value"))
	})
}

func TestSetDuringAFill(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		store.before = slow("set")
		fill := background(func() error { return v.Fill(t.ctx, []byte("filled"), backends.TTL{}) })
		time.Sleep(500 * time.Millisecond)
		set := t.setInBackground("set", backends.TTL{})
		if err := <-fill; err != nil {
			t.Errorf("a fill that began before a set: %v", err)
		}
		for range 2 {
			if o := <-waiters; string(o.Value) != "filled" {
				t.Errorf("waiter: %+v", o)
			}
		}
		if err := <-set; err != nil {
			t.Error(err)
		}
		t.has("k", []byte("set"))
	})
}

// Without the Creator capability a fill that is not exclusive looks before it stores.
func TestCreateOnlyFillWithoutCreator(t *testing.T) {
	overScripted(t, backends.Config{MaxWait: time.Second}, func(t *bed, store *scripted) {
		v := t.vacancy("k")
		impatient := func() *backends.Vacancy {
			entry, err := t.GetOrSet(t.ctx, "k")
			if err != nil || entry.Vacancy.Exclusive() {
				t.Fatalf("%+v, %v", entry, err)
			}
			return entry.Vacancy
		}
		first, second, third := impatient(), impatient(), impatient()
		for _, failure := range []string{"get", "set"} {
			store.before = failing(failure)
			if err := first.Fill(t.ctx, []byte("first"), backends.TTL{}); !errors.Is(err, errStore) {
				t.Errorf("fill while %s fails: %v", failure, err)
			}
			if !first.Held() || !v.Held() {
				t.Error("a failed create-only fill ended a vacancy")
			}
		}
		third.Release()
		store.before = nil
		t.fill(first, "first", backends.TTL{})
		t.fillLost(v)
		if err := second.Fill(t.ctx, []byte("second"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("second create-only fill: %v", err)
		}
		t.has("k", []byte("first"))
	})
}

func TestPanickingStoreLeavesNothingStuck(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		panics := func(operation func()) {
			t.Helper()
			store.before = func(string) error { panic("on purpose") }
			defer func() {
				store.before = nil
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			operation()
		}
		panics(func() { _ = t.Set(t.ctx, "k", nil, backends.TTL{}) })
		panics(func() { _ = t.Delete(t.ctx, "k") })
		panics(func() { _, _ = t.GetOrSet(t.ctx, "k") })
		v := t.vacancy("k")
		panics(func() { _ = v.Fill(t.ctx, nil, backends.TTL{}) })
		t.fill(v, "value", backends.TTL{})
		t.has("k", []byte("value"))
	})
}

// A lookup in the background has no caller that could recover.
func TestPanickingStoreInTheBackground(t *testing.T) {
	overScripted(t, backends.Config{}, func(t *bed, store *scripted) {
		store.before = func(string) error { panic("on purpose") }
		done := make(chan struct{})
		_, w, err := t.Acquire("k", func() { close(done) })
		if err != nil {
			t.Fatal(err)
		}
		<-done
		if _, _, err := w.Take(); !errors.Is(err, backends.ErrUnavailable) {
			t.Errorf("take: %v, want ErrUnavailable", err)
		}
		store.before = nil
		t.fill(t.vacancy("k"), "value", backends.TTL{})
	})
}

func TestCloseDuringOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		driver := inmem.New(inmem.Options{})
		defer driver.Close()
		store := &scripted{CacheStore: driver}
		cache := backends.New(store, backends.Config{})
		b := newBed(t, cache)
		filling, deleted := b.vacancy("filling"), b.vacancy("k")
		waiters := b.await("filling", 1)
		store.before = func(string) error { time.Sleep(time.Second); return nil }
		ended := []<-chan error{
			background(func() error { return filling.Fill(b.ctx, []byte("v"), backends.TTL{}) }),
			background(func() error { return b.Delete(b.ctx, "k") }),
			background(func() error { return b.Set(b.ctx, "set", nil, backends.TTL{}) }),
			background(func() error { _, err := b.GetOrSet(b.ctx, "lookup"); return err }),
		}
		synctest.Wait()
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
		if o := <-waiters; !errors.Is(o.err, backends.ErrClosed) {
			t.Errorf("waiter: %+v", o)
		}
		for i, e := range ended {
			if err := <-e; err != nil && !errors.Is(err, backends.ErrClosed) {
				t.Errorf("operation %d: %v", i, err)
			}
		}
		if deleted.Held() || filling.Held() {
			t.Error("a vacancy outlived the cache")
		}
		if n := cache.Meetings(); n != 0 {
			t.Errorf("%d keys still have something going on", n)
		}
	})
}
