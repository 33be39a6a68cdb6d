package backends_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

// overStores runs a test inside a synctest bubble over an immediate store and over one that waits,
// which take different paths through the rendezvous.
func overStores(t *testing.T, cfg backends.Config, test func(t *testing.T, ns *backends.Namespace)) {
	for _, store := range []struct {
		name    string
		options inmem.Options
	}{
		{"immediate", inmem.Options{}},
		{"waiting", inmem.Options{Latency: 10 * time.Millisecond}},
	} {
		t.Run(store.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := backends.New(inmem.New(store.options), cfg)
				defer cache.Close()
				ns, err := cache.Namespace("tenant")
				if err != nil {
					t.Fatal(err)
				}
				test(t, ns)
			})
		})
	}
}

func TestOneComputesTheRestHit(t *testing.T) {
	overStores(t, backends.Config{}, func(t *testing.T, ns *backends.Namespace) {
		const callers = 64
		values := make(chan string, callers)
		for range callers {
			go func() {
				entry, err := ns.GetOrSet(context.Background(), "k")
				if err != nil {
					t.Error(err)
				}
				if v := entry.Vacancy; v != nil {
					time.Sleep(time.Second)
					if err := v.Fill(context.Background(), []byte("computed"), backends.TTL{}); err != nil {
						t.Error(err)
					}
					values <- "computed"
					return
				}
				values <- string(entry.Value)
			}()
		}
		for range callers {
			if got := <-values; got != "computed" {
				t.Errorf("got %q", got)
			}
		}
		stats := ns.Cache().Stats()
		if stats.Computations != 1 || stats.Filled != 1 || stats.Waits != callers-1 {
			t.Errorf("stats: %+v", stats)
		}
	})
}
