package keyvalue

import (
	"context"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/host/component"
)

// futureGet is the resource future-get-result.
type futureGet struct {
	future
	value *incomingValue // nil: absent
	data  []byte         // what a goroutine found
	found bool
}

var _ cachebind.FutureGetResult = (*futureGet)(nil)

type getResult = component.Result[component.Option[cachebind.IncomingValue], cachebind.Error]

// readyGet makes the future of a get that is over.
func (s *guest) readyGet(data []byte, found bool, err error) *futureGet {
	f := s.gets.take()
	if f == nil {
		f = new(futureGet)
	}
	f.makeReady(s, f)
	if err == nil && found {
		f.value, err = s.incoming(data)
	}
	f.err = err
	return f
}

// startGet makes the future of a get that a goroutine does.
func (s *guest) startGet(k string) *futureGet {
	f := new(futureGet)
	f.init(s, f)
	ctx, cancel := context.WithCancel(s.reads)
	f.cancel = cancel
	f.run(ctx, func(ctx context.Context) (err error) {
		f.data, f.found, err = s.ns.Get(ctx, k)
		return err
	})
	return f
}

// FutureGetResultGet is [method]future-get-result.future-get-result-get.
func (f *futureGet) FutureGetResultGet(context.Context) (o component.Option[getResult], _ error) {
	ready, first := f.take()
	if !ready {
		return o, nil
	}
	o.Some = true
	if !f.pooled && first && f.err == nil && f.found {
		f.value, f.err = f.guest.incoming(f.data)
	}
	switch {
	case !first:
		o.Value.IsErr, o.Value.Err = true, fail("future-get-result-get", errTaken)
	case f.err != nil:
		o.Value.IsErr, o.Value.Err = true, fail("get", f.err)
	case f.value != nil:
		o.Value.Ok.Some, o.Value.Ok.Value = true, f.value
		f.value = nil
	}
	f.data = nil
	return o, nil
}

// ListenToFutureGetResult is
// [method]future-get-result.listen-to-future-get-result.
func (f *futureGet) ListenToFutureGetResult(context.Context) (cachebind.Pollable, error) {
	return f.listen(), nil
}

// Drop is called when the guest drops the future. It cancels a get that is
// pending.
func (f *futureGet) Drop(ctx context.Context) {
	if f.value != nil {
		f.value.Drop(ctx)
		f.value = nil
	}
	f.drop()
}

func (f *futureGet) recycle() { f.guest.gets.put(f) }
