package backendtest

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
)

func testWriter(t *testing.T, h *harness) {
	versioned, able := h.Store.(backends.Versioned)
	if !able {
		t.Skip("the driver is not Versioned")
	}
	ctx, w := h.ctx, versioned.Writer("ns")
	ok := func(version backends.VersionToken, err error) backends.VersionToken {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if version.IsZero() {
			t.Fatal("a write has no version")
		}
		return version
	}
	conflict := func(_ any, err error) {
		t.Helper()
		wantError(t, "a write of another version", err, backends.ErrRevisionMismatch)
	}

	// Create only where there is none.
	v1 := ok(w.Create(ctx, "k", []byte("one")))
	_, err := w.Create(ctx, "k", []byte("two"))
	wantError(t, "create again", err, backends.ErrAlreadyExists)
	h.wantHit(t, "ns", "k", []byte("one"))

	// Update where the version is right, once.
	v2 := ok(w.Update(ctx, "k", []byte("two"), v1))
	if v1 == v2 {
		t.Error("two writes have one version")
	}
	conflict(w.Update(ctx, "k", []byte("three"), v1))
	conflict(w.Update(ctx, "k", []byte("three"), backends.VersionToken{}))
	conflict(w.Update(ctx, "absent", []byte("three"), v2))
	conflict(w.Update(ctx, "absent", []byte("three"), backends.VersionToken{}))
	h.wantHit(t, "ns", "k", []byte("two"))
	h.wantMiss(t, "ns", "absent")

	// Every other write is a new version, also one of the same value.
	v3 := ok(w.Put(ctx, "k", []byte("two")))
	conflict(w.Update(ctx, "k", nil, v2))
	h.set(t, "ns", "k", []byte("two"), 0)
	conflict(w.Update(ctx, "k", nil, v3))
	v4 := ok(w.Put(ctx, "k", nil))
	h.wantHit(t, "ns", "k", nil)

	// Delete by version; what the version was is over.
	conflict(w.DeleteWithVersion(ctx, "k", v3))
	if existed, err := w.DeleteWithVersion(ctx, "k", v4); err != nil || !existed {
		t.Fatalf("delete with version: %t, %v", existed, err)
	}
	h.wantMiss(t, "ns", "k")
	conflict(w.DeleteWithVersion(ctx, "k", v4))
	conflict(w.Update(ctx, "k", nil, v4))
	v5 := ok(w.Create(ctx, "k", []byte("five")))
	conflict(w.Update(ctx, "k", nil, v4))

	// Delete whatever the version. True may mean that the engine cannot know; false is certain.
	if existed, err := w.Delete(ctx, "k"); err != nil || !existed {
		t.Fatalf("delete: %t, %v", existed, err)
	}
	conflict(w.Update(ctx, "k", nil, v5))
	if _, err := w.Delete(ctx, "k"); err != nil {
		t.Fatal(err)
	}

	// An expired entry is none, and a write by version does not inherit its expiry.
	h.set(t, "ns", "k", []byte("v"), shortTTL)
	if _, ok := h.get(t, "ns", "k"); ok {
		eventually(t, "the entry expires", func() bool { _, ok := h.get(t, "ns", "k"); return !ok })
	}
	v6 := ok(w.Create(ctx, "k", []byte("six")))
	h.set(t, "ns", "k2", []byte("v"), shortTTL)
	ok(w.Put(ctx, "k2", []byte("stays")))
	time.Sleep(shortTTL + shortTTL/2)
	h.wantHit(t, "ns", "k", []byte("six"))
	h.wantHit(t, "ns", "k2", []byte("stays"))

	// Namespaces are apart; a clear ends every version.
	other := versioned.Writer("other")
	ok(other.Create(ctx, "k", []byte("other")))
	conflict(other.Update(ctx, "k", nil, v6))
	if err := h.Store.Clear(ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	conflict(w.Update(ctx, "k", nil, v6))
	ok(w.Create(ctx, "k", []byte("seven")))
	h.wantHit(t, "other", "k", []byte("other"))

	// L2 backends tell the version.
	if l2, able := h.Store.(backends.L2CacheBackend); able {
		v := ok(w.Put(ctx, "k", []byte("v")))
		if item, err := l2.GetWithTTL(ctx, "ns", "k"); err != nil || item.Version != v {
			t.Errorf("version %v, %v; want %v", item.Version, err, v)
		}
	}
}

// testWriterRace counts by compare-and-swap: no increment is lost.
func testWriterRace(t *testing.T, h *harness) {
	versioned, able := h.Store.(backends.Versioned)
	l2, readable := h.Store.(backends.L2CacheBackend)
	if !able || !readable {
		t.Skip("the driver is not Versioned with readable versions")
	}
	const workers, increments = 8, 50
	w := versioned.Writer("ns")
	if _, err := w.Create(h.ctx, "counter", make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	inParallel(workers, func(int) {
		for done := 0; done < increments; {
			item, err := l2.GetWithTTL(h.ctx, "ns", "counter")
			if err != nil || !item.Found {
				t.Errorf("get: %+v, %v", item, err)
				return
			}
			next := binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(item.Value)+1)
			switch _, err := w.Update(h.ctx, "counter", next, item.Version); {
			case err == nil:
				done++
			case !errors.Is(err, backends.ErrRevisionMismatch):
				t.Error(err)
				return
			}
		}
	})
	if value, _ := h.get(t, "ns", "counter"); len(value) != 8 || binary.BigEndian.Uint64(value) != workers*increments {
		t.Errorf("counted to %x, want %d", value, workers*increments)
	}
}
