package preview1

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sysfs"
	wazerosys "github.com/tetratelabs/wazero/sys"

	randombind "github.com/wasikv/wasikv/bindings/wasi/random/v0_2/random"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/wasi"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/random"
)

// ModuleConfig gives a core module what c grants: the configuration to
// instantiate it with, without a name or start functions. The guest was
// configured with c before (wasi.Configure); its end closes what is opened here.
//
// The error is a sentence about a directory that cannot be given.
func ModuleConfig(g *abi.Guest, c wasi.Config) (wazero.ModuleConfig, error) {
	clock := c.Clock
	if clock == nil {
		clock = clocks.System()
	}
	b, err := newBlocking(g, clock)
	if err != nil {
		return nil, err
	}
	mounts, err := newMounts(g, c)
	if err != nil {
		return nil, err
	}
	m := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithArgs(c.Args...).
		WithStdin(b).WithStdout(b.stdout).WithStderr(b.stderr).
		WithFSConfig(mounts).
		WithWalltime(walltime(clock), 1).
		WithNanotime(func() int64 { return int64(clock.Monotonic()) }, 1).
		WithNanosleep(b.sleep).
		WithOsyield(runtime.Gosched).
		WithRandSource(&entropy{random.NewRandom(g)})
	for _, e := range c.Env {
		name, value, _ := strings.Cut(e, "=")
		m = m.WithEnv(name, value)
	}
	return m, nil
}

func walltime(clock clocks.Clock) wazerosys.Walltime {
	return func() (sec int64, nsec int32) {
		t := clock.Wall()
		return t.Unix(), int32(t.Nanosecond())
	}
}

// defaultOpenFiles is the default of wasi.Config.OpenFiles.
const defaultOpenFiles = 256

// newMounts opens the directories of a guest.
func newMounts(g *abi.Guest, c wasi.Config) (wazero.FSConfig, error) {
	limit := c.OpenFiles
	if limit == 0 {
		limit = defaultOpenFiles
	}
	open := newHandles(limit)
	g.OnClose(func(context.Context) { open.close() })
	mounts := wazero.NewFSConfig()
	for _, d := range c.Dirs {
		root, err := os.OpenRoot(d.Host)
		if err != nil {
			return nil, fmt.Errorf("directory %s cannot be given to the guest: %w", d.Host, err)
		}
		g.OnClose(func(context.Context) { root.Close() })
		path := d.Guest
		if path == "" {
			path = filepath.ToSlash(d.Host)
		}
		fs := &directory{root: root, readOnly: d.ReadOnly, links: d.AllowLinks, open: open}
		mounts = mounts.(sysfs.FSConfig).WithSysFSMount(fs, path)
	}
	return mounts, nil
}

// entropy is the randomness of wasi:random, as a reader.
type entropy struct{ source randombind.Host }

// entropyChunk is what random answers without allocating.
const entropyChunk = 4096

// Read implements io.Reader.
func (e *entropy) Read(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		b, err := e.source.GetRandomBytes(context.Background(), uint64(min(len(rest), entropyChunk)))
		if err != nil {
			return len(p) - len(rest), err
		}
		rest = rest[copy(rest, b):]
	}
	return len(p), nil
}
