package rediscache_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/backendtest"
	"github.com/wasikv/wasikv/backends/internal/redistest"
	"github.com/wasikv/wasikv/backends/rediscache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	server := redistest.Start(t)
	var prefixes atomic.Int32
	backendtest.Run(t, func(t *testing.T) backendtest.Harness {
		options := rediscache.Options{
			Addr:         server.Addr,
			Prefix:       fmt.Sprintf("pre*fix%d", prefixes.Add(1)),
			EpochRefresh: 100 * time.Millisecond,
		}
		open := func(t *testing.T) backends.CacheStore {
			d, err := rediscache.New(options)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		return backendtest.Harness{
			Store:    open(t),
			Peer:     open,
			ClearLag: options.EpochRefresh + 50*time.Millisecond,
		}
	})
}
