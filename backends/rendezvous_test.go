package backends_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// latency is what every operation takes over the store that waits.
const latency = 10 * time.Millisecond

// bed is a namespace under test, inside a synctest bubble.
type bed struct {
	*testing.T
	*backends.Namespace
	ctx context.Context
}

// overStores runs a test inside a synctest bubble over an immediate store and over one that waits,
// which take different paths through the rendezvous.
func overStores(t *testing.T, cfg backends.Config, test func(t *bed)) {
	for _, store := range []struct {
		name    string
		options inmem.Options
	}{
		{"immediate", inmem.Options{}},
		{"waiting", inmem.Options{Latency: latency}},
	} {
		t.Run(store.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := backends.New(inmem.New(store.options), cfg)
				defer closeIdle(t, cache)
				test(newBed(t, cache))
			})
		})
	}
}

func newBed(t *testing.T, cache *backends.Cache) *bed {
	t.Helper()
	ns, err := cache.Namespace("tenant")
	if err != nil {
		t.Fatal(err)
	}
	return &bed{T: t, Namespace: ns, ctx: t.Context()}
}

// closeIdle closes the cache and checks that the test left nothing going on.
func closeIdle(t *testing.T, cache *backends.Cache) {
	t.Helper()
	if n := cache.Meetings(); n != 0 {
		t.Errorf("%d keys still have something going on", n)
	}
	s := cache.Stats()
	if ended := s.Filled + s.Abandoned + s.Expired + s.Superseded; ended != s.Computations {
		t.Errorf("%d vacancies were granted, %d ended: %+v", s.Computations, ended, s)
	}
	if err := cache.Close(); err != nil {
		t.Error(err)
	}
}

// vacancy is a get-or-set that must be granted the vacancy.
func (b *bed) vacancy(key string) *backends.Vacancy {
	b.Helper()
	entry, err := b.GetOrSet(b.ctx, key)
	if err != nil {
		b.Fatalf("get-or-set: %v", err)
	}
	if entry.Occupied() {
		b.Fatalf("get-or-set: occupied by %q, want a vacancy", entry.Value)
	}
	return entry.Vacancy
}

// occupied is a get-or-set that must find a value.
func (b *bed) occupied(key, want string) {
	b.Helper()
	entry, err := b.GetOrSet(b.ctx, key)
	if err != nil {
		b.Fatalf("get-or-set: %v", err)
	}
	if !entry.Occupied() {
		entry.Vacancy.Release()
		b.Fatalf("get-or-set: a vacancy, want %q", want)
	}
	if string(entry.Value) != want {
		b.Errorf("get-or-set: %q, want %q", entry.Value, want)
	}
}

// has checks what Get and Exists say. want is nil for a miss.
func (b *bed) has(key string, want []byte) {
	b.Helper()
	value, ok, err := b.Get(b.ctx, key)
	if err != nil || ok != (want != nil) || string(value) != string(want) {
		b.Errorf("get: %q, %t, %v; want %q", value, ok, err, want)
	}
	if exists, err := b.Exists(b.ctx, key); err != nil || exists != ok {
		b.Errorf("exists: %t, %v; get says %t", exists, err, ok)
	}
}

func (b *bed) fill(v *backends.Vacancy, value string, ttl backends.TTL) {
	b.Helper()
	if err := v.Fill(b.ctx, []byte(value), ttl); err != nil {
		b.Errorf("fill: %v", err)
	}
}

// fillLost is a fill that must come too late.
func (b *bed) fillLost(v *backends.Vacancy) {
	b.Helper()
	if v.Held() {
		b.Error("a vacancy is held that should be lost")
	}
	if err := v.Fill(b.ctx, []byte("stale"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
		b.Errorf("a late fill: %v, want %v", err, backends.ErrVacancyLost)
	}
}

// outcome is how a get-or-set in the background ended.
type outcome struct {
	name string
	backends.Entry
	err error
	at  time.Time
}

// await starts n get-or-sets, one after the other, and returns when all of them stand in line.
func (b *bed) await(key string, n int) <-chan outcome {
	outcomes := make(chan outcome, n)
	for i := range n {
		go func() {
			entry, err := b.GetOrSet(b.ctx, key)
			outcomes <- outcome{fmt.Sprint(i), entry, err, time.Now()}
		}()
		b.settle()
	}
	return outcomes
}

// settle lets every operation under way end, and everybody else come to rest.
func (b *bed) settle() {
	if !b.Cache().Immediate() {
		time.Sleep(4 * latency)
	}
	synctest.Wait()
}

// none checks that nobody's get-or-set has ended.
func (b *bed) none(outcomes <-chan outcome) {
	b.Helper()
	b.settle()
	select {
	case o := <-outcomes:
		b.Fatalf("waiter %s was not to end yet: %+v", o.name, o)
	default:
	}
}

// next returns the one get-or-set that has ended by now.
func (b *bed) next(outcomes <-chan outcome) outcome {
	b.Helper()
	b.settle()
	select {
	case o := <-outcomes:
		if o.err != nil {
			b.Fatalf("waiter %s: %v", o.name, o.err)
		}
		return o
	default:
		b.Fatal("nobody's get-or-set has ended")
		return outcome{}
	}
}

// all checks that n get-or-sets have ended by now, with the value.
func (b *bed) all(outcomes <-chan outcome, n int, want string) {
	b.Helper()
	for range n {
		o := b.next(outcomes)
		if !o.Occupied() || string(o.Value) != want {
			b.Errorf("waiter %s: %q, vacancy %v; want %q", o.name, o.Value, o.Vacancy, want)
		}
	}
	b.none(outcomes)
}

func TestHitAndMiss(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		if !v.Exclusive() || !v.Held() {
			t.Error("a fresh vacancy is exclusive and held")
		}
		t.fill(v, "value", backends.TTL{})
		t.occupied("k", "value")
		t.has("k", []byte("value"))
		if v.Held() {
			t.Error("a filled vacancy is held")
		}
	})
}

