package keyvalue

import (
	"context"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/host/component"
)

// futureExists is the resource future-exists-result.
type futureExists struct {
	future
	found bool
}

var _ cachebind.FutureExistsResult = (*futureExists)(nil)

type existsResult = component.Result[bool, cachebind.Error]

// readyExists makes the future of an exists that is over.
func (s *guest) readyExists(found bool, err error) *futureExists {
	f := s.existses.take()
	if f == nil {
		f = new(futureExists)
	}
	f.makeReady(s, f)
	f.found, f.err = found, err
	return f
}

// startExists makes the future of an exists that a goroutine does.
func (s *guest) startExists(k string) *futureExists {
	f := new(futureExists)
	f.init(s, f)
	ctx, cancel := context.WithCancel(s.reads)
	f.cancel = cancel
	f.run(ctx, func(ctx context.Context) (err error) {
		f.found, err = s.ns.Exists(ctx, k)
		return err
	})
	return f
}

// FutureExistsResultGet is
// [method]future-exists-result.future-exists-result-get.
func (f *futureExists) FutureExistsResultGet(context.Context) (component.Option[existsResult], error) {
	ready, first := f.take()
	switch {
	case !ready:
		return component.Option[existsResult]{}, nil
	case !first:
		return someErr[bool]("future-exists-result-get", errTaken), nil
	case f.err != nil:
		return someErr[bool]("exists", f.err), nil
	}
	return component.Some(existsResult{Ok: f.found}), nil
}

// ListenToFutureExistsResult is
// [method]future-exists-result.listen-to-future-exists-result.
func (f *futureExists) ListenToFutureExistsResult(context.Context) (cachebind.Pollable, error) {
	return f.listen(), nil
}

// Drop is called when the guest drops the future. It cancels an exists that is
// pending.
func (f *futureExists) Drop(context.Context) { f.drop() }

func (f *futureExists) recycle() { f.guest.existses.put(f) }
