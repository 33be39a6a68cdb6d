package backends_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/backends"
)

func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func TestOpen(t *testing.T) {
	for _, rawURL := range []string{"mem:", "mem://", "MEM:", "mem:?max-bytes=1MiB", "mem:?latency=1ms", "mem:?"} {
		cache, err := backends.Open(t.Context(), rawURL)
		if err != nil {
			t.Errorf("%s: %v", rawURL, err)
			continue
		}
		if slow := strings.Contains(rawURL, "latency"); cache.Immediate() == slow {
			t.Errorf("%s: immediate is %t", rawURL, !slow)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenReadsTheRules(t *testing.T) {
	cache, err := backends.Open(t.Context(), "mem:?max-key-bytes=4KiB&max-value-bytes=2MiB&max-ttl=1h&vacancy-timeout=5s&max-wait=1m")
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	want := backends.Config{
		MaxKeyBytes: 4 << 10, MaxValueBytes: 2 << 20, MaxTTL: time.Hour, VacancyTimeout: 5 * time.Second, MaxWait: time.Minute,
	}
	if diff := cmp.Diff(want, cache.Config()); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestOpenErrors(t *testing.T) {
	for rawURL, want := range map[string]string{
		"":                              "begins with a scheme and a colon; this program knows ",
		"mem":                           "begins with a scheme and a colon; this program knows ",
		"nosuch://user:hunter2@host":    `unknown scheme "nosuch"; this program knows `,
		"mem:?max-byte=1":               `unknown option "max-byte"; accepted are latency, max-bytes, max-key-bytes, max-ttl, max-value-bytes, max-wait, vacancy-timeout`,
		"mem:?max-bytes=lots":           `option max-bytes: "lots" is not a positive size such as 4096, 512KiB or 64MiB`,
		"mem:?max-bytes=0":              "option max-bytes",
		"mem:?max-bytes=-1":             "option max-bytes",
		"mem:?max-bytes=1&max-bytes=2":  "option max-bytes is given 2 times",
		"mem:?max-bytes=99999999999GiB": "option max-bytes",
		"mem:?latency=soon":             `option latency: "soon" is not a positive duration such as 250ms or 30s`,
		"mem:?latency=-1s":              "option latency",
		"mem:?vacancy-timeout=0":        "option vacancy-timeout",
		"mem:?max-key-bytes=":           "option max-key-bytes",
		"mem:?a=1&b=2":                  `unknown option "a", "b"`,
		"mem:?latency=x&max-bytes=y":    "option max-bytes: \"y\" is not a positive size such as 4096, 512KiB or 64MiB; option latency",
		"mem:?%zz":                      "options are malformed",
		"mem://host:port:hunter2/":      "malformed",
		"mem://user:hunter2@host/":      "a mem URL has options only",
		"mem:/some/path":                "a mem URL has options only",
		"mem:opaque":                    "a mem URL has options only",
	} {
		cache, err := backends.Open(t.Context(), rawURL)
		if err == nil {
			t.Errorf("%s: opened", rawURL)
			_ = cache.Close()
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "hunter2") || strings.Contains(text, "\n") {
			t.Errorf("%s: %s; want %s", rawURL, text, want)
		}
	}
}

func TestRegister(t *testing.T) {
	closed := false
	// A scheme is taken for the life of the process, over several runs of this test.
	careless := fmt.Sprintf("test-careless-%d", len(backends.Schemes()))
	refusing := strings.Replace(careless, "careless", "refusing", 1)
	backends.Register(careless, func(context.Context, *url.URL, *backends.Params) (backends.CacheStore, error) {
		return closingStore{closed: &closed}, nil
	})
	refusal := errors.New("refused")
	backends.Register(refusing, func(context.Context, *url.URL, *backends.Params) (backends.CacheStore, error) {
		return nil, refusal
	})
	if s := backends.Schemes(); !slices.IsSorted(s) || !slices.Contains(s, "mem") || !slices.Contains(s, careless) {
		t.Errorf("schemes: %q", s)
	}
	// An opener that does not look at its options gets a store closed that nobody can use.
	if _, err := backends.Open(t.Context(), careless+":?typo=1"); err == nil || !closed {
		t.Errorf("an unknown option was accepted (%v), or its store left open", err)
	}
	if _, err := backends.Open(t.Context(), refusing+":"); !errors.Is(err, refusal) {
		t.Errorf("the opener's error is hidden: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a scheme was registered twice")
		}
	}()
	backends.Register("mem", nil)
}

type closingStore struct {
	backends.CacheStore
	closed *bool
}

func (s closingStore) Close() error {
	*s.closed = true
	return nil
}

func TestByteSizes(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, "4096": 4096, "7B": 7, "4KiB": 4096, "1kB": 1000, "1KB": 1000, "3MiB": 3 << 20, "2MB": 2e6, "1GiB": 1 << 30, "1GB": 1e9,
	} {
		cache, err := backends.Open(t.Context(), "mem:?max-value-bytes="+text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := cache.Config().MaxValueBytes; got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
		_ = cache.Close()
	}
}