func TestFillTTLCountsFromTheCommit(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		time.Sleep(10 * time.Second) // computing does not count
		t.fill(v, "value", backends.TTLOf(time.Second))
		time.Sleep(time.Second - 5*latency)
		t.has("k", []byte("value"))
		time.Sleep(5 * latency)
		t.has("k", nil)
		t.vacancy("k").Release()
	})
}

func TestExplicitEmptyFill(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		t.fill(v, "", backends.TTL{})
		t.all(waiters, 2, "")
		t.has("k", []byte{})
	})
}

func TestOneComputesTheRestHit(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		const callers = 1000
		outcomes := make(chan string, callers)
		for range callers {
			go func() {
				entry, err := t.GetOrSet(t.ctx, "k")
				if err != nil {
					t.Error(err)
				}
				if v := entry.Vacancy; v != nil {
					time.Sleep(time.Second)
					t.fill(v, "computed", backends.TTL{})
					outcomes <- "computed"
					return
				}
				outcomes <- string(entry.Value)
			}()
		}
		for range callers {
			if got := <-outcomes; got != "computed" {
				t.Errorf("got %q", got)
			}
		}
		stats := t.Cache().Stats()
		if stats.Computations != 1 || stats.Filled != 1 || stats.Waits != callers-1 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestGetAndExistsDoNotSeeVacancies(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		start := time.Now()
		t.has("k", nil)
		if took := time.Since(start); took > 2*latency {
			t.Errorf("get and exists took %v while there was a vacancy", took)
		}
		v.Release()
	})
}

func TestReleasePromotesExactlyOneInOrder(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		const n = 5
		waiters := t.await("k", n)
		for i := range n {
			t.none(waiters)
			v.Release()
			v.Release() // again does nothing
			o := t.next(waiters)
			if o.Occupied() || o.name != fmt.Sprint(i) {
				t.Fatalf("promoted waiter %s (occupied: %t), want %d", o.name, o.Occupied(), i)
			}
			v = o.Vacancy
		}
		v.Release()
		t.has("k", nil)
	})
}

func TestReleaseAfterFillDoesNothing(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		t.fill(v, "value", backends.TTL{})
		v.Release()
		t.occupied("k", "value")
		t.fillLost(v) // a second fill
		t.occupied("k", "value")
	})
}

func TestTimeoutPassesTheVacancyOn(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		start := time.Now()
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		o := <-waiters
		if waited := o.at.Sub(start); waited < backends.DefaultVacancyTimeout || waited > backends.DefaultVacancyTimeout+5*latency {
			t.Errorf("promoted after %v", waited)
		}
		if o.Occupied() || o.name != "0" {
			t.Fatalf("promoted: %+v", o)
		}
		t.fillLost(v)
		t.none(waiters)
		t.has("k", nil)
		t.fill(o.Vacancy, "second", backends.TTL{})
		t.fillLost(v)
		v.Release()
		t.all(waiters, 1, "second")
		t.has("k", []byte("second"))
		if s := t.Cache().Stats(); s.Expired != 1 || s.Filled != 1 {
			t.Errorf("stats: %+v", s)
		}
	})
}

func TestTimeoutWithNobodyWaiting(t *testing.T) {
	overStores(t, backends.Config{VacancyTimeout: time.Second}, func(t *bed) {
		v := t.vacancy("k")
		time.Sleep(time.Second + latency)
		t.fillLost(v)
		t.has("k", nil)
		second := t.vacancy("k")
		t.fillLost(v)
		v.Release() // of the first: not the second's
		if !second.Held() {
			t.Error("releasing a lost vacancy ended its successor")
		}
		second.Release()
	})
}

