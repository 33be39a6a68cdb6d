package keyvalue

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

// failure is the resource error of wasi:keyvalue/wasi-keyvalue-error: which
// function failed, why, and what to do.
type failure struct{ trace string }

var _ wasikeyvalueerror.Error = (*failure)(nil)

// Trace is [method]error.trace.
func (f *failure) Trace(context.Context) (string, error) { return f.trace, nil }

// String makes a failure readable where a component.Failure is printed.
func (f *failure) String() string { return f.trace }

// fail makes the resource for a Go error of the function op.
func fail(op string, err error) wasikeyvalueerror.Error {
	return &failure{trace: op + ": " + explain(err)}
}

// refuse returns err as the error case of the function op.
func refuse(op string, err error) error { return component.Fail(fail(op, err)) }

// The reasons of this package for refusing a call.
var (
	errTaken    = errors.New("the outcome was taken already: a future gives it once, keep it")
	errConsumed = errors.New("the value was consumed already: its body is given once, keep it or get the key again")
	errWritten  = errors.New("the value has a body already: make a new outgoing-value for another one")
	errFilled   = errors.New("the vacancy was filled already: a vacancy is filled once, use set to replace the value")
	errNoBucket = errors.New("this host has no buckets: use wasi:keyvalue/cache, whose namespace the host chooses")
	errEnding   = errors.New("the guest is ending: nothing more is started for it")
	errPanic    = errors.New("the store failed unexpectedly: go on without the cache, and tell the operator of the host")
)

// limitError says that a guest reached one of its limits; the field that is not
// zero says which.
type limitError struct{ futures, vacancies, bytes int }

// Error implements error.
func (e *limitError) Error() string {
	switch {
	case e.futures != 0:
		return fmt.Sprintf("%d operations are under way, the limit: take the outcomes of earlier futures, or drop them", e.futures)
	case e.vacancies != 0:
		return fmt.Sprintf("the guest holds %d vacancies, the limit: fill or drop one", e.vacancies)
	}
	return fmt.Sprintf("the guest holds %d bytes of values, the limit: consume or drop some", e.bytes)
}

// sizeError says that a key or value is larger than the cache takes.
type sizeError struct {
	what        string // "key" or "value"
	size, limit int    // size is -1 where only the limit is known to be exceeded
}

// Error implements error.
func (e *sizeError) Error() string {
	if e.size < 0 {
		return fmt.Sprintf("the %s has more bytes than the limit of %d: use a smaller one", e.what, e.limit)
	}
	return fmt.Sprintf("the %s has %d bytes, the limit is %d: use a smaller one", e.what, e.size, e.limit)
}

// advice is what a guest may know of the failures of a cache, by their kind.
var advice = []struct {
	kind error
	text string
}{
	{backends.ErrClosed, "the host has closed the cache: go on without it"},
	{backends.ErrTimeout, "the store did not answer in time: try again later, a write may have been done"},
	{backends.ErrUnavailable, "the store cannot be reached: try again later, or go on without the cache"},
	{backends.ErrForeignValue, "what is stored under the key is no entry of this cache: set or delete the key to replace it"},
	{backends.ErrTooLarge, "the value is larger than the store takes: use a smaller one"},
	{backends.ErrInvalidKey, "the store does not take this key: use a shorter one"},
	{backends.ErrInvalidNamespace, "the namespace that the host chose is too long: tell the operator of the host"},
	{backends.ErrUnsupported, "the store does not support this: tell the operator of the host"},
	{backends.ErrVacancyLost, "the vacancy passed on: ask again"},
	{context.Canceled, "the operation was cancelled: the guest is ending"},
}

// explain says in a guest's terms why something failed. The texts of errors
// that are not this package's own are not repeated.
func explain(err error) string {
	var limit *limitError
	var size *sizeError
	switch {
	case errors.As(err, &limit):
		return limit.Error()
	case errors.As(err, &size):
		return size.Error()
	}
	for _, own := range []error{errTaken, errConsumed, errWritten, errFilled, errNoBucket, errEnding, errPanic} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	for i := range advice {
		if errors.Is(err, advice[i].kind) {
			return advice[i].text
		}
	}
	return "the store failed: try again later, or go on without the cache"
}

// checkKey refuses keys that the cache does not take, before anything is kept
// of them.
func (s *guest) checkKey(key string) error {
	if s.refused != nil {
		return s.refused
	}
	if len(key) > s.config.MaxKeyBytes {
		return &sizeError{what: "key", size: len(key), limit: s.config.MaxKeyBytes}
	}
	return nil
}

// checkValue refuses values that the cache does not take.
func (s *guest) checkValue(size int) error {
	if size > s.config.MaxValueBytes {
		return &sizeError{what: "value", size: size, limit: s.config.MaxValueBytes}
	}
	return nil
}
