package backendtest

import (
	"math"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
)

// shortTTL is long against the precision of clocks and short against patience.
const shortTTL = 60 * time.Millisecond

// wantExpiry stores an entry that expires and watches it with present until it has. It fails if the
// entry is absent at a time it provably lives, or present at a time it provably does not.
func (h *harness) wantExpiry(t *testing.T, what string, present func() bool) {
	t.Helper()
	const ttl = shortTTL
	before := time.Now()
	h.set(t, "ns", "k", []byte("v"), ttl)
	after := time.Now()
	for {
		asked := time.Now()
		found := present()
		answered := time.Now()
		if lives := answered.Before(before.Add(ttl - h.Slack)); lives && !found {
			t.Fatalf("%s: absent %v before its time", what, before.Add(ttl).Sub(answered))
		}
		if ended := asked.After(after.Add(ttl + h.Slack)); ended {
			if found {
				t.Fatalf("%s: present %v after its time", what, asked.Sub(after.Add(ttl)))
			}
			return
		}
	}
}

func testTTL(t *testing.T, h *harness) {
	for range 3 {
		h.wantExpiry(t, "get", func() bool { _, ok := h.get(t, "ns", "k"); return ok })
	}
	if l2, able := h.Store.(backends.L2CacheBackend); able {
		h.wantExpiry(t, "get with ttl", func() bool {
			item, err := l2.GetWithTTL(h.ctx, "ns", "k")
			if err != nil {
				t.Fatal(err)
			}
			return item.Found
		})
	}
	// A snapshot outlives its entry.
	h.set(t, "ns", "k", []byte("value"), shortTTL)
	value, ok := h.get(t, "ns", "k")
	eventually(t, "the entry expires", func() bool { _, ok := h.get(t, "ns", "k"); return !ok })
	if ok && string(value) != "value" {
		t.Errorf("a value changed when its entry expired: %q", value)
	}
}

func testTTLReplaced(t *testing.T, h *harness) {
	const long = time.Hour
	get := func() bool { _, ok := h.get(t, "ns", "k"); return ok }
	// A shorter one counts from the overwrite.
	h.set(t, "ns", "k", []byte("v"), long)
	h.wantExpiry(t, "shorter over longer", get)
	h.set(t, "ns", "k", []byte("v"), 0)
	h.wantExpiry(t, "some over none", get)
	// A longer one, or none, takes the shorter one's place.
	for _, ttl := range []time.Duration{long, 0} {
		h.set(t, "ns", "k", []byte("short"), shortTTL)
		h.set(t, "ns", "k", []byte("long"), ttl)
		time.Sleep(shortTTL + shortTTL/2)
		h.wantHit(t, "ns", "k", []byte("long"))
	}
	// A deleted entry leaves no expiry behind.
	h.set(t, "ns", "k", []byte("short"), shortTTL)
	if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	h.set(t, "ns", "k", []byte("new"), 0)
	time.Sleep(shortTTL + shortTTL/2)
	h.wantHit(t, "ns", "k", []byte("new"))
}

func testTTLExtremes(t *testing.T, h *harness) {
	for _, ttl := range []time.Duration{
		math.MaxUint32 * time.Millisecond, // the longest a guest can ask for
		100 * 365 * 24 * time.Hour,
		math.MaxInt64,
	} {
		h.set(t, "ns", "k", []byte("v"), ttl)
		h.wantHit(t, "ns", "k", []byte("v"))
	}
	// The shortest is a millisecond, which is not none.
	for _, ttl := range []time.Duration{1, time.Microsecond, time.Millisecond} {
		h.set(t, "ns", "k", []byte("v"), ttl)
		eventually(t, "an entry of the shortest ttl expires", func() bool { _, ok := h.get(t, "ns", "k"); return !ok })
	}
	// A negative one is an error and leaves the entry alone.
	h.set(t, "ns", "k", []byte("v"), 0)
	for _, ttl := range []time.Duration{-1, -time.Millisecond, math.MinInt64} {
		wantError(t, "negative ttl", h.Store.Set(h.ctx, "ns", "k", []byte("w"), ttl), backends.ErrInvalidTTL)
	}
	h.wantHit(t, "ns", "k", []byte("v"))
}

func testGetWithTTL(t *testing.T, h *harness) {
	l2, able := h.Store.(backends.L2CacheBackend)
	if !able {
		t.Skip("the driver is no L2CacheBackend")
	}
	get := func() backends.Item {
		t.Helper()
		item, err := l2.GetWithTTL(h.ctx, "ns", "k")
		if err != nil {
			t.Fatal(err)
		}
		return item
	}
	if item := get(); item.Found || item.Value != nil || item.TTL != 0 {
		t.Errorf("an absent entry: %+v", item)
	}
	h.set(t, "ns", "k", []byte("v"), 0)
	if item := get(); !item.Found || string(item.Value) != "v" || item.TTL != 0 {
		t.Errorf("an entry that does not expire: %+v", item)
	}
	h.set(t, "ns", "k", nil, time.Hour)
	if item := get(); !item.Found || len(item.Value) != 0 || item.TTL <= 0 {
		t.Errorf("an empty entry that expires: %+v", item)
	}
	for _, ttl := range []time.Duration{300 * time.Millisecond, 1900 * time.Millisecond, time.Hour, math.MaxUint32 * time.Millisecond} {
		before := time.Now()
		h.set(t, "ns", "k", []byte("v"), ttl)
		after := time.Now()
		for range 20 {
			asked := time.Now()
			item := get()
			answered := time.Now()
			if !item.Found {
				if answered.Before(before.Add(ttl - h.Slack)) {
					t.Fatalf("ttl %v: absent before its time", ttl)
				}
				break
			}
			// It expires between before+ttl and after+ttl. What remains was true at some moment
			// between asking and answering; a driver that cannot know at which takes the whole
			// of that time off.
			least, most := before.Add(ttl).Sub(answered)-answered.Sub(asked)-h.Slack, after.Add(ttl).Sub(asked)+h.Slack
			if item.TTL <= 0 || item.TTL < least || item.TTL > most {
				t.Fatalf("ttl %v: %v remain, want between %v and %v", ttl, item.TTL, least, most)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	// Versions tell writes apart.
	if _, able := h.Store.(backends.Versioned); able {
		h.set(t, "ns", "k", []byte("v"), 0)
		first, again := get().Version, get().Version
		h.set(t, "ns", "k", []byte("v"), 0)
		second := get().Version
		if first.IsZero() || first != again || first == second {
			t.Errorf("versions: %v, then %v; after another write %v", first, again, second)
		}
	}
}
