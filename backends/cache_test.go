package backends_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

func goroutines() int { return runtime.NumGoroutine() }

// cacheOperations are the methods of a Namespace, for what they have in common.
func cacheOperations(ns *backends.Namespace) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"get":         func(ctx context.Context) error { _, _, err := ns.Get(ctx, "k"); return err },
		"exists":      func(ctx context.Context) error { _, err := ns.Exists(ctx, "k"); return err },
		"with ttl":    func(ctx context.Context) error { _, err := ns.GetWithTTL(ctx, "k"); return err },
		"set":         func(ctx context.Context) error { return ns.Set(ctx, "k", nil, backends.TTL{}) },
		"set zero":    func(ctx context.Context) error { return ns.Set(ctx, "k", nil, backends.TTLMillis(0)) },
		"delete":      func(ctx context.Context) error { return ns.Delete(ctx, "k") },
		"get-or-set":  func(ctx context.Context) error { _, err := ns.GetOrSet(ctx, "k"); return err },
		"clear":       func(ctx context.Context) error { return ns.Clear(ctx) },
		"entry count": func(ctx context.Context) error { _, err := ns.EntryCount(ctx); return err },
	}
}

func TestKeyLimit(t *testing.T) {
	overStores(t, backends.Config{MaxKeyBytes: 8}, func(t *bed) {
		const fits, over = "12345678", "123456789"
		if err := t.Set(t.ctx, fits, []byte("v"), backends.TTL{}); err != nil {
			t.Error(err)
		}
		t.has(fits, []byte("v"))
		for name, err := range map[string]error{
			"get":        second(t.Get(t.ctx, over)),
			"exists":     first(t.Exists(t.ctx, over)),
			"with ttl":   first(t.GetWithTTL(t.ctx, over)),
			"set":        t.Set(t.ctx, over, nil, backends.TTL{}),
			"delete":     t.Delete(t.ctx, over),
			"get-or-set": first(t.GetOrSet(t.ctx, over)),
			"acquire":    second(t.Acquire(over, nil)),
		} {
			if !errors.Is(err, backends.ErrInvalidKey) {
				t.Errorf("%s of a key over the limit: %v", name, err)
			} else if text := err.Error(); strings.Contains(text, over) || !strings.Contains(text, "limit is 8") {
				t.Errorf("%s: the text %q repeats the key or does not name the limit", name, text)
			}
		}
	})
}

func first[T any](_ T, err error) error { return err }

func second[T, U any](_ T, _ U, err error) error { return err }

func TestValueLimit(t *testing.T) {
	overStores(t, backends.Config{MaxValueBytes: 100}, func(t *bed) {
		fits, over := make([]byte, 100), make([]byte, 101)
		if err := t.Set(t.ctx, "k", fits, backends.TTL{}); err != nil {
			t.Error(err)
		}
		if err := t.Set(t.ctx, "k", over, backends.TTL{}); !errors.Is(err, backends.ErrTooLarge) {
			t.Errorf("set of a value over the limit: %v", err)
		}
		t.has("k", fits) // nothing was stored

		// A fill over the limit leaves the holder its vacancy.
		v := t.vacancy("other")
		waiters := t.await("other", 1)
		if err := v.Fill(t.ctx, over, backends.TTL{}); !errors.Is(err, backends.ErrTooLarge) {
			t.Errorf("fill over the limit: %v", err)
		}
		if err := v.Fill(t.ctx, nil, backends.TTLOf(-1)); !errors.Is(err, backends.ErrInvalidTTL) {
			t.Errorf("fill with a negative ttl: %v", err)
		}
		t.none(waiters)
		if !v.Held() {
			t.Error("a fill over the limit lost the vacancy")
		}
		t.fill(v, "fits", backends.TTL{})
		t.all(waiters, 1, "fits")
	})
}

