package host_test

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	_ "github.com/wasikv/wasikv/backends/rediscache"
)

// startRedis runs a redis-server until the test ends, with further arguments of
// its command line, and gives the path of its socket. Where there is none the
// test is skipped, and with CI=true fails.
func startRedis(t *testing.T, args ...string) (socket string) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		const remedy = "redis-server is not installed; on Debian: apt-get install redis-server"
		if os.Getenv("CI") == "true" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	// Not t.TempDir: its path may be too long for a socket.
	dir, err := os.MkdirTemp("", "wasikv-redis-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	var output bytes.Buffer
	cmd := exec.Command(program, append([]string{
		"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no",
	}, args...)...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	cache, err := backends.Open(t.Context(), socketURL(socket))
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		err := cache.Ping(ctx)
		if err == nil {
			return socket
		}
		if ctx.Err() != nil {
			t.Fatalf("redis-server does not answer: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// socketURL is the URL of the cache behind a socket of startRedis; options may
// follow.
func socketURL(socket string) string {
	return (&url.URL{Scheme: "unix", Path: socket}).String() + "?"
}
