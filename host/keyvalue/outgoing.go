package keyvalue

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// outgoingValue is the resource outgoing-value: a value to set, or to fill a
// vacancy with.
type outgoingValue struct {
	guest  *guest
	body   []byte        // written at once; never changed
	stream *outgoingBody // written by a stream
	inert  bool          // takes no body
	failed error         // why the last write came to nothing

	// Of a value that fills a vacancy; claim is nil once that is over.
	claim *backends.Vacancy
	ttl   backends.TTL
}

var _ types.OutgoingValue = (*outgoingValue)(nil)

// OutgoingValueNewOutgoingValue is
// [static]outgoing-value.new-outgoing-value of wasi:keyvalue/types.
func (s *guest) OutgoingValueNewOutgoingValue(context.Context) (types.OutgoingValue, error) {
	return s.outgoing(), nil
}

func (s *guest) outgoing() *outgoingValue {
	v := s.outgoings.take()
	if v == nil {
		v = &outgoingValue{guest: s}
	}
	return v
}

// OutgoingValueWriteBodySync is
// [method]outgoing-value.outgoing-value-write-body-sync. Of a value that fills a
// vacancy it stores the body, and returns when that is done.
func (v *outgoingValue) OutgoingValueWriteBodySync(ctx context.Context, value []byte) error {
	const op = "outgoing-value-write-body-sync"
	if err := v.writable(); err != nil {
		return refuse(op, err)
	}
	if v.failed = v.write(ctx, value); v.failed == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err // the call is over, and with it the guest
	}
	return refuse(op, v.failed)
}

func (v *outgoingValue) write(ctx context.Context, value []byte) error {
	if err := v.guest.checkValue(len(value)); err != nil {
		return err
	}
	if err := v.guest.charge(len(value)); err != nil {
		return err
	}
	body := append(make([]byte, 0, len(value)), value...)
	if v.claim != nil {
		if err := v.commit(ctx, v.claim.FillShared, body); err != nil {
			v.guest.discharge(len(body))
			return err
		}
	}
	v.body = body
	return nil
}

// OutgoingValueWriteBodyAsync is
// [method]outgoing-value.outgoing-value-write-body-async. Of a value that fills
// a vacancy the body is stored when the guest drops the stream.
func (v *outgoingValue) OutgoingValueWriteBodyAsync(context.Context) (types.OutgoingValueBodyAsync, error) {
	const op = "outgoing-value-write-body-async"
	if err := v.writable(); err != nil {
		return nil, refuse(op, err)
	}
	// How much will be written is not known yet.
	if err := v.guest.charge(v.guest.config.MaxValueBytes); err != nil {
		return nil, refuse(op, err)
	}
	v.failed = nil
	v.stream = &outgoingBody{value: v, charged: v.guest.config.MaxValueBytes}
	v.stream.Init(v.guest.config.MaxValueBytes)
	return v.stream, nil
}

// writable says why the value takes no body.
func (v *outgoingValue) writable() error {
	switch {
	case v.inert:
		return errFilled
	case v.body != nil || v.stream != nil:
		return errWritten
	}
	return nil
}

// snapshot gives what was written so far, which later writes do not change.
// Unless it is shared it may have room behind it.
func (v *outgoingValue) snapshot() (body []byte, shared bool, err error) {
	switch {
	case v.failed != nil:
		return nil, false, v.failed
	case v.stream == nil:
		return v.body, true, nil
	}
	return v.stream.Bytes(), false, v.stream.failure()
}

// commit fills the vacancy, by one of its methods. One that was lost meanwhile
// was filled in vain, which is no error; after any other error the vacancy is
// still held.
func (v *outgoingValue) commit(ctx context.Context, fill func(context.Context, []byte, backends.TTL) error, body []byte) error {
	if err := fill(ctx, body, v.ttl); err != nil && !errors.Is(err, backends.ErrVacancyLost) {
		return err
	}
	v.release()
	return nil
}

// release ends the claim: a vacancy that was not filled goes to the next in
// line.
func (v *outgoingValue) release() {
	if v.claim != nil {
		v.guest.claims.release(v.claim)
		v.claim = nil
	}
}

// Drop is called when the guest drops the value. A vacancy that it did not
// fill, and that no open stream will, goes to the next in line.
func (v *outgoingValue) Drop(context.Context) {
	if v.stream != nil && v.stream.open() {
		v.stream.orphan = true
		return
	}
	v.end()
}

// end is the end of the value: neither the guest nor a stream that may fill the
// vacancy refers to it any more.
func (v *outgoingValue) end() {
	v.release()
	v.guest.discharge(len(v.body))
	if v.stream != nil {
		v.stream.charge(0)
		v.stream.value = nil
	}
	s := v.guest
	*v = outgoingValue{guest: s} // a pooled value keeps no body alive
	s.outgoings.put(v)
}

// outgoingBody is the stream of write-body-async.
type outgoingBody struct {
	io.Buffer
	value   *outgoingValue // nil once that ended
	charged int
	dropped bool
	orphan  bool // the guest dropped the value before
}

// open says that more may be written.
func (b *outgoingBody) open() bool { return !b.dropped && b.Err() == nil }

// failure says why what was written does not count.
func (b *outgoingBody) failure() error {
	err := b.Err()
	var over *io.LimitError
	if errors.As(err, &over) {
		return &sizeError{what: "value", size: -1, limit: over.Limit}
	}
	return err
}

// charge changes what the guest is charged for the stream.
func (b *outgoingBody) charge(to int) {
	b.value.guest.discharge(b.charged - to)
	b.charged = to
}

// Drop is called when the guest drops the stream, which is the end of the body.
// If it fills a vacancy it is stored, and Drop returns when that is done. Where
// it cannot be, the vacancy goes to the next in line: nobody is there to hear
// of the reason.
func (b *outgoingBody) Drop(ctx context.Context) {
	b.Buffer.Drop(ctx)
	b.dropped = true
	v := b.value
	if v == nil {
		return
	}
	b.charge(len(b.Bytes()))
	if v.claim != nil {
		if b.Err() != nil || v.commit(ctx, v.claim.Fill, b.Bytes()) != nil {
			v.release()
		}
	}
	if b.orphan {
		v.end()
	}
}