func TestDefaults(t *testing.T) {
	for _, cfg := range []backends.Config{{}, {MaxKeyBytes: -1, MaxValueBytes: -1, VacancyTimeout: -1}} {
		cache := backends.New(inmem.New(inmem.Options{}), cfg)
		want := backends.Config{MaxKeyBytes: 1024, MaxValueBytes: 1 << 20, VacancyTimeout: 30 * time.Second}
		if diff := cmp.Diff(want, cache.Config()); diff != "" {
			t.Errorf("defaults (-want +got):\n%s", diff)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNamespaceNames(t *testing.T) {
	cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
	defer cache.Close()
	for _, name := range []string{"", "a b", "\x00", strings.Repeat("n", 512)} {
		if ns, err := cache.Namespace(name); err != nil || ns.Name() != name {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := cache.Namespace(strings.Repeat("n", 513)); !errors.Is(err, backends.ErrInvalidNamespace) {
		t.Errorf("a name over the limit: %v", err)
	}
}

func TestTTL(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		remaining := func() time.Duration {
			t.Helper()
			item, err := t.GetWithTTL(t.ctx, "k")
			if err != nil || !item.Found {
				t.Fatalf("get with ttl: %+v, %v", item, err)
			}
			return item.TTL
		}
		for _, c := range []struct {
			ttl  backends.TTL
			want time.Duration // 0: none
		}{
			{backends.TTL{}, 0},
			{backends.TTLMillis(1000), time.Second},
			{backends.TTLMillis(math.MaxUint32), math.MaxUint32 * time.Millisecond},
			{backends.TTLOf(time.Second + 1), time.Second + time.Millisecond},
			{backends.TTLOf(time.Hour), time.Hour},
		} {
			if err := t.Set(t.ctx, "k", []byte("v"), c.ttl); err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want > 0 && !t.Cache().Immediate() {
				want -= latency // which the lookup takes
			}
			if got := remaining(); got != want {
				t.Errorf("ttl %v: %v remain, want %v", c.ttl, got, want)
			}
		}
		if err := t.Set(t.ctx, "k", nil, backends.TTLOf(-1)); !errors.Is(err, backends.ErrInvalidTTL) {
			t.Errorf("negative ttl: %v", err)
		}
		t.has("k", []byte("v"))
	})
}

func TestExpiryIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
		defer closeIdle(t, cache)
		b := newBed(t, cache)
		for _, ms := range []uint32{1, 2, 999, 1000, 1001, 1500, 60_000, 3_600_000} {
			if err := b.Set(b.ctx, "k", []byte("v"), backends.TTLMillis(ms)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(ms)*time.Millisecond - 1)
			b.has("k", []byte("v"))
			time.Sleep(time.Nanosecond)
			b.has("k", nil)
			if entry, _, err := b.Acquire("k", nil); err != nil || entry.Occupied() {
				t.Errorf("acquire of an expired entry: %+v, %v", entry, err)
			} else {
				entry.Vacancy.Release()
			}
		}
	})
}

func TestMaxTTL(t *testing.T) {
	overStores(t, backends.Config{MaxTTL: time.Minute}, func(t *bed) {
		for _, ttl := range []backends.TTL{{}, backends.TTLMillis(math.MaxUint32), backends.TTLOf(time.Minute), backends.TTLOf(time.Second)} {
			if err := t.Set(t.ctx, "k", []byte("v"), ttl); err != nil {
				t.Fatal(err)
			}
			item, err := t.GetWithTTL(t.ctx, "k")
			if err != nil || item.TTL == 0 || item.TTL > time.Minute {
				t.Errorf("ttl %v under a cap of a minute: %+v, %v", ttl, item, err)
			}
		}
		if err := t.Set(t.ctx, "k", []byte("v"), backends.TTLMillis(0)); err != nil {
			t.Fatal(err)
		}
		t.has("k", nil) // zero is not "none"
	})
}

