package keyvalue

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// Option changes what Instantiate does.
type Option func(*component.ModuleOptions)

// WithNamespace chooses the namespace of the cache that each module sees, by
// what tells modules apart: their name, or their identity. Without it all
// modules see the empty namespace, and so each other's entries.
func WithNamespace(of func(m api.Module) string) Option {
	return func(o *component.ModuleOptions) {
		o.Configure = func(g *component.Guest, m api.Module) error {
			Configure(g, of(m))
			return nil
		}
	}
}

// WithLimits bounds what each module can make the host hold. Fields that are
// zero take component.DefaultLimits.
func WithLimits(l component.Limits) Option {
	return func(o *component.ModuleOptions) { o.Limits = l }
}

// Instantiate gives the core modules of a runtime wasi:keyvalue/cache and types
// over a cache, with the wasi:io and wasi:clocks that go with them, under their
// canonical ABI names. It stands beside wasi_snapshot_preview1.Instantiate:
//
//	closer, err := keyvalue.Instantiate(ctx, r, cache)
//
// See component.InstantiateModules for what modules export and import, and for
// how long they are served. The cache stays the caller's, who closes it after
// the result.
func Instantiate(ctx context.Context, r wazero.Runtime, cache *backends.Cache, options ...Option) (api.Closer, error) {
	l := component.NewLinker()
	if err := errors.Join(io.Register(l), clocks.Register(l), Register(l, cache)); err != nil {
		return nil, err
	}
	var o component.ModuleOptions
	for _, set := range options {
		set(&o)
	}
	return component.InstantiateModules(ctx, r, l, o)
}
