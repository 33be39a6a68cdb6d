package rediscache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/internal/redistest"
	"github.com/wasikv/wasikv/backends/rediscache"
)

const password = "hunter2-secret"

// everything is every operation of the driver.
func everything(d *rediscache.Driver) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"get":           func(ctx context.Context) error { _, _, err := d.Get(ctx, "ns", "k"); return err },
		"exists":        func(ctx context.Context) error { _, err := d.Exists(ctx, "ns", "k"); return err },
		"get with ttl":  func(ctx context.Context) error { _, err := d.GetWithTTL(ctx, "ns", "k"); return err },
		"set":           func(ctx context.Context) error { return d.Set(ctx, "ns", "k", []byte("v"), time.Minute) },
		"set if absent": func(ctx context.Context) error { _, err := d.SetIfAbsent(ctx, "ns", "k", nil, 0); return err },
		"delete":        func(ctx context.Context) error { return d.Delete(ctx, "ns", "k") },
		"clear":         func(ctx context.Context) error { return d.Clear(ctx, "ns") },
		"entry count":   func(ctx context.Context) error { _, err := d.EntryCount(ctx, "ns"); return err },
		"ping":          d.Ping,
	}
}

var address = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+|localhost|:\d{3,5}\b|/tmp|\.example|` + password)

// wantQuiet checks that an error tells nothing it should not, on the surface or underneath.
func wantQuiet(t *testing.T, what string, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); address.MatchString(err.Error()) || strings.Contains(text, password) {
			t.Errorf("%s: the error names an address or a secret: %s", what, text)
		}
	}
}

// wantFast fails if f takes longer than it may.
func wantFast(t *testing.T, what string, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
}

// silently runs f and fails if anything was printed to standard error, where the client library
// would print addresses.
func silently(t *testing.T, f func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	printed := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r)
		printed <- b.String()
	}()
	stderr := os.Stderr
	os.Stderr = w
	defer func() {
		os.Stderr = stderr
		_ = w.Close()
		if text := <-printed; text != "" {
			t.Errorf("printed to standard error: %s", text)
		}
	}()
	f()
}

func TestServerAbsent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	absent := l.Addr().String()
	_ = l.Close()
	for name, c := range map[string]struct {
		options rediscache.Options
		says    string
	}{
		"refused":     {rediscache.Options{Addr: absent}, "connection refused"},
		"no socket":   {rediscache.Options{Network: "unix", Addr: filepath.Join(t.TempDir(), "none.sock")}, "no such socket"},
		"no database": {rediscache.Options{Addr: absent, DB: 3, Username: "u", Password: password}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			d := closing(t, c.options)
			for what, operation := range everything(d) {
				silently(t, func() {
					for range 30 { // more often than makes the client library give up trying
						wantFast(t, what, time.Second, func() { err = operation(t.Context()) })
						if err == nil {
							break
						}
					}
				})
				if !errors.Is(err, backends.ErrUnavailable) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v, want %q", what, err, c.says)
				}
				wantQuiet(t, what, err)
			}
		})
	}
}

func TestRecovery(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	ctx := t.Context()
	inParallel(20, func() { // so that there are connections to lose
		if err := d.Set(ctx, "ns", "k", []byte("before"), 0); err != nil {
			t.Error(err)
		}
	})
	for range 3 {
		server.Stop()
		for range 50 {
			var err error
			wantFast(t, "get without a server", time.Second, func() { _, _, err = d.Get(ctx, "ns", "k") })
			if !errors.Is(err, backends.ErrUnavailable) {
				t.Fatalf("get without a server: %v", err)
			}
			wantQuiet(t, "get without a server", err)
		}
		server.Restart()
		// At once, and every time: connections that died are not tried on callers.
		for range 50 {
			if _, _, err := d.Get(ctx, "ns", "k"); err != nil {
				t.Fatalf("get after a restart: %v", err)
			}
		}
		if err := d.Set(ctx, "ns", "k", []byte("after"), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func inParallel(n int, f func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(f)
	}
	wg.Wait()
}

func TestRefusals(t *testing.T) {
	t.Run("password", func(t *testing.T) {
		server := redistest.Start(t, "--requirepass", "another")
		for _, o := range []rediscache.Options{
			{Addr: server.Addr},
			{Addr: server.Addr, Password: password},
			{Addr: server.Addr, Username: "nobody", Password: password},
		} {
			d := closing(t, o)
			for what, operation := range everything(d) {
				var err error
				silently(t, func() { err = operation(t.Context()) })
				if !errors.Is(err, backends.ErrUnavailable) || !strings.Contains(err.Error(), "user name or password") {
					t.Errorf("%s: %v", what, err)
				}
				wantQuiet(t, what, err)
			}
		}
	})
	t.Run("memory", func(t *testing.T) {
		server := redistest.Start(t)
		d := closing(t, rediscache.Options{Addr: server.Addr})
		server.Do("CONFIG", "SET", "maxmemory", "1")
		err := d.Set(t.Context(), "ns", "k", nil, 0)
		if !errors.Is(err, backends.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("set without memory: %v", err)
		}
		if _, _, err := d.Get(t.Context(), "ns", "k"); err != nil {
			t.Errorf("get without memory: %v", err)
		}
	})
	t.Run("replica", func(t *testing.T) {
		server := redistest.Start(t)
		d := closing(t, rediscache.Options{Addr: server.Addr})
		server.Do("REPLICAOF", "127.0.0.1", "1")
		err := d.Set(t.Context(), "ns", "k", nil, 0)
		if !errors.Is(err, backends.ErrUnavailable) || !strings.Contains(err.Error(), "READONLY") {
			t.Errorf("set on a replica: %v", err)
		}
		wantQuiet(t, "set on a replica", err)
	})
	t.Run("database", func(t *testing.T) {
		server := redistest.Start(t)
		d := closing(t, rediscache.Options{Addr: server.Addr, DB: 99})
		var err error
		silently(t, func() { err = d.Set(t.Context(), "ns", "k", nil, 0) })
		if !errors.Is(err, backends.ErrUnavailable) {
			t.Errorf("a database there is not: %v", err)
		}
	})
	t.Run("not redis", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request at 10.0.0.1\r\n\r\n"))
				_ = conn.Close()
			}
		}()
		d := closing(t, rediscache.Options{Addr: l.Addr().String()})
		for what, operation := range everything(d) {
			silently(t, func() { err = operation(t.Context()) })
			if !errors.Is(err, backends.ErrUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
			wantQuiet(t, what, err)
		}
	})
	t.Run("not tls", func(t *testing.T) {
		server := redistest.Start(t)
		cache, err := backends.Open(t.Context(), "rediss://"+server.Addr)
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, cache)
		silently(t, func() { err = cache.Ping(t.Context()) })
		if !errors.Is(err, backends.ErrUnavailable) && !errors.Is(err, backends.ErrTimeout) {
			t.Errorf("tls to a server without: %v", err)
		}
		wantQuiet(t, "tls to a server without", err)
	})
}

// A silent server costs what the deadline says, the caller's or else the driver's, and no more.
func TestSilentServer(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	d := closing(t, rediscache.Options{Addr: proxy.Addr, Timeout: 300 * time.Millisecond})
	if err := d.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, connected := range []bool{true, false} {
		if !connected {
			proxy.Cut()
		}
		proxy.Mute(true)
		for what, operation := range everything(d) {
			var err error
			wantFast(t, what, 400*time.Millisecond, func() { err = operation(t.Context()) })
			if !errors.Is(err, backends.ErrTimeout) {
				t.Errorf("%s of a silent server: %v", what, err)
			}
			wantQuiet(t, what, err)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			wantFast(t, what+" with a deadline", 150*time.Millisecond, func() { err = operation(ctx) })
			cancel()
			if !errors.Is(err, backends.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s past its deadline: %v", what, err)
			}
		}
		proxy.Mute(false)
	}
	// Replies that come after all are nobody's.
	for i := range 100 {
		key := fmt.Sprint(i)
		if err := d.Set(t.Context(), "ns", key, []byte(key), 0); err != nil {
			t.Fatal(err)
		}
		if value, ok, err := d.Get(t.Context(), "ns", key); err != nil || !ok || string(value) != key {
			t.Fatalf("%s: %q, %t, %v", key, value, ok, err)
		}
	}
}

// A write whose reply is lost has failed, and is not sent again.
func TestWritesAreNotRepeated(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	d := closing(t, rediscache.Options{Addr: proxy.Addr, Timeout: 200 * time.Millisecond})
	if _, _, err := d.Get(t.Context(), "ns", "k"); err != nil {
		t.Fatal(err)
	}
	server.Do("CONFIG", "RESETSTAT")
	proxy.Mute(true)
	go func() {
		time.Sleep(50 * time.Millisecond)
		proxy.Cut()
	}()
	if err := d.Set(t.Context(), "ns", "k", []byte("v"), 0); err == nil {
		t.Error("a set without a reply succeeded")
	}
	stats := server.Do("INFO", "commandstats")
	if !strings.Contains(stats, "cmdstat_set:calls=1,") {
		t.Errorf("the set was sent other than once: %s", stats)
	}
}

// Broken connections cost a read nothing.
func TestReadsSurviveACut(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	d := closing(t, rediscache.Options{Addr: proxy.Addr})
	if err := d.Set(t.Context(), "ns", "k", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		proxy.Cut()
		if value, ok, err := d.Get(t.Context(), "ns", "k"); err != nil || !ok || string(value) != "v" {
			t.Fatalf("get after a cut: %q, %t, %v", value, ok, err)
		}
	}
}

// 100 gets over a slow network that are started together take as long as one, which takes one round
// trip, also where connections have to be made.
func TestSlowNetwork(t *testing.T) {
	const delay = 300 * time.Millisecond // long against what making 100 connections costs
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	d := closing(t, rediscache.Options{Addr: proxy.Addr})
	proxy.SetDelay(delay / 2)
	get := func() {
		if _, _, err := d.Get(t.Context(), "ns", "k"); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		name string
		gets int
	}{{"the first", 1}, {"100 over new connections", 100}, {"100 over warm connections", 100}} {
		start := time.Now()
		inParallel(c.gets, get)
		took := time.Since(start)
		t.Logf("%s: %v", c.name, took)
		if least, most := delay, 2*delay; took < least || took > most {
			t.Errorf("%s took %v, want one round trip of %v", c.name, took, delay)
		}
	}
}

func TestPoolSize(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr)
	d := closing(t, rediscache.Options{Addr: proxy.Addr, PoolSize: 4, Timeout: 5 * time.Second})
	proxy.SetDelay(time.Millisecond)
	inParallel(100, func() {
		if _, _, err := d.Get(t.Context(), "ns", "k"); err != nil {
			t.Error(err)
		}
	})
	if n := proxy.Accepted(); n > 4 {
		t.Errorf("%d connections, want at most 4", n)
	}
}

func TestCloseDuringASweep(t *testing.T) {
	server := redistest.Start(t)
	d := open(t, rediscache.Options{Addr: server.Addr})
	for i := range 5000 {
		if err := d.Set(t.Context(), "ns", fmt.Sprint(i), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Clear(t.Context(), "ns"); err != nil {
		t.Fatal(err)
	}
	wantFast(t, "close during a sweep", time.Second, func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}