func TestValuesAreSnapshots(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		value := []byte("before")
		v := t.vacancy("k")
		waiters := t.await("k", 1)
		if err := v.Fill(t.ctx, value, backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		copy(value, "AFTER!")
		t.all(waiters, 1, "before")
		t.has("k", []byte("before"))

		v = t.vacancy("set")
		waiters = t.await("set", 1)
		value = []byte("before")
		if err := t.Set(t.ctx, "set", value, backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		copy(value, "AFTER!")
		t.all(waiters, 1, "before")
		t.has("set", []byte("before"))
		v.Release()

		got, _, _ := t.Get(t.ctx, "k")
		if err := t.SetShared(t.ctx, "k", []byte("second"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		if string(got) != "before" {
			t.Errorf("a value changed after it was returned: %q", got)
		}
		v = t.vacancy("shared")
		if err := v.FillShared(t.ctx, []byte("given"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		t.has("shared", []byte("given"))
	})
}

func TestKeysMayBeReused(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		memory := []byte("key1")
		view := func() string { return stringOf(memory) }
		v, err := t.GetOrSet(t.ctx, view())
		if err != nil {
			t.Fatal(err)
		}
		_, w, err := t.Acquire(view(), nil)
		if err != nil {
			t.Fatal(err)
		}
		copy(memory, "key2")
		t.fill(v.Vacancy, "of key1", backends.TTL{})
		t.settle()
		if entry, ok, err := w.Take(); !ok || err != nil || string(entry.Value) != "of key1" {
			t.Errorf("take: %+v, %t, %v", entry, ok, err)
		}
		t.has("key1", []byte("of key1"))
		t.has("key2", nil)
		if err := t.Set(t.ctx, view(), []byte("of key2"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		copy(memory, "key3")
		t.has("key2", []byte("of key2"))
	})
}

func TestEntryCountAndClear(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		for _, key := range []string{"a", "b", "c"} {
			if err := t.Set(t.ctx, key, nil, backends.TTL{}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := t.EntryCount(t.ctx); n != 3 || err != nil {
			t.Errorf("entry count: %d, %v", n, err)
		}
		if err := t.Clear(t.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := t.EntryCount(t.ctx); n != 0 || err != nil {
			t.Errorf("entry count after a clear: %d, %v", n, err)
		}
	})
}

func TestStats(t *testing.T) {
	overStores(t, backends.Config{}, func(t *bed) {
		t.has("k", nil) // 2 misses
		if err := t.Set(t.ctx, "k", []byte("v"), backends.TTL{}); err != nil {
			t.Fatal(err)
		}
		t.has("k", []byte("v")) // 2 hits
		t.occupied("k", "v")    // a hit
		for _, ttl := range []backends.TTL{backends.TTLMillis(0), backends.TTLMillis(5)} {
			if err := t.Set(t.ctx, "k", []byte("v"), ttl); err != nil {
				t.Fatal(err)
			}
		}
		if err := t.Delete(t.ctx, "k"); err != nil {
			t.Fatal(err)
		}
		v := t.vacancy("k") // a miss
		waiters := t.await("k", 1)
		v.Release()
		t.fill(t.next(waiters).Vacancy, "v", backends.TTL{})
		want := backends.Stats{
			Hits: 3, Misses: 4, Sets: 2, Deletes: 2,
			Computations: 2, Filled: 1, Abandoned: 1, Waits: 1,
		}
		if diff := cmp.Diff(want, t.Cache().Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

func TestTTLString(t *testing.T) {
	for ttl, want := range map[backends.TTL]string{
		{}: "none", backends.TTLMillis(0): "0s", backends.TTLMillis(1500): "1.5s",
	} {
		if got := ttl.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCeilMillis(t *testing.T) {
	const ms = time.Millisecond
	for d, want := range map[time.Duration]time.Duration{
		0: 0, 1: ms, ms - 1: ms, ms: ms, ms + 1: 2 * ms, -1: -1, -ms: -ms,
		math.MaxInt64: math.MaxInt64 / ms * ms, math.MaxInt64 / ms * ms: math.MaxInt64 / ms * ms,
	} {
		if got := backends.CeilMillis(d); got != want {
			t.Errorf("%d: %d, want %d", d, got, want)
		}
	}
}

func TestOpError(t *testing.T) {
	err := error(&backends.OpError{Driver: "d", Op: "get", Namespace: "n\n", Err: backends.ErrUnavailable})
	if got, want := err.Error(), `d: get in namespace "n\n": the store is unavailable`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !errors.Is(err, backends.ErrUnavailable) {
		t.Error("the cause is hidden")
	}
}
