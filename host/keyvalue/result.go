package keyvalue

import (
	"context"

	cachebind "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"

	"github.com/wasikv/wasikv/host/component"
)

// futureResult is the resource future-result: the outcome of set and delete.
type futureResult struct {
	future
	op string
}

var _ cachebind.FutureResult = (*futureResult)(nil)

type writeResult = component.Result[component.Unit, cachebind.Error]

// readyResult makes the future of a write that is over.
func (s *guest) readyResult(op string, err error) *futureResult {
	f := s.results.take()
	if f == nil {
		f = new(futureResult)
	}
	f.makeReady(s, f)
	f.op, f.err = op, err
	return f
}

// startResult makes the future of a write that a goroutine does. Nothing but
// the end of the guest cuts it short, and that only after its time.
func (s *guest) startResult(op string, write func(context.Context) error) *futureResult {
	f := &futureResult{op: op}
	f.init(s, f)
	f.run(s.writes, write)
	return f
}

// FutureResultGet is [method]future-result.future-result-get.
func (f *futureResult) FutureResultGet(context.Context) (component.Option[writeResult], error) {
	ready, first := f.take()
	switch {
	case !ready:
		return component.Option[writeResult]{}, nil
	case !first:
		return someErr[component.Unit]("future-result-get", errTaken), nil
	case f.err != nil:
		return someErr[component.Unit](f.op, f.err), nil
	}
	return component.Some(writeResult{}), nil
}

// ListenToFutureResult is [method]future-result.listen-to-future-result.
func (f *futureResult) ListenToFutureResult(context.Context) (cachebind.Pollable, error) {
	return f.listen(), nil
}

// Drop is called when the guest drops the future. The write goes on.
func (f *futureResult) Drop(context.Context) { f.drop() }

func (f *futureResult) recycle() { f.guest.results.put(f) }
