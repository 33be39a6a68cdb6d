// Package host runs WebAssembly guests — components of the 0.2 component model,
// and core modules — with WASI, a cache behind wasi:keyvalue/cache, and the
// embedder's own interfaces.
//
//	h, err := host.New(ctx, host.Config{Cache: cache})
//	c, err := h.Compile(ctx, wasm)
//	in, err := c.Instantiate(ctx, host.InstanceConfig{Stdout: os.Stdout})
//	err = in.Run(ctx)
//
// A guest gets nothing that its InstanceConfig does not grant: no directory, no
// environment, no output. It cannot end the process, and it can hold no more
// than its Limits.
//
// Host and Component are safe for concurrent use; an Instance belongs to one
// goroutine at a time.
package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/preview1"
	"github.com/wasikv/wasikv/host/keyvalue"
	"github.com/wasikv/wasikv/host/wasi"
)

// Config says what a Host offers. The zero Config is useful: WASI without a
// cache.
type Config struct {
	// Cache is what guests reach through wasi:keyvalue/cache. The caller owns
	// it and closes it after the Host. Nil: guests that import the cache are
	// refused as missing an import.
	Cache *backends.Cache
	// Register offers the embedder's own interfaces: it calls the Register
	// functions of generated bindings. Nil: none.
	Register func(*component.Linker) error
	// Limits bound each guest; an InstanceConfig can set others.
	Limits component.Limits
	// Interruptible makes a call end when its context does, even while the
	// guest computes. It costs some 30 ns per loop iteration of the guest and
	// a microsecond per call; without it a context ends what waits in the
	// host, but not a guest that loops.
	Interruptible bool
	// CompilationCache is a directory that keeps compiled code, so that the
	// next process starts fast. Empty: none.
	CompilationCache string
	// Interpreter runs guests without compiling them: slow, but the same on
	// every platform.
	Interpreter bool
}

// Host compiles and runs guests.
type Host struct {
	config   Config
	linker   *component.Linker
	runtime  wazero.Runtime
	preview1 preview1.Functions
	cache    wazero.CompilationCache
}

// New makes a Host. Close ends it.
func New(ctx context.Context, config Config) (_ *Host, err error) {
	h := &Host{config: config, linker: component.NewLinker()}
	defer func() {
		if err != nil {
			_ = h.Close(ctx)
		}
	}()
	if err = wasi.Register(h.linker); err != nil {
		return nil, err
	}
	if config.Cache != nil {
		if err = keyvalue.Register(h.linker, config.Cache); err != nil {
			return nil, err
		}
	}
	if config.Register != nil {
		if err = config.Register(h.linker); err != nil {
			return nil, fmt.Errorf("host: Config.Register: %w", err)
		}
	}
	rc := wazero.NewRuntimeConfig()
	if config.Interpreter {
		rc = wazero.NewRuntimeConfigInterpreter()
	}
	rc = rc.WithCoreFeatures(link.Features).WithCloseOnContextDone(config.Interruptible)
	if config.CompilationCache != "" {
		if h.cache, err = wazero.NewCompilationCacheWithDir(config.CompilationCache); err != nil {
			return nil, fmt.Errorf("host: the compilation cache %q cannot be used: %w", config.CompilationCache, err)
		}
		rc = rc.WithCompilationCache(h.cache)
	}
	h.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	if h.preview1, err = preview1.Instantiate(ctx, h.runtime); err != nil {
		return nil, err
	}
	return h, nil
}

// Linker gives the interfaces that the host offers.
func (h *Host) Linker() *component.Linker { return h.linker }

// Close ends the host and all instances that still run.
func (h *Host) Close(ctx context.Context) error {
	var errs []error
	if h.runtime != nil {
		errs = append(errs, h.runtime.Close(ctx))
	}
	if h.cache != nil {
		errs = append(errs, h.cache.Close(ctx))
	}
	return errors.Join(errs...)
}
