package rediscache_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/internal/redistest"
	"github.com/wasikv/wasikv/backends/rediscache"
)

// names returns the keys on the server.
func names(server *redistest.Server) []string {
	var names []string
	lines := strings.Split(server.Do("KEYS", "*"), "\r\n")
	for i := 2; i < len(lines); i += 2 { // *n, then $length and name in turns
		names = append(names, lines[i])
	}
	return names
}

// bulk returns the content of a bulk reply.
func bulk(reply string) string {
	_, content, _ := strings.Cut(reply, "\r\n")
	return strings.TrimSuffix(content, "\r\n")
}

func TestNames(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr, Prefix: "app"})
	shape := regexp.MustCompile(`^app:v1:[A-Za-z0-9_-]{22}:\{[A-Za-z0-9_-]{8}\}(.*)$`)
	seen := map[string]string{}
	for _, namespace := range []string{"t", "t*", "{x}", ""} {
		for _, key := range []string{"k", "{k}", "k:{y}"} {
			if err := d.Set(t.Context(), namespace, key, nil, 0); err != nil {
				t.Fatal(err)
			}
			for _, name := range names(server) {
				if seen[name] == "" {
					seen[name] = key
				}
			}
		}
	}
	if len(seen) != 12 {
		t.Fatalf("12 entries have %d names", len(seen))
	}
	tags := map[string]bool{}
	for name, key := range seen {
		m := shape.FindStringSubmatch(name)
		if m == nil || m[1] != key {
			t.Errorf("the entry %q is named %q", key, name)
			continue
		}
		// What Redis Cluster hashes is what stands in the first braces: never what a guest chose.
		_, rest, _ := strings.Cut(name, "{")
		tag, _, _ := strings.Cut(rest, "}")
		tags[tag] = true
	}
	if len(tags) != 12 {
		t.Errorf("12 entries have %d slots", len(tags))
	}
}

func TestEnvelope(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	before := time.Now().UnixMilli()
	if err := d.Set(t.Context(), "ns", "k", []byte("value"), 90*time.Second); err != nil {
		t.Fatal(err)
	}
	name := names(server)[0]
	first := bulk(server.Do("GET", name))
	if len(first) != 58+len("value") || first[:2] != "\x01\x00" || first[58:] != "value" {
		t.Fatalf("stored %q", first)
	}
	written, expiry := binary.BigEndian.Uint64([]byte(first[18:])), binary.BigEndian.Uint64([]byte(first[26:]))
	if now := time.Now().UnixMilli(); int64(written) < before || int64(written) > now || expiry-written != 90_000 {
		t.Errorf("written %d, expires %d; now %d", written, expiry, now)
	}
	if err := d.Set(t.Context(), "ns", "k", []byte("value"), 0); err != nil {
		t.Fatal(err)
	}
	second := bulk(server.Do("GET", name))
	if first[2:18] == second[2:18] {
		t.Error("two writes have one version")
	}
	if second[26:34] != strings.Repeat("\x00", 8) {
		t.Error("an entry that does not expire has a time of expiry")
	}
	item, err := d.GetWithTTL(t.Context(), "ns", "k")
	if err != nil || string(item.Version[:]) != second[2:18] {
		t.Errorf("version %v, %v; stored %x", item.Version, err, second[2:18])
	}
}

// The server is told whole milliseconds, rounded up, and never zero.
func TestPXIsRoundedUp(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	server.Do("CONFIG", "SET", "slowlog-log-slower-than", "0")
	server.Do("CONFIG", "SET", "slowlog-max-len", "100")
	for ttl, want := range map[time.Duration]string{
		1:                        "px 1",
		time.Millisecond:         "px 1",
		time.Millisecond + 1:     "px 2",
		1500 * time.Millisecond:  "px 1500",
		999*time.Millisecond + 1: "ex 1",
		4294967295 * 1e6:         "px 4294967295",
		0:                        "",
	} {
		server.Do("SLOWLOG", "RESET")
		if err := d.Set(t.Context(), "ns", "k", []byte("v"), ttl); err != nil {
			t.Fatal(err)
		}
		log := strings.ToLower(server.Do("SLOWLOG", "GET"))
		var said string
		if m := regexp.MustCompile(`(px|ex)\r\n\$\d+\r\n(\d+)`).FindStringSubmatch(log); m != nil {
			said = m[1] + " " + m[2]
		}
		if said != want {
			t.Errorf("ttl %v: the server was told %q, want %q", ttl, said, want)
		}
	}
}

