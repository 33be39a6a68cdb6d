//go:build unix

package preview1

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// TestPipesDoNotBlock opens a named pipe without another end, which would wait
// for one.
func TestPipesDoNotBlock(t *testing.T) {
	d, dir := granted(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan sys.Errno)
	go func() {
		for _, flag := range []sys.Oflag{sys.O_RDONLY, sys.O_WRONLY, sys.O_RDWR} {
			done <- open(d, "pipe", flag)
		}
	}()
	for range 3 {
		select {
		case errno := <-done:
			if errno == 0 {
				t.Error("a pipe was opened")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the open waits")
		}
	}
}
