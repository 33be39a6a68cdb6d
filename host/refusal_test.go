package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host"
)

// TestAsyncCacheIsRefused is behaviour 65: components of the async-shaped
// wasi:keyvalue/cache@0.1.0 are refused, by a message that tells it from the one
// of the same name that the host offers.
func TestAsyncCacheIsRefused(t *testing.T) {
	read := func(file string) []byte {
		wasm, err := os.ReadFile(filepath.Join(conformance, file))
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	s := newSite(t, "mem:")
	for name, wasm := range map[string][]byte{
		"all functions":       read("async.component.wasm"),
		"exists alone":        read("async-exists.component.wasm"),
		"async function type": asyncTyped(),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := s.host.Compile(t.Context(), wasm)
			var format *host.FormatError
			if !errors.As(err, &format) {
				t.Fatalf("got %v, %v, want a FormatError", c, err)
			}
			for _, want := range []string{"wasi:keyvalue/cache@0.1.0", "async", "0.3", "pollables"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message does not say %q: %v", want, err)
				}
			}
		})
	}
	// The mirror image: with pollables it is served.
	if _, err := s.component(t.Context(), "abi"+asComponent); err != nil {
		t.Error(err)
	}
}

// asyncTyped is a component as encoders of 0.3 make it: the method is plain by
// name, and async by its type.
func asyncTyped() []byte {
	name := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	section := func(id byte, body []byte) []byte { return join([]byte{id, byte(len(body))}, body) }
	instance := join(
		[]byte{0x42, 4},                                                      // an instance type of four declarations
		[]byte{0x04, 0x00}, name("future-exists-result"), []byte{0x03, 0x01}, // export, sub resource: type 0
		[]byte{0x01, 0x68, 0x00},            // type 1: (borrow 0)
		[]byte{0x01, 0x43, 1}, name("self"), // type 2: (async func (param "self" 1) (result bool))
		[]byte{1, 0x00, 0x7f},
		[]byte{0x04, 0x00}, name("[method]future-exists-result.get"), []byte{0x01, 2},
	)
	return join(
		[]byte("\x00asm\x0d\x00\x01\x00"),
		section(7, join([]byte{1}, instance)),
		section(10, join([]byte{1, 0x00}, name("wasi:keyvalue/cache@0.1.0"), []byte{0x05, 0})),
	)
}
