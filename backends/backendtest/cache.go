package backendtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
)

// RunCache runs what a [backends.Cache] promises over a driver, on real time. newStore returns a
// driver over an empty store. (The rules themselves are tested in package backends, on a clock that
// can be wound; this is about the driver under them.)
func RunCache(t *testing.T, newStore func(t *testing.T) backends.CacheStore) {
	for _, test := range []struct {
		name string
		cfg  backends.Config
		run  func(t *testing.T, ns *backends.Namespace)
	}{
		{"one_computes", backends.Config{}, testOneComputes},
		{"late_fill", backends.Config{VacancyTimeout: 50 * time.Millisecond}, testLateFill},
		{"set_and_delete", backends.Config{}, testSetAndDelete},
		{"ttl", backends.Config{}, testCacheTTL},
		{"impatience", backends.Config{MaxWait: 30 * time.Millisecond}, testImpatience},
		{"started_together", backends.Config{}, testStartedTogether},
		{"whole_values", backends.Config{VacancyTimeout: 20 * time.Millisecond}, testWholeValues},
	} {
		t.Run(test.name, func(t *testing.T) {
			cache := backends.New(newStore(t), test.cfg)
			t.Cleanup(func() {
				if err := cache.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			ns, err := cache.Namespace("tenant")
			if err != nil {
				t.Fatal(err)
			}
			test.run(t, ns)
		})
	}
}

func fill(t *testing.T, v *backends.Vacancy, value string, ttl backends.TTL) {
	t.Helper()
	if err := v.Fill(t.Context(), []byte(value), ttl); err != nil {
		t.Errorf("fill: %v", err)
	}
}

// getOrSet is a get-or-set of the key that these tests meet at.
func getOrSet(t *testing.T, ns *backends.Namespace) backends.Entry {
	t.Helper()
	entry, err := ns.GetOrSet(t.Context(), "k")
	if err != nil {
		t.Fatalf("get-or-set: %v", err)
	}
	return entry
}

func testOneComputes(t *testing.T, ns *backends.Namespace) {
	const callers = 200
	inParallel(callers, func(int) {
		entry, err := ns.GetOrSet(t.Context(), "k")
		if err != nil {
			t.Error(err)
			return
		}
		if entry.Vacancy != nil {
			time.Sleep(20 * time.Millisecond)
			fill(t, entry.Vacancy, "computed", backends.TTLOf(time.Minute))
		} else if string(entry.Value) != "computed" {
			t.Errorf("got %q", entry.Value)
		}
	})
	if s := ns.Cache().Stats(); s.Computations != 1 {
		t.Errorf("%d callers computed: %+v", s.Computations, s)
	}
}

func testLateFill(t *testing.T, ns *backends.Namespace) {
	late := getOrSet(t, ns).Vacancy
	second := getOrSet(t, ns) // waits for the timeout
	if second.Occupied() {
		t.Fatalf("occupied by %q", second.Value)
	}
	fill(t, second.Vacancy, "second", backends.TTL{})
	if err := late.Fill(t.Context(), []byte("late"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
		t.Errorf("late fill: %v", err)
	}
	if entry := getOrSet(t, ns); string(entry.Value) != "second" {
		t.Errorf("got %q", entry.Value)
	}
}

func testSetAndDelete(t *testing.T, ns *backends.Namespace) {
	ctx := t.Context()
	for range 20 {
		v := getOrSet(t, ns).Vacancy
		waiter := make(chan backends.Entry)
		go func() {
			entry, err := ns.GetOrSet(ctx, "k")
			if err != nil {
				t.Error(err)
			}
			waiter <- entry
		}()
		if err := ns.Set(ctx, "k", []byte("set"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		if err := v.Fill(ctx, []byte("stale"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("fill after a set: %v", err)
		}
		if entry := <-waiter; string(entry.Value) != "set" {
			t.Errorf("the waiter got %q, vacancy %v", entry.Value, entry.Vacancy)
		}
		if err := ns.Delete(ctx, "k"); err != nil {
			t.Fatal(err)
		}
		v = getOrSet(t, ns).Vacancy
		if err := ns.Delete(ctx, "k"); err != nil {
			t.Fatal(err)
		}
		if err := v.Fill(ctx, []byte("stale"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("fill after a delete: %v", err)
		}
		if _, ok, err := ns.Get(ctx, "k"); ok || err != nil {
			t.Errorf("get after a delete: %t, %v", ok, err)
		}
	}
}

func testCacheTTL(t *testing.T, ns *backends.Namespace) {
	ctx := t.Context()
	fill(t, getOrSet(t, ns).Vacancy, "value", backends.TTLOf(shortTTL))
	filled := time.Now()
	eventually(t, "the filled entry expires", func() bool {
		asked := time.Now()
		_, ok, err := ns.Get(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		if ok && asked.After(filled.Add(shortTTL+5*time.Millisecond)) {
			t.Fatalf("served %v after its time", asked.Sub(filled.Add(shortTTL)))
		}
		return !ok
	})
	fill(t, getOrSet(t, ns).Vacancy, "fleeting", backends.TTLMillis(0))
	if ok, err := ns.Exists(ctx, "k"); ok || err != nil {
		t.Errorf("exists after a fill with a ttl of zero: %t, %v", ok, err)
	}
	if err := ns.Set(ctx, "k", []byte("v"), backends.TTL{}); err != nil {
		t.Fatal(err)
	}
	if err := ns.Set(ctx, "k", []byte("v"), backends.TTLMillis(0)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := ns.Get(ctx, "k"); ok || err != nil {
		t.Errorf("get after a set with a ttl of zero: %t, %v", ok, err)
	}
}

func testImpatience(t *testing.T, ns *backends.Namespace) {
	holder := getOrSet(t, ns).Vacancy
	first, second := getOrSet(t, ns).Vacancy, getOrSet(t, ns).Vacancy
	fill(t, first, "first", backends.TTLOf(time.Minute))
	for _, v := range []*backends.Vacancy{holder, second} {
		if err := v.Fill(t.Context(), []byte("late"), backends.TTL{}); !errors.Is(err, backends.ErrVacancyLost) {
			t.Errorf("late fill: %v", err)
		}
	}
	if entry := getOrSet(t, ns); string(entry.Value) != "first" {
		t.Errorf("got %q", entry.Value)
	}
}

// testStartedTogether starts many get-or-sets before it waits for any.
func testStartedTogether(t *testing.T, ns *backends.Namespace) {
	const keys = 100
	if err := ns.Set(t.Context(), "key 0", []byte("there"), backends.TTL{}); err != nil {
		t.Fatal(err)
	}
	var settled sync.WaitGroup
	waiters := make([]*backends.Waiter, keys)
	entries := make([]backends.Entry, keys)
	for i := range waiters {
		settled.Add(1)
		entry, w, err := ns.Acquire(fmt.Sprint("key ", i), settled.Done)
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			settled.Done()
		}
		waiters[i], entries[i] = w, entry
	}
	settled.Wait()
	for i, w := range waiters {
		if w != nil {
			entry, ok, err := w.Take()
			if !ok || err != nil {
				t.Fatalf("take: %t, %v", ok, err)
			}
			entries[i] = entry
		}
		if entries[i].Occupied() != (i == 0) {
			t.Errorf("key %d: %+v", i, entries[i])
		}
		if v := entries[i].Vacancy; v != nil {
			v.Release()
		}
	}
}

// testWholeValues has everything happen at once and looks at every value that comes back.
func testWholeValues(t *testing.T, ns *backends.Namespace) {
	const workers = 16
	until := time.Now().Add(500 * time.Millisecond)
	inParallel(workers, func(worker int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		random := newRandom(worker)
		for time.Now().Before(until) {
			key := fmt.Sprint("key", random.IntN(4))
			value := seal(key, random.IntN(3000), random)
			ttl := backends.TTL{}
			if random.IntN(2) == 0 {
				ttl = backends.TTLMillis(random.Uint32N(20))
			}
			var got []byte
			var ok bool
			var err error
			switch random.IntN(8) {
			case 0:
				err = ns.Set(ctx, key, value, ttl)
			case 1:
				err = ns.Delete(ctx, key)
			case 2, 3:
				got, ok, err = ns.Get(ctx, key)
			default:
				var entry backends.Entry
				if entry, err = ns.GetOrSet(ctx, key); err != nil {
					break
				}
				got, ok = entry.Value, entry.Occupied()
				if v := entry.Vacancy; v != nil {
					switch random.IntN(4) {
					case 0:
						v.Release()
					case 1: // left to the timeout
					default:
						if err = v.Fill(ctx, value, ttl); errors.Is(err, backends.ErrVacancyLost) {
							err = nil
						}
					}
				}
			}
			if err != nil {
				t.Errorf("worker %d: %v", worker, err)
				return
			}
			if ok && !sealed(key, got) {
				t.Errorf("%s: a torn value or another key's, %d bytes", key, len(got))
				return
			}
		}
	})
}
