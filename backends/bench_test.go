package backends_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

// BenchmarkGetHit compares a hit through a Namespace with one of otter alone, configured alike.
func BenchmarkGetHit(b *testing.B) {
	const entries = 10_000
	keys := make([]string, entries)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-number-%08d", i)
	}
	value := make([]byte, 16)

	b.Run("otter", func(b *testing.B) {
		cache := otter.Must(&otter.Options[string, *[]byte]{
			MaximumWeight:    64 << 20,
			Weigher:          func(k string, v *[]byte) uint32 { return uint32(len(k) + len(*v) + 200) },
			ExpiryCalculator: otter.ExpiryWriting[string, *[]byte](time.Hour),
		})
		defer cache.StopAllGoroutines()
		for _, k := range keys {
			v := make([]byte, 16)
			cache.Set(k, &v)
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			v, ok := cache.GetIfPresent(keys[i])
			if !ok || len(*v) != 16 {
				b.Fatal("miss")
			}
			if i++; i == entries {
				i = 0
			}
		}
	})
	b.Run("namespace", func(b *testing.B) {
		cache := backends.New(inmem.New(inmem.Options{}), backends.Config{})
		defer cache.Close()
		ns, err := cache.Namespace("tenant")
		if err != nil {
			b.Fatal(err)
		}
		ctx := context.Background()
		for _, k := range keys {
			if err := ns.Set(ctx, k, value, backends.TTLOf(time.Hour)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			v, ok, err := ns.Get(ctx, keys[i])
			if err != nil || !ok || len(v) != 16 {
				b.Fatal("miss")
			}
			if i++; i == entries {
				i = 0
			}
		}
	})
}
