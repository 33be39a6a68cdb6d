package keyvalue

import (
	"context"
	"fmt"
	"strings"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

var _ cachebind.Host = (*guest)(nil)

// Get is wasi:keyvalue/cache.get.
func (s *guest) Get(ctx context.Context, k string) (cachebind.FutureGetResult, error) {
	if err := s.checkKey(k); err != nil {
		return s.readyGet(nil, false, err), nil
	}
	if s.immediate {
		return s.readyGet(s.ns.Get(ctx, k)), nil
	}
	if err := s.tasks.begin(); err != nil {
		return s.readyGet(nil, false, err), nil
	}
	return s.startGet(strings.Clone(k)), nil
}

// Exists is wasi:keyvalue/cache.exists.
func (s *guest) Exists(ctx context.Context, k string) (cachebind.FutureExistsResult, error) {
	if err := s.checkKey(k); err != nil {
		return s.readyExists(false, err), nil
	}
	if s.immediate {
		return s.readyExists(s.ns.Exists(ctx, k)), nil
	}
	if err := s.tasks.begin(); err != nil {
		return s.readyExists(false, err), nil
	}
	return s.startExists(strings.Clone(k)), nil
}

// Set is wasi:keyvalue/cache.set: it stores what v holds at the time of the
// call, however its body goes on.
func (s *guest) Set(ctx context.Context, k string, v cachebind.OutgoingValue, ttlMs component.Option[uint32]) (cachebind.FutureResult, error) {
	value, ok := v.(*outgoingValue)
	if !ok {
		return nil, fmt.Errorf("keyvalue: a %T is no outgoing-value of this package", v)
	}
	if err := s.checkKey(k); err != nil {
		return s.readyResult("set", err), nil
	}
	body, shared, err := value.snapshot()
	if err != nil {
		return s.readyResult("set", err), nil
	}
	if s.immediate {
		return s.readyResult("set", s.store(ctx, k, body, shared, ttl(ttlMs))), nil
	}
	if err := s.tasks.begin(); err != nil {
		return s.readyResult("set", err), nil
	}
	k = strings.Clone(k)
	return s.startResult("set", func(ctx context.Context) error {
		return s.store(ctx, k, body, shared, ttl(ttlMs))
	}), nil
}

// store is a set of a body that nobody changes; one that is not shared may have
// room behind it, which a cache must not keep.
func (s *guest) store(ctx context.Context, k string, body []byte, shared bool, ttl backends.TTL) error {
	if shared {
		return s.ns.SetShared(ctx, k, body, ttl)
	}
	return s.ns.Set(ctx, k, body, ttl)
}

// Delete is wasi:keyvalue/cache.delete.
func (s *guest) Delete(ctx context.Context, k string) (cachebind.FutureResult, error) {
	if err := s.checkKey(k); err != nil {
		return s.readyResult("delete", err), nil
	}
	if s.immediate {
		return s.readyResult("delete", s.ns.Delete(ctx, k)), nil
	}
	if err := s.tasks.begin(); err != nil {
		return s.readyResult("delete", err), nil
	}
	k = strings.Clone(k)
	return s.startResult("delete", func(ctx context.Context) error { return s.ns.Delete(ctx, k) }), nil
}

// GetOrSet is wasi:keyvalue/cache.get-or-set.
func (s *guest) GetOrSet(_ context.Context, k string) (cachebind.FutureGetOrSetResult, error) {
	if err := s.checkKey(k); err != nil {
		return s.readyGetOrSet(backends.Entry{}, err), nil
	}
	return s.startGetOrSet(k), nil
}

// ttl is a time to live as backends has it.
func ttl(ms component.Option[uint32]) backends.TTL {
	if !ms.Some {
		return backends.TTL{}
	}
	return backends.TTLMillis(ms.Value)
}
