package keyvalue

import (
	"context"
	"errors"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

// Register offers wasi:keyvalue/types, wasi-keyvalue-error and cache in l, over
// a cache that stays the caller's. The guests need wasi:io, too.
func Register(l *component.Linker, cache *backends.Cache) error {
	if cache == nil {
		return errors.New("keyvalue: Register needs a cache")
	}
	return errors.Join(
		wasikeyvalueerror.Register(l),
		types.RegisterEach(l, func(g *component.Guest) (types.Host, error) { return open(g, cache), nil }),
		cachebind.RegisterEach(l, func(g *component.Guest) (cachebind.Host, error) { return open(g, cache), nil }),
	)
}

type namespaceKey struct{}

// Configure says which namespace of the cache a guest sees: guests share
// entries exactly when their namespaces are equal. It is called before the
// guest's first call; without it the namespace is the empty one.
func Configure(g *component.Guest, namespace string) { g.SetValue(namespaceKey{}, namespace) }

// guestKey is where a component.Guest keeps what it has at a cache.
type guestKey struct{ cache *backends.Cache }

// open gives the guest's state at a cache, which its interfaces share.
func open(g *component.Guest, cache *backends.Cache) *guest {
	key := guestKey{cache}
	if s, ok := g.Value(key).(*guest); ok {
		return s
	}
	namespace, _ := g.Value(namespaceKey{}).(string)
	s := newGuest(g, cache, namespace)
	g.SetValue(key, s)
	g.OnClose(func(ctx context.Context) {
		s.unhook()
		s.close(ctx)
	})
	return s
}
