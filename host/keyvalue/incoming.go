package keyvalue

import (
	"context"
	stdio "io"

	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"

	"github.com/wasikv/wasikv/host/wasi/io"
)

// incomingValue is the resource incoming-value: a value as it was when it was
// looked up. It shares the bytes with the cache, whose values never change.
type incomingValue struct {
	guest    *guest
	data     []byte // nil once consumed
	size     int
	consumed bool
}

var _ types.IncomingValue = (*incomingValue)(nil)

// incoming makes the resource for bytes of the cache.
func (s *guest) incoming(data []byte) (*incomingValue, error) {
	if err := s.charge(len(data)); err != nil {
		return nil, err
	}
	v := s.incomings.take()
	if v == nil {
		v = new(incomingValue)
	}
	v.guest, v.data, v.size, v.consumed = s, data, len(data), false
	return v, nil
}

// IncomingValueConsumeSync is
// [method]incoming-value.incoming-value-consume-sync: the whole body.
func (v *incomingValue) IncomingValueConsumeSync(context.Context) ([]byte, error) {
	if v.consumed {
		return nil, refuse("incoming-value-consume-sync", errConsumed)
	}
	data := v.consume()
	v.guest.discharge(len(data))
	return data, nil
}

// IncomingValueConsumeAsync is
// [method]incoming-value.incoming-value-consume-async: the body as a stream,
// which may outlive the value.
func (v *incomingValue) IncomingValueConsumeAsync(context.Context) (types.IncomingValueAsyncBody, error) {
	if v.consumed {
		return nil, refuse("incoming-value-consume-async", errConsumed)
	}
	data := v.consume()
	b := &incomingBody{guest: v.guest, rest: data, size: len(data)}
	b.stream.Init(b)
	return &b.stream, nil
}

// consume gives the bytes away, which the caller discharges.
func (v *incomingValue) consume() []byte {
	data := v.data
	v.data, v.consumed = nil, true
	return data
}

// IncomingValueSize is [method]incoming-value.incoming-value-size: the length
// of the body, also after it was consumed.
func (v *incomingValue) IncomingValueSize(context.Context) (uint64, error) {
	return uint64(v.size), nil
}

// Drop is called when the guest drops the value.
func (v *incomingValue) Drop(context.Context) {
	v.guest.discharge(len(v.data))
	v.data = nil
	v.guest.incomings.put(v)
}

// incomingBody is the input behind the stream of consume-async: views of the
// bytes, so that it allocates nothing however much is asked for.
type incomingBody struct {
	stream io.InputStream
	guest  *guest
	rest   []byte
	size   int
}

var _ io.Input = (*incomingBody)(nil)

// Ready implements io.Source.
func (b *incomingBody) Ready() bool { return true }

// Watch implements io.Source.
func (b *incomingBody) Watch(*io.Waker) {}

// Unwatch implements io.Source.
func (b *incomingBody) Unwatch(*io.Waker) {}

// Read implements io.Input.
func (b *incomingBody) Read(n int) ([]byte, error) {
	if len(b.rest) == 0 {
		return nil, stdio.EOF
	}
	n = min(n, len(b.rest))
	p := b.rest[:n:n]
	b.rest = b.rest[n:]
	return p, nil
}

// Close implements io.Closer: the stream was dropped.
func (b *incomingBody) Close() {
	b.guest.discharge(b.size)
	b.rest, b.size = nil, 0
}
