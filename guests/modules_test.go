package guests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wasikv/wasikv/backends"
	_ "github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/wasi"
)

// goCommand runs go in a directory beside this file. The modules there are not
// part of this one, and its "go test ./..." passes them over.
func goCommand(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "GOFLAGS=", "GOWORK=off")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("in guests/%s, go %v: %v\n%s", dir, args, err, out)
	}
}

func TestModulesBesideThisOne(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles other modules")
	}
	wasm := []string{"GOOS=wasip1", "GOARCH=wasm"}
	goCommand(t, "tools", nil, "test", "./coremodule")
	goCommand(t, "go", nil, "vet", "./...")
	goCommand(t, "go", wasm, "vet", "./...")
	goCommand(t, "go", nil, "test", "./...")
}

// The tests of the Go packages for guest authors are guests themselves.
func TestGoPackagesInsideAGuest(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles guests")
	}
	compiled := t.TempDir()
	for pkg, urls := range map[string][]string{"canon": {"mem:"}, "cache": {"mem:", "mem:?latency=5ms"}} {
		file := filepath.Join(t.TempDir(), pkg+".wasm")
		goCommand(t, "go", []string{"GOOS=wasip1", "GOARCH=wasm"}, "test", "-c", "-o", file, "./"+pkg)
		wasm, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range urls {
			t.Run(pkg+" "+url, func(t *testing.T) { runTests(t, wasm, url, compiled) })
		}
	}
}

func runTests(t *testing.T, wasm []byte, url, compiled string) {
	ctx := t.Context()
	cache, err := backends.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	h, err := host.New(ctx, host.Config{Cache: cache, CompilationCache: compiled})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx)
	c, err := h.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var out bytes.Buffer
	in, err := c.Instantiate(ctx, host.InstanceConfig{
		Config: wasi.Config{Args: []string{"test", "-test.v"}, Stdout: &out, Stderr: &out},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)
	if err := in.Run(ctx); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if !bytes.Contains(out.Bytes(), []byte("\nPASS\n")) {
		t.Errorf("the tests have not passed:\n%s", out.Bytes())
	}
}
