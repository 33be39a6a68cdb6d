// Package backendtest is the suite every driver passes. A driver's test calls [Run], and [RunCache]
// for a cache over it:
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, func(t *testing.T) backendtest.Harness {
//			return backendtest.Harness{Store: inmem.New(inmem.Options{}), ExactCount: true}
//		})
//	}
//
// The suite asserts what the interfaces of package backends promise, and the capabilities a driver
// has are tested because it has them. Time is real: a claim about time is made only where the
// moments before and after a call prove it, so a slow machine makes the suite slower, not wrong.
package backendtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
)

// Harness is a driver to test.
type Harness struct {
	// Store is a driver over an empty store. The suite closes it if it is an [io.Closer].
	Store backends.CacheStore

	// Peer returns another driver over the same store, as another host would have. It is nil if
	// the store is not shared.
	Peer func(t *testing.T) backends.CacheStore
	// ClearLag is how long a Clear may go unnoticed by a Peer.
	ClearLag time.Duration

	// ExactCount tells that EntryCount is exact at once; otherwise it is given time to become so.
	ExactCount bool

	// Slack is how imprecise the store's clock is. Default: 2 ms, for one that counts in whole
	// milliseconds.
	Slack time.Duration
}

// Run runs the suite. Every test has a harness of its own.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, h *harness)
	}{
		{"values", testValues},
		{"value_aliasing", testValueAliasing},
		{"keys", testKeys},
		{"key_aliasing", testKeyAliasing},
		{"namespaces", testNamespaces},
		{"delete", testDelete},
		{"exists", testExists},
		{"ttl", testTTL},
		{"ttl_replaced", testTTLReplaced},
		{"ttl_extremes", testTTLExtremes},
		{"get_with_ttl", testGetWithTTL},
		{"clear", testClear},
		{"clear_during_writes", testClearDuringWrites},
		{"entry_count", testEntryCount},
		{"set_if_absent", testSetIfAbsent},
		{"table", testTable},
		{"writer", testWriter},
		{"writer_race", testWriterRace},
		{"concurrency", testConcurrency},
		{"context", testContext},
		{"closed", testClosed},
		{"peer", testPeer},
		{"model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t, newHarness)) })
	}
}

// harness is a Harness with what the tests do all the time.
type harness struct {
	Harness
	ctx context.Context
}

func open(t *testing.T, newHarness func(t *testing.T) Harness) *harness {
	t.Helper()
	h := &harness{Harness: newHarness(t), ctx: t.Context()}
	if h.Slack == 0 {
		h.Slack = 2 * time.Millisecond
	}
	closeAtEnd(t, h.Store)
	return h
}

func closeAtEnd(t *testing.T, store backends.CacheStore) {
	if c, ok := store.(io.Closer); ok {
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

func (h *harness) set(t *testing.T, namespace, key string, value []byte, ttl time.Duration) {
	t.Helper()
	if err := h.Store.Set(h.ctx, namespace, key, value, ttl); err != nil {
		t.Fatalf("set %q %q (%d bytes, ttl %v): %v", namespace, key, len(value), ttl, err)
	}
}

func (h *harness) get(t *testing.T, namespace, key string) (value []byte, ok bool) {
	t.Helper()
	value, ok, err := h.Store.Get(h.ctx, namespace, key)
	if err != nil {
		t.Fatalf("get %q %q: %v", namespace, key, err)
	}
	return value, ok
}

func (h *harness) wantHit(t *testing.T, namespace, key string, want []byte) {
	t.Helper()
	got, ok := h.get(t, namespace, key)
	if !ok {
		t.Fatalf("get %q %q: a miss, want %d bytes", namespace, key, len(want))
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("get %q %q: other bytes than were set (%d, want %d)", namespace, key, len(got), len(want))
	}
}

func (h *harness) wantMiss(t *testing.T, namespace, key string) {
	t.Helper()
	if got, ok := h.get(t, namespace, key); ok {
		t.Fatalf("get %q %q: %d bytes, want a miss", namespace, key, len(got))
	}
}

// wantError checks an error against the contract all of them have.
func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	var op *backends.OpError
	switch {
	case err == nil:
		t.Errorf("%s: no error, want %v", what, want)
	case !errors.Is(err, want):
		t.Errorf("%s: %v, want %v", what, err, want)
	case !errors.As(err, &op):
		t.Errorf("%s: %v is no *backends.OpError", what, err)
	case op.Driver == "" || op.Op == "":
		t.Errorf("%s: %v does not name driver and operation", what, err)
	}
}

// eventually waits for done to hold.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}
