package backends_test

import (
	"context"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/backends"
)

// FuzzOpen opens arbitrary URLs: a cache that works, or an error in one line that names what is
// known.
func FuzzOpen(f *testing.F) {
	for _, rawURL := range []string{
		"mem:", "mem:?max-bytes=64MiB", "mem:?latency=1ms&max-wait=1h", "mem:?max-bytes=1&max-bytes=2", "mem:?%zz=%",
		"nosuch:", "", ":", "mem://user:password@host/path?x=y#z", "mem:?max-key-bytes=9999999999999999999GB",
	} {
		f.Add(rawURL)
	}
	f.Fuzz(func(t *testing.T, rawURL string) {
		cache, err := backends.Open(context.Background(), rawURL)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %v", err)
			}
			return
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
}