func TestForeignValues(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	ctx := t.Context()
	set := func(namespace, key, value string) (name string) {
		t.Helper()
		server.Do("FLUSHALL")
		if err := d.Set(ctx, namespace, key, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
		return names(server)[0]
	}
	mine := set("tenant", "k", "mine")
	envelope := bulk(server.Do("GET", mine))
	other := bulk(server.Do("GET", set("other", "k", "secret of another tenant")))
	otherKey := bulk(server.Do("GET", set("tenant", "other", "value of another key")))

	for what, stored := range map[string]string{
		"text":                  "just text",
		"less than an envelope": envelope[:57],
		"another format":        "\x02" + envelope[1:],
		"another tenant's":      other,
		"another key's":         otherKey,
		"a long text":           strings.Repeat("x", 1000),
	} {
		server.Do("SET", mine, stored)
		value, ok, err := d.Get(ctx, "tenant", "k")
		if !errors.Is(err, backends.ErrForeignValue) || ok || value != nil {
			t.Errorf("%s: get: %q, %t, %v", what, value, ok, err)
		}
		if item, err := d.GetWithTTL(ctx, "tenant", "k"); !errors.Is(err, backends.ErrForeignValue) || item.Found {
			t.Errorf("%s: get with ttl: %+v, %v", what, item, err)
		}
		if ok, err := d.Exists(ctx, "tenant", "k"); !errors.Is(err, backends.ErrForeignValue) || ok {
			t.Errorf("%s: exists: %t, %v", what, ok, err)
		}
		if err := d.Set(ctx, "tenant", "k", []byte("mine again"), 0); err != nil {
			t.Errorf("%s: set over it: %v", what, err)
		}
		if value, _, err := d.Get(ctx, "tenant", "k"); string(value) != "mine again" {
			t.Errorf("%s: get after a set: %q, %v", what, value, err)
		}
	}
	server.Do("DEL", mine)
	server.Do("LPUSH", mine, "a list")
	if _, _, err := d.Get(ctx, "tenant", "k"); !errors.Is(err, backends.ErrForeignValue) {
		t.Errorf("a list: %v", err)
	}
	if err := d.Delete(ctx, "tenant", "k"); err != nil {
		t.Errorf("delete of a list: %v", err)
	}
}

func TestClearSweepsUp(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	ctx := t.Context()
	const entries = 3000
	for i := range entries {
		if err := d.Set(ctx, "ns", fmt.Sprint(i), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Set(ctx, "other", "k", nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := d.Clear(ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	if err := d.Set(ctx, "ns", "new", nil, 0); err != nil {
		t.Fatal(err)
	}
	// What remains: the epoch, the new entry, the other namespace's.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		size := strings.TrimSpace(strings.TrimPrefix(server.Do("DBSIZE"), ":"))
		if n, err := strconv.Atoi(size); err == nil && n == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s keys remain after a clear", size)
		}
	}
	for namespace, key := range map[string]string{"ns": "new", "other": "k"} {
		if ok, err := d.Exists(ctx, namespace, key); !ok || err != nil {
			t.Errorf("%s: %t, %v", namespace, ok, err)
		}
	}
}

// A flush loses the epochs. Entries cleared before it stay gone, and a clear after it works.
func TestEpochIsLost(t *testing.T) {
	server := redistest.Start(t)
	options := rediscache.Options{Addr: server.Addr, EpochRefresh: time.Millisecond}
	d := closing(t, options)
	ctx := t.Context()
	for round := range 3 {
		if err := d.Clear(ctx, "ns"); err != nil {
			t.Fatal(err)
		}
		if err := d.Set(ctx, "ns", "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		for _, name := range names(server) {
			if strings.Contains(name, ":e1:") {
				server.Do("DEL", name)
			}
		}
		time.Sleep(2 * time.Millisecond)
		// Another host, which never knew the epoch, takes the entry for what it is.
		peer := closing(t, options)
		for _, host := range []*rediscache.Driver{d, peer} {
			if value, ok, err := host.Get(ctx, "ns", "k"); !ok || string(value) != "v" || err != nil {
				t.Errorf("round %d: %q, %t, %v", round, value, ok, err)
			}
		}
		if err := peer.Clear(ctx, "ns"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
		for _, host := range []*rediscache.Driver{d, peer} {
			if value, ok, err := host.Get(ctx, "ns", "k"); ok || err != nil {
				t.Errorf("round %d, after a clear: %q, %v", round, value, err)
			}
		}
	}
}

func TestScriptFlush(t *testing.T) {
	server := redistest.Start(t)
	d := closing(t, rediscache.Options{Addr: server.Addr})
	ctx := t.Context()
	for range 3 {
		if _, err := d.GetWithTTL(ctx, "ns", "k"); err != nil {
			t.Errorf("get with ttl: %v", err)
		}
		if _, err := d.SetIfAbsent(ctx, "ns", "k", nil, 0); err != nil {
			t.Errorf("set if absent: %v", err)
		}
		if err := d.Clear(ctx, "ns"); err != nil {
			t.Errorf("clear: %v", err)
		}
		server.Do("SCRIPT", "FLUSH")
	}
}
