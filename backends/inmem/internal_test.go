package inmem

import (
	"fmt"
	"runtime"
	"testing"
)

// Two keys that share an id displace each other, and neither is ever served as the other.
func TestSharedID(t *testing.T) {
	d := New(Options{})
	defer d.Close()
	ctx, ns := t.Context(), d.table("ns")
	plant := func() {
		s := ns.space.Load()
		e := &entry{id: ns.id(s, "k"), space: s, key: "other"}
		c := &content{value: []byte("other's")}
		c.version.Store(7)
		e.content.Store(c)
		d.entries.Set(e.id, e)
	}
	plant()
	if value, ok, err := d.Get(ctx, "ns", "k"); ok || err != nil {
		t.Errorf("get: %q, %v", value, err)
	}
	if item, err := d.GetWithTTL(ctx, "ns", "k"); item.Found || err != nil {
		t.Errorf("get with ttl: %+v, %v", item, err)
	}
	if ok, err := d.Exists(ctx, "ns", "k"); ok || err != nil {
		t.Errorf("exists: %v", err)
	}
	if existed, err := d.Writer("ns").Delete(ctx, "k"); existed || err != nil {
		t.Errorf("delete: %t, %v", existed, err)
	}
	plant()
	if _, err := d.Writer("ns").Update(ctx, "k", nil, token(7)); err == nil {
		t.Error("another key's version was accepted")
	}
	if stored, err := d.SetIfAbsent(ctx, "ns", "k", []byte("mine"), 0); !stored || err != nil {
		t.Errorf("set if absent: %t, %v", stored, err)
	}
	if value, ok, err := d.Get(ctx, "ns", "k"); !ok || string(value) != "mine" || err != nil {
		t.Errorf("get: %q, %t, %v", value, ok, err)
	}
}

// MaxBytes is about memory: what entries are said to weigh is close to what they take.
func TestWeightIsMemory(t *testing.T) {
	for _, c := range []struct{ entries, key, value int }{
		{10_000, 16, 16}, {10_000, 16, 100}, {5_000, 64, 1024}, {500, 16, 65536}, {5_000, 1000, 0},
	} {
		t.Run(fmt.Sprintf("%d+%d", c.key, c.value), func(t *testing.T) {
			d := New(Options{MaxBytes: 1 << 30})
			before := heap()
			for i := range c.entries {
				key := fmt.Sprintf("%0*d", c.key, i)
				if err := d.Set(t.Context(), "ns", key, make([]byte, c.value), 0); err != nil {
					t.Fatal(err)
				}
			}
			d.entries.CleanUp() // the write buffer holds on to entries
			taken, said := heap()-before, d.StoreStats().Bytes
			per := float64(taken)/float64(c.entries) - float64(c.key+c.value)
			t.Logf("%d entries take %d bytes, said %d; overhead %.0f each", c.entries, taken, said, per)
			if ratio := float64(said) / float64(taken); ratio < 0.75 || ratio > 1.35 {
				t.Errorf("entries weigh %.2f of what they take", ratio)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