// A holder that waits for itself is freed by the timeout.
func TestOwnSecondGetOrSet(t *testing.T) {
	overStores(t, backends.Config{VacancyTimeout: time.Second}, func(t *bed) {
		first, start := t.vacancy("k"), time.Now()
		second := t.vacancy("k")
		if waited := time.Since(start); waited < time.Second-latency {
			t.Errorf("waited %v", waited)
		}
		t.fillLost(first)
		t.fill(second, "value", backends.TTL{})
	})
}

func TestSetDuringVacancy(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 3)
		if err := t.Set(t.ctx, "k", []byte("set"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		t.all(waiters, 3, "set")
		t.fillLost(v)
		v.Release()
		t.has("k", []byte("set"))
		if s := t.Cache().Stats(); s.Superseded != 1 || s.Computations != 1 {
			t.Errorf("stats: %+v", s)
		}
	})
}

func TestDeleteDuringVacancy(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		if err := t.Delete(t.ctx, "k"); err != nil {
			t.Fatal(err)
		}
		o := t.next(waiters)
		if o.Occupied() || o.name != "0" {
			t.Fatalf("promoted: %+v", o)
		}
		t.none(waiters)
		t.fillLost(v)
		t.has("k", nil)
		t.fill(o.Vacancy, "second", backends.TTL{})
		t.all(waiters, 1, "second")
	})
}

func TestClearDuringVacancy(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v, alone := t.vacancy("k"), t.vacancy("alone")
		waiters := t.await("k", 1)
		neighbour, err := t.Cache().Namespace("neighbour")
		if err != nil {
			t.Fatal(err)
		}
		other, err := neighbour.GetOrSet(t.ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		if err := t.Clear(t.ctx); err != nil {
			t.Fatal(err)
		}
		o := t.next(waiters)
		t.fillLost(v)
		t.fillLost(alone)
		if !other.Vacancy.Held() {
			t.Error("a clear took a vacancy of another namespace")
		}
		other.Vacancy.Release()
		o.Vacancy.Release()
	})
}

func TestFillWithTTLZero(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 3)
		t.fill(v, "fleeting", backends.TTLMillis(0))
		t.all(waiters, 3, "fleeting")
		t.has("k", nil)
		t.vacancy("k").Release()
	})
}

func TestSetWithTTLZero(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		waiters := t.await("k", 2)
		if err := t.Set(t.ctx, "k", []byte("fleeting"), backends.TTLMillis(0)); err != nil {
			t.Fatal(err)
		}
		t.all(waiters, 2, "fleeting")
		t.fillLost(v)
		t.has("k", nil)

		// It acts as a delete, also of what was there.
		if err := t.Set(t.ctx, "k", []byte("value"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		if err := t.Set(t.ctx, "k", []byte("value"), backends.TTLMillis(0)); err != nil {
			t.Fatal(err)
		}
		t.has("k", nil)
	})
}

func TestKeysAndNamespacesAreIndependent(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		var held []*backends.Vacancy
		for i := range 200 {
			held = append(held, t.vacancy(fmt.Sprint("key", i)))
		}
		neighbour, err := t.Cache().Namespace("neighbour")
		if err != nil {
			t.Fatal(err)
		}
		entry, err := neighbour.GetOrSet(t.ctx, "key0")
		if err != nil || entry.Occupied() {
			t.Fatalf("the neighbour's: %+v, %v", entry, err)
		}
		entry.Vacancy.Release()
		for _, v := range held {
			if !v.Held() {
				t.Error("a vacancy of another key was lost")
			}
			v.Release()
		}
	})
}

func TestCancelledWaiterIsSkipped(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		ctx, cancel := context.WithCancel(t.ctx)
		cancelled := make(chan error, 1)
		go func() {
			_, err := t.GetOrSet(ctx, "k")
			cancelled <- err
		}()
		t.settle()
		waiters := t.await("k", 1)
		cancel()
		if err := <-cancelled; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled get-or-set: %v", err)
		}
		t.none(waiters) // it does not reach the others
		v.Release()
		o := t.next(waiters)
		if o.Occupied() {
			t.Fatal("occupied by nothing")
		}
		o.Vacancy.Release()
	})
}

func TestDeadlineOfAWaiter(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		v := t.vacancy("k")
		ctx, cancel := context.WithTimeout(t.ctx, time.Second)
		defer cancel()
		_, err := t.GetOrSet(ctx, "k")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, backends.ErrTimeout) {
			t.Errorf("get-or-set past its deadline: %v", err)
		}
		t.fill(v, "value", backends.TTL{})
	})
}
