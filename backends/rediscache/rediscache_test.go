package rediscache_test

import (
	"fmt"
	"io"
	"strings"
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

func open(t *testing.T, o rediscache.Options) *rediscache.Driver {
	t.Helper()
	d, err := rediscache.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// closing opens a driver that is closed when the test ends.
func closing(t *testing.T, o rediscache.Options) *rediscache.Driver {
	t.Helper()
	d := open(t, o)
	closeAtEnd(t, d)
	return d
}

func closeAtEnd(t *testing.T, c io.Closer) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestConformance(t *testing.T) {
	server := redistest.Start(t)
	var prefixes atomic.Int32
	backendtest.Run(t, func(t *testing.T) backendtest.Harness {
		options := rediscache.Options{
			Addr: server.Addr,
			// A prefix of glob characters matches only itself; drivers of other prefixes share the
			// database.
			Prefix:       fmt.Sprintf("p*[a-z]?^\\%d", prefixes.Add(1)),
			EpochRefresh: 100 * time.Millisecond,
		}
		return backendtest.Harness{
			Store:    open(t, options),
			Peer:     func(t *testing.T) backends.CacheStore { return open(t, options) },
			ClearLag: options.EpochRefresh + 50*time.Millisecond,
		}
	})
}

func TestCacheConformance(t *testing.T) {
	server := redistest.Start(t)
	var prefixes atomic.Int32
	backendtest.RunCache(t, func(t *testing.T) backends.CacheStore {
		return open(t, rediscache.Options{Addr: server.Addr, Prefix: fmt.Sprint(prefixes.Add(1))})
	})
}

func TestURLs(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "se/cr:et@ #?")
	for _, rawURL := range []string{
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr,
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/",
		"redis://default:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/3?prefix=app&timeout=5s&pool-size=2&epoch-refresh=10ms",
		"REDIS://default:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/0?max-key-bytes=4KiB",
		"unix://:se%2Fcr%3Aet%40%20%23%3F@" + server.Socket,
		"unix://" + "default:se%2Fcr%3Aet%40%20%23%3F@" + server.Socket + "?db=3&prefix=app",
	} {
		cache, err := backends.Open(t.Context(), rawURL)
		if err != nil {
			t.Errorf("%s: %v", rawURL, err)
			continue
		}
		closeAtEnd(t, cache)
		if err := cache.Ping(t.Context()); err != nil {
			t.Errorf("%s: ping: %v", rawURL, err)
		}
		if cache.Immediate() {
			t.Errorf("%s: immediate", rawURL)
		}
		ns, err := cache.Namespace("ns")
		if err != nil {
			t.Fatal(err)
		}
		if err := ns.Set(t.Context(), "k", []byte("v"), backends.TTL{}); err != nil {
			t.Errorf("%s: set: %v", rawURL, err)
		}
	}

	// Database and prefix say where.
	for rawURL, want := range map[string]bool{
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/3?prefix=app": true,
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/0?prefix=app": false,
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/3":            false,
		"redis://:se%2Fcr%3Aet%40%20%23%3F@" + server.Addr + "/0":            true,
	} {
		cache, err := backends.Open(t.Context(), rawURL)
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, cache)
		ns, err := cache.Namespace("ns")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ns.Exists(t.Context(), "k"); err != nil || got != want {
			t.Errorf("%s: exists %t, %v; want %t", rawURL, got, err, want)
		}
	}
}

func TestURLErrors(t *testing.T) {
	for rawURL, want := range map[string]string{
		"redis://user:hunter2@host:port/":        "malformed",
		"redis://user:hunter2@host/db":           "number of a database",
		"redis://user:hunter2@host/-1":           "number of a database",
		"redis://user:hunter2@host/0?db=1":       `unknown option "db"; accepted are epoch-refresh, max-key-bytes, max-ttl, max-value-bytes, max-wait, pool-size, prefix, timeout, vacancy-timeout`,
		"redis://user:hunter2@host/?pool-size=0": `option pool-size: "0" is not a whole number of at least 1`,
		"redis://user:hunter2@host/?prefix={a}":  "prefix contains a brace",
		"rediss://user:hunter2@host/?timeout=1":  "option timeout",
		"redis:hunter2":                          "redis://user:password@host:port/database",
		"unix:hunter2":                           "absolute path of a socket",
		"unix://user:hunter2@host/path":          "absolute path of a socket",
		"unix:///run/redis.sock?db=x":            "option db",
		"unix://":                                "absolute path of a socket",
	} {
		cache, err := backends.Open(t.Context(), rawURL)
		if err == nil {
			closeAtEnd(t, cache)
			t.Errorf("%s: opened", rawURL)
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s; want %s", rawURL, text, want)
		}
	}
}

func TestOptionsKeepSecrets(t *testing.T) {
	o := rediscache.Options{Addr: "host.example:6379", Username: "user-name", Password: "hunter2"}
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%v %+v %#v %s", o, o, o, o)} {
		for _, secret := range []string{"hunter2", "user-name", "host.example"} {
			if strings.Contains(text, secret) {
				t.Errorf("printed options contain %q: %s", secret, text)
			}
		}
	}
	for _, bad := range []rediscache.Options{{Network: "udp"}, {Network: "unix"}, {Prefix: "a{b"}, {DB: -1}} {
		if d, err := rediscache.New(bad); err == nil {
			closeAtEnd(t, d)
			t.Errorf("accepted: %#v", bad)
		}
	}
}
