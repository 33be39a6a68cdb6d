package inmem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/backendtest"
	"github.com/wasikv/wasikv/backends/inmem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	backendtest.Run(t, func(*testing.T) backendtest.Harness {
		return backendtest.Harness{Store: inmem.New(inmem.Options{}), ExactCount: true}
	})
}

func TestCacheConformance(t *testing.T) {
	for _, options := range []inmem.Options{{}, {Latency: time.Millisecond}} {
		t.Run(fmt.Sprint("latency ", options.Latency), func(t *testing.T) {
			backendtest.RunCache(t, func(*testing.T) backends.CacheStore { return inmem.New(options) })
		})
	}
}

func closeAtEnd(t *testing.T, c io.Closer) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCapacity(t *testing.T) {
	for _, c := range []struct{ capacity, value int }{
		{1 << 20, 100}, {4 << 20, 4096}, {16 << 20, 100_000}, {64 << 20, 1 << 20},
	} {
		t.Run(fmt.Sprint(c.value), func(t *testing.T) {
			d := inmem.New(inmem.Options{MaxBytes: uint64(c.capacity)})
			closeAtEnd(t, d)
			value := make([]byte, c.value)
			capacity, size := uint64(c.capacity), uint64(c.value)
			over := func(s backends.StoreStats) bool { return s.Bytes > capacity || s.Entries*size > capacity }
			most := uint64(0)
			for i := range 4 * capacity / size {
				if err := d.Set(t.Context(), "ns", fmt.Sprint(i), value, 0); err != nil {
					t.Fatal(err)
				}
				if _, _, err := d.Get(t.Context(), "ns", fmt.Sprint(i/2)); err != nil {
					t.Fatalf("eviction makes an error: %v", err)
				}
				if i%16 == 0 {
					most = max(most, d.StoreStats().Entries)
				}
			}
			// Entries over capacity are being evicted; there are never many of them.
			if held := most * size; held > capacity+capacity/4 {
				t.Errorf("held up to %d entries, %d bytes", most, held)
			}
			deadline := time.Now().Add(10 * time.Second)
			for over(d.StoreStats()) {
				if time.Now().After(deadline) {
					t.Fatalf("over capacity: %+v", d.StoreStats())
				}
				time.Sleep(time.Millisecond)
			}
			if s := d.StoreStats(); s.Capacity != capacity || s.Evictions == 0 || s.Bytes < capacity/2 {
				t.Errorf("stats: %+v", s)
			}
		})
	}
}

func TestEntryLargerThanTheStore(t *testing.T) {
	d := inmem.New(inmem.Options{MaxBytes: 1000})
	closeAtEnd(t, d)
	err := d.Set(t.Context(), "ns", "k", make([]byte, 1000), 0)
	if !errors.Is(err, backends.ErrTooLarge) || !strings.Contains(err.Error(), "the store holds 1000") {
		t.Errorf("an entry larger than the store: %v", err)
	}
	if err := d.Set(t.Context(), "ns", "k", make([]byte, 500), 0); err != nil {
		t.Error(err)
	}
}

func TestExpiredEntriesAreFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := inmem.New(inmem.Options{})
		defer d.Close()
		const entries = 1000
		for i := range entries {
			if err := d.Set(t.Context(), "ns", fmt.Sprint(i), nil, time.Second); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute) // nobody reads or writes
		synctest.Wait()
		if s := d.StoreStats(); s.Entries != 0 || s.Bytes != 0 || s.Expirations != entries {
			t.Errorf("stats a minute after everything expired: %+v", s)
		}
	})
}

func TestClearedEntriesAreFreed(t *testing.T) {
	d := inmem.New(inmem.Options{})
	closeAtEnd(t, d)
	for _, namespace := range []string{"a", "b"} {
		for i := range 1000 {
			if err := d.Set(t.Context(), namespace, fmt.Sprint(i), nil, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.Clear(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if s := d.StoreStats(); s.Entries != 1000 {
		t.Errorf("stats after a clear: %+v", s)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if s := d.StoreStats(); s.Entries != 0 {
		t.Errorf("stats after a close: %+v", s)
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := inmem.New(inmem.Options{Latency: 100 * time.Millisecond})
		defer d.Close()
		if _, immediate := d.Table("ns"); immediate {
			t.Error("a slow driver claims to be immediate")
		}
		ctx := t.Context()
		w := d.Writer("ns")
		for name, operation := range map[string]func(context.Context) error{
			"set":    func(ctx context.Context) error { return d.Set(ctx, "ns", "k", nil, 0) },
			"get":    func(ctx context.Context) error { _, _, err := d.Get(ctx, "ns", "k"); return err },
			"exists": func(ctx context.Context) error { _, err := d.Exists(ctx, "ns", "k"); return err },
			"delete": func(ctx context.Context) error { return d.Delete(ctx, "ns", "k") },
			"count":  func(ctx context.Context) error { _, err := d.EntryCount(ctx, "ns"); return err },
			"clear":  func(ctx context.Context) error { return d.Clear(ctx, "ns") },
			"ping":   d.Ping,
			"put":    func(ctx context.Context) error { _, err := w.Put(ctx, "k", nil); return err },
		} {
			start := time.Now()
			if err := operation(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took != 100*time.Millisecond {
				t.Errorf("%s took %v", name, took)
			}
			// A context ends the wait at once, and the operation with it.
			short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			start = time.Now()
			err := operation(short)
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, backends.ErrTimeout) {
				t.Errorf("%s past its deadline: %v", name, err)
			}
			if took := time.Since(start); took != 10*time.Millisecond {
				t.Errorf("%s took %v to notice its deadline", name, took)
			}
			cancel()
		}
	})
}

func TestOpen(t *testing.T) {
	cache, err := backends.Open(t.Context(), "mem:?max-bytes=1MiB&latency=5ms")
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, cache)
	d, ok := cache.Store().(*inmem.Driver)
	if !ok {
		t.Fatalf("opened a %T", cache.Store())
	}
	if got := d.StoreStats().Capacity; got != 1<<20 {
		t.Errorf("capacity %d", got)
	}
	if cache.Immediate() {
		t.Error("a slow cache claims to be immediate")
	}
}

func Example() {
	cache := backends.New(inmem.New(inmem.Options{MaxBytes: 16 << 20}), backends.Config{})
	defer cache.Close()
	ctx := context.Background()
	ns, err := cache.Namespace("greetings")
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		entry, err := ns.GetOrSet(ctx, "en")
		if err != nil {
			fmt.Println(err)
			return
		}
		if entry.Occupied() {
			fmt.Printf("found %s\n", entry.Value)
			continue
		}
		fmt.Println("computing")
		if err := entry.Vacancy.Fill(ctx, []byte("hello"), backends.TTLOf(time.Minute)); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// computing
	// found hello
}
