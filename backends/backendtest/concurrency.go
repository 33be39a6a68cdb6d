package backendtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
)

func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func newRandom(worker int) *rand.Rand { return rand.New(rand.NewPCG(uint64(worker), 1)) }

// seal makes a value that tells its key and whether it is whole.
func seal(key string, size int, random *rand.Rand) []byte {
	value := make([]byte, 4, 4+1+len(key)+size)
	value = append(value, byte(len(key)))
	value = append(value, key...)
	for range size {
		value = append(value, byte(random.Uint32()))
	}
	binary.BigEndian.PutUint32(value, crc32.ChecksumIEEE(value[4:]))
	return value
}

// sealed reports whether the value was made by seal for the key.
func sealed(key string, value []byte) bool {
	return len(value) >= 5 && binary.BigEndian.Uint32(value) == crc32.ChecksumIEEE(value[4:]) &&
		len(value) >= 5+int(value[4]) && string(value[5:5+int(value[4])]) == key
}

// testConcurrency has writers and readers meet on a few keys: what is read was written, whole, for
// that key of that namespace.
func testConcurrency(t *testing.T, h *harness) {
	const workers, keys = 16, 8
	until := time.Now().Add(500 * time.Millisecond)
	inParallel(workers, func(worker int) {
		random := newRandom(worker)
		for time.Now().Before(until) {
			namespace := fmt.Sprint("ns", random.IntN(2))
			key := fmt.Sprint("key", random.IntN(keys))
			var err error
			switch random.IntN(10) {
			case 0:
				err = h.Store.Delete(h.ctx, namespace, key)
			case 1, 2, 3:
				err = h.Store.Set(h.ctx, namespace, key, seal(namespace+key, random.IntN(5000), random), 0)
			case 4:
				err = h.Store.Set(h.ctx, namespace, key, seal(namespace+key, random.IntN(100), random), time.Millisecond)
			default:
				var value []byte
				var ok bool
				value, ok, err = h.Store.Get(h.ctx, namespace, key)
				if ok && !sealed(namespace+key, value) {
					t.Errorf("%s %s: a torn value or another key's, %d bytes", namespace, key, len(value))
					return
				}
			}
			if err != nil {
				t.Errorf("worker %d: %v", worker, err)
				return
			}
		}
	})
}

// operations are all methods of CacheStore and its capabilities, for what they have in common.
func operations(store backends.CacheStore) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"get":         func(ctx context.Context) error { _, _, err := store.Get(ctx, "ns", "k"); return err },
		"set":         func(ctx context.Context) error { return store.Set(ctx, "ns", "k", []byte("changed"), 0) },
		"delete":      func(ctx context.Context) error { return store.Delete(ctx, "ns", "k") },
		"clear":       func(ctx context.Context) error { return store.Clear(ctx, "ns") },
		"entry count": func(ctx context.Context) error { _, err := store.EntryCount(ctx, "ns"); return err },
	}
	if l2, able := store.(backends.L2CacheBackend); able {
		all["get with ttl"] = func(ctx context.Context) error { _, err := l2.GetWithTTL(ctx, "ns", "k"); return err }
	}
	if e, able := store.(backends.Exister); able {
		all["exists"] = func(ctx context.Context) error { _, err := e.Exists(ctx, "ns", "k"); return err }
	}
	if c, able := store.(backends.Creator); able {
		all["set if absent"] = func(ctx context.Context) error {
			_, err := c.SetIfAbsent(ctx, "ns", "k", []byte("changed"), 0)
			return err
		}
	}
	if p, able := store.(backends.Pinger); able {
		all["ping"] = p.Ping
	}
	if v, able := store.(backends.Versioned); able {
		w := v.Writer("ns")
		all["writer put"] = func(ctx context.Context) error { _, err := w.Put(ctx, "k", nil); return err }
		all["writer create"] = func(ctx context.Context) error { _, err := w.Create(ctx, "new", nil); return err }
		all["writer update"] = func(ctx context.Context) error {
			_, err := w.Update(ctx, "k", nil, backends.VersionToken{})
			return err
		}
		all["writer delete"] = func(ctx context.Context) error { _, err := w.Delete(ctx, "k"); return err }
		all["writer delete with version"] = func(ctx context.Context) error {
			_, err := w.DeleteWithVersion(ctx, "k", backends.VersionToken{})
			return err
		}
	}
	return all
}

func testContext(t *testing.T, h *harness) {
	h.set(t, "ns", "k", []byte("v"), 0)
	cancelled, cancel := context.WithCancel(h.ctx)
	cancel()
	late, cancel := context.WithDeadline(h.ctx, time.Now().Add(-time.Second))
	defer cancel()
	for name, operation := range operations(h.Store) {
		wantError(t, name+", cancelled", operation(cancelled), context.Canceled)
		err := operation(late)
		wantError(t, name+", too late", err, context.DeadlineExceeded)
		wantError(t, name+", too late", err, backends.ErrTimeout)
	}
	h.wantHit(t, "ns", "k", []byte("v")) // without effect
}

func testClosed(t *testing.T, h *harness) {
	closer, able := h.Store.(io.Closer)
	if !able {
		t.Skip("the driver is no io.Closer")
	}
	h.set(t, "ns", "k", []byte("v"), 0)
	// Closing meets calls under way.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if _, _, err := h.Store.Get(h.ctx, "ns", "k"); err != nil {
					if !errors.Is(err, backends.ErrClosed) {
						t.Errorf("get while closing: %v", err)
					}
					return
				}
			}
		})
	}
	for range 3 {
		if err := closer.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	wg.Wait()
	for name, operation := range operations(h.Store) {
		wantError(t, name, operation(h.ctx), backends.ErrClosed)
	}
}

func testPeer(t *testing.T, h *harness) {
	if h.Peer == nil {
		t.Skip("the store is not shared")
	}
	peer := &harness{Harness: h.Harness, ctx: h.ctx}
	peer.Store = h.Peer(t)
	closeAtEnd(t, peer.Store)

	h.set(t, "ns", "k", []byte("from one"), 0)
	peer.wantHit(t, "ns", "k", []byte("from one"))
	peer.set(t, "ns", "k", []byte("from the other"), 0)
	h.wantHit(t, "ns", "k", []byte("from the other"))
	if err := peer.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	h.wantMiss(t, "ns", "k")

	h.set(t, "ns", "k", []byte("v"), 0)
	peer.wantHit(t, "ns", "k", []byte("v"))
	if err := peer.Store.Clear(h.ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	peer.wantMiss(t, "ns", "k")
	cleared := time.Now()
	for {
		asked := time.Now()
		if _, ok := h.get(t, "ns", "k"); !ok {
			break
		}
		if asked.After(cleared.Add(h.ClearLag)) {
			t.Fatalf("a clear by a peer went unnoticed for %v, want %v", asked.Sub(cleared), h.ClearLag)
		}
	}
	// What is stored after the lag is there to stay. (Before, it may be lost with the rest.)
	time.Sleep(time.Until(cleared.Add(h.ClearLag)))
	h.set(t, "ns", "k", []byte("after"), 0)
	h.wantHit(t, "ns", "k", []byte("after"))
	peer.wantHit(t, "ns", "k", []byte("after"))
}
